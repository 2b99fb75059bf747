"""The report of a database without a server: the same as that of the dashboard."""

from collections.abc import Iterator
from pathlib import Path

from pytomo.database import Database
from pytomo.errors import CrawlError, UsageError

FORMATS = ("pdf", "html")


def report(path: Path, form: str) -> Iterator[bytes]:
    """The report in one of `FORMATS`, of all rows of the database.

    Raises CrawlError for what is no database, UsageError if a package that it needs is missing.
    """
    Database(path).close()
    try:
        html = _html(path)
        if form == "html":
            yield html
        else:
            from pytomo.report.pdf import pdf

            yield pdf(html)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"a report needs the Python package {error.name}: pip install 'pytomo[web]'"
        ) from None


def _html(path: Path) -> bytes:
    from pytomo.web.answers import Refusal
    from pytomo.web.pages import report as page
    from pytomo.web.parameters import SELECTION
    from pytomo.web.request import Request
    from pytomo.web.rrds import RrdKeeper
    from pytomo.web.site import Site

    site = Site(path.parent, path, rrds=RrdKeeper(at_home=False))
    everything = {parameter.name: parameter.default for parameter in SELECTION}
    request = Request(
        site=site,
        place=page.FILES[0].path,
        path={},
        given={},
        arguments={**everything, "db": path.name},
        knows=lambda _: (),
        endpoints=tuple,
    )
    try:
        page.find_graphs(request)
        return page.as_html(request)
    except Refusal as refusal:
        raise CrawlError(refusal.text) from None
    finally:
        site.close()
