"""The documentation: the project's documents, and those that are made of its declarations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytomo
from pytomo.options_page import options_page
from pytomo.statistics_page import statistics_page
from pytomo.web.answers import NotFound
from pytomo.web.markdown import Heading, rendered, title_of
from pytomo.web.page import Page, always
from pytomo.web.request import Request

PACKAGE = Path(pytomo.__file__).parent

PLACES = (PACKAGE / "documents", PACKAGE.parent / "docs")
"""Where the documents are: in an installed package, in a checkout."""

MADE: Mapping[str, Callable[[], str]] = {"options": options_page, "statistics": statistics_page}
"""Documents that say what this very version has."""

TEXTS = {
    "dashboard": "What each page of the dashboard shows, and how to read it.",
    "verdict": "How the verdict on the front page is found, and when there is none.",
    "statistics": "Every column of a database, every outcome, and what is in the RRD files.",
    "player": "The model of a video player that tells when playback starts and stalls.",
    "truth": "How far each measure is from the truth, on a network that is known.",
    "options": "The options of the crawl.",
    "lab": "The video internet on your own machine that crawls can be tried on.",
    "extending": "How to add a service, a statistic, a graph, a page or an export format.",
    "design": "How Pytomo is built, and why.",
}
"""What a document is about, in order: from reading pages to changing code. Others follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """A document that can be read."""

    name: str
    """The last part of its address."""
    title: str
    """Its first heading."""
    text: str
    """One sentence; empty for a document that is not listed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """All documents."""

    documents: tuple[DocumentLine, ...]
    """Each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document."""

    name: str
    """The last part of its address."""
    title: str
    """Its first heading."""
    headings: tuple[Heading, ...]
    """Those below the title, in order."""
    html: str
    """All of it below the title."""
    markdown: str
    """As it was written."""


def build_list(request: Request) -> Documents:
    """All documents there are."""
    return Documents(documents=tuple(_line(name) for name in names()))


def build(request: Request) -> Document:
    """The document of that name. Raises NotFound."""
    name = request.path["name"]
    if name not in names():
        raise NotFound(f"There is no document {name}; there are: {', '.join(names())}.")
    return document(name)


@cache
def document(name: str) -> Document:
    """A document as HTML."""
    text = markdown(name)
    found = rendered(text, names())
    return Document(
        name=name, title=found.title, headings=found.headings, html=found.html, markdown=text
    )


@cache
def names() -> tuple[str, ...]:
    """The names of all documents, those for readers of pages first."""
    written = {path.stem for place in PLACES for path in place.glob("*.md")}
    found = written | set(MADE)
    return tuple(name for name in (*TEXTS, *sorted(found - set(TEXTS))) if name in found)


@cache
def markdown(name: str) -> str:
    """The text of a document."""
    if name in MADE:
        return MADE[name]()
    paths = (place / f"{name}.md" for place in PLACES)
    return next(path for path in paths if path.exists()).read_text(encoding="utf-8")


def _line(name: str) -> DocumentLine:
    return DocumentLine(name=name, title=title_of(markdown(name)), text=TEXTS.get(name, ""))


PAGE = Page(
    name="documents",
    path="/documents",
    title="Documents",
    text="What the pages show, what every statistic means, and how it is measured.",
    build=build_list,
    lines=lambda value: value.documents,
    menu="Documents",
    version=always,
)

DOCUMENT = Page(
    name="document",
    path="/documents/{name}",
    title="Document",
    text="One document.",
    build=build,
    example={"name": "player"},
    version=always,
)
