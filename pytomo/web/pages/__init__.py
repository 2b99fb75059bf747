"""The registry: every page, picture and file of the dashboard, in the order of the menu."""

from pytomo.web.api import OPENAPI
from pytomo.web.page import File, Page, Picture
from pytomo.web.pages import api_page, databases, documents, servers, status, video, videos

PAGES: tuple[Page, ...] = (
    videos.PAGE,
    video.PAGE,
    servers.PAGE,
    databases.PAGE,
    documents.PAGE,
    documents.DOCUMENT,
    status.PAGE,
    api_page.PAGE,
)

PICTURES: tuple[Picture, ...] = (*video.PICTURES,)

FILES: tuple[File, ...] = (OPENAPI,)
