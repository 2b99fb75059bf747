"""The registry: every page, picture and file of the dashboard, in the order of the menu."""

from pytomo.web.api import OPENAPI
from pytomo.web.page import File, Page, Picture
from pytomo.web.pages import (
    api_page,
    averages,
    databases,
    distributions,
    documents,
    graphs,
    monitoring,
    parameter,
    report,
    resolvers,
    servers,
    status,
    verdict,
    video,
    videos,
)

PAGES: tuple[Page, ...] = (
    verdict.PAGE,
    graphs.PAGE,
    parameter.LIST,
    parameter.PAGE,
    resolvers.PAGE,
    servers.PAGE,
    distributions.PAGE,
    videos.PAGE,
    video.PAGE,
    averages.PAGE,
    databases.PAGE,
    documents.PAGE,
    documents.DOCUMENT,
    status.PAGE,
    api_page.PAGE,
)

PICTURES: tuple[Picture, ...] = (
    *video.PICTURES,
    *graphs.PICTURES,
    *distributions.PICTURES,
)

FILES: tuple[File, ...] = (
    *monitoring.FILES,
    *graphs.FILES,
    *report.FILES,
    OPENAPI,
)
