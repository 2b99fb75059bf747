"""The registry: every page, picture and file of the dashboard, in the order of the menu."""

from pytomo.web.page import File, Page, Picture
from pytomo.web.pages import databases, documents

PAGES: tuple[Page, ...] = (databases.PAGE, documents.PAGE, documents.DOCUMENT)

PICTURES: tuple[Picture, ...] = ()

FILES: tuple[File, ...] = ()
