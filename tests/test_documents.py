"""The documentation that the dashboard shows."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytomo.options_page import options_page
from pytomo.web.answers import NotFound
from pytomo.web.page import Page
from pytomo.web.pages import documents
from pytomo.web.request import Request
from pytomo.web.site import Site

DOCS = Path(__file__).parents[1] / "docs"


def asked(page: Page, site: Site, **path: str) -> Request:
    """A request for one of the pages."""
    return Request(
        site=site,
        place=page.path,
        path=path,
        given={},
        arguments={},
        knows=lambda _: (),
        endpoints=tuple,
    )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A dashboard without a database."""
    made = Site(tmp_path)
    yield made
    made.close()


def test_every_document_is_listed(site: Site) -> None:
    """All documents of the project are there, each with its title, and most with a sentence."""
    listed = documents.build_list(asked(documents.PAGE, site)).documents
    assert {line.name for line in listed} >= {path.stem for path in DOCS.glob("*.md")}
    assert all(line.title for line in listed)
    assert listed[0].text


@pytest.mark.parametrize("name", documents.names())
def test_document_is_shown(site: Site, name: str) -> None:
    """A document's page has its text, and every link within it leads to a document or heading."""
    shown = documents.build(asked(documents.DOCUMENT, site, name=name))
    assert shown.title
    assert len(shown.html) > 500
    ids = {heading.id for heading in shown.headings}
    for target in re.findall(r'href="/documents/([\w-]+)', shown.html):
        assert target in documents.names()
    assert set(re.findall(r'href="#([^"]+)"', shown.html)) <= ids
    assert "<th></th>" not in re.sub(r"<th [^>]*>", "<th>", shown.html)


def test_generated_documents_are_of_this_version(site: Site) -> None:
    """Options are made from the settings as they are, not from a file."""
    assert (
        documents.build(asked(documents.DOCUMENT, site, name="options")).markdown == options_page()
    )


@pytest.mark.parametrize("name", ["missing", "__init__", ""])
def test_other_files_are_not_shown(site: Site, name: str) -> None:
    """Nothing but a document can be read, and what there is, is said."""
    with pytest.raises(NotFound, match="player"):
        documents.build(asked(documents.DOCUMENT, site, name=name))
