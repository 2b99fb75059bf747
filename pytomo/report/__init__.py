"""The report of a database without a server: the same as that of the dashboard."""

from collections.abc import Iterator
from pathlib import Path

from pytomo.database import Database
from pytomo.errors import CrawlError, UsageError
from pytomo.missing import missing

FORMATS = ("pdf", "html")


def report(path: Path, form: str) -> Iterator[bytes]:
    """The report in one of `FORMATS`, of all rows of the database.

    Raises CrawlError for what is no database, UsageError if a package that it needs is missing.
    """
    Database(path).close()
    try:
        html = _html(path, form)
        if form == "html":
            yield html
        else:
            from pytomo.report.pdf import PdfMaker

            yield PdfMaker()(html)
    except ImportError as error:
        raise UsageError(missing("a report", error)) from None


def _html(path: Path, form: str) -> bytes:
    from pytomo.web.answers import Refusal
    from pytomo.web.pages import report as page
    from pytomo.web.parameters import SELECTION
    from pytomo.web.request import Request
    from pytomo.web.rrds import RrdKeeper
    from pytomo.web.site import Site

    site = Site(path.parent, path, rrds=RrdKeeper(at_home=False))
    arguments = {parameter.name: parameter.default for parameter in SELECTION}
    place = page.FILES[0].path
    request = Request(site=site, place=place, arguments={**arguments, "db": path.name})
    try:
        page.find_graphs(request)
        return page.as_html(request, form)
    except Refusal as refusal:
        raise CrawlError(refusal.text) from None
    finally:
        site.close()
