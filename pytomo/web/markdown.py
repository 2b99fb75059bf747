"""Documents in Markdown as HTML: headings with ids, links between documents, no HTML within."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a document: its level (2 is the highest below the title), id and text."""

    level: int
    """2 is the highest below the title."""
    id: str
    """The fragment of its address."""
    text: str
    """Without marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A document as HTML."""

    title: str
    headings: tuple[Heading, ...]
    html: str
    """Safe to stand in a page: whatever HTML was in the Markdown is escaped. Without the title."""


def rendered(markdown: str, documents: Collection[str]) -> Text:
    """The HTML of a document; links lead to those `documents` that there are, by their names."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("image", _image)
    parser.add_render_rule("fence", _code)
    parser.add_render_rule("code_block", _code)
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    tokens = parser.parse(markdown)
    title = _take_title(tokens)
    headings = tuple(_headings(tokens))
    _label_tables(tokens, title)
    for token in tokens:
        _prepare(token, documents)
    return Text(
        title=title, headings=headings, html=parser.renderer.render(tokens, parser.options, {})
    )


def title_of(markdown: str) -> str:
    """The text of the first heading."""
    found = re.search(r"^# (.+)$", markdown, re.MULTILINE)
    return found[1] if found else ""


def _words(token: Token | None) -> str:
    """The plain text of an inline token."""
    parts = (token.children or ()) if token else ()
    return "".join(" " if part.type.endswith("break") else part.content for part in parts)


def _take_title(tokens: list[Token]) -> str:
    """The first heading, which the page shows by itself."""
    if not tokens or tokens[0].type != "heading_open" or tokens[0].tag != "h1":
        return ""
    title = _words(tokens[1])
    del tokens[:3]
    return title


def _headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    """All headings, each given an id that is its own."""
    seen: Counter[str] = Counter()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            text = _words(inline)
            name = re.sub(r"[^\w-]", "", text.lower().replace(" ", "-")) or "part"
            unique = f"{name}-{seen[name]}" if seen[name] else name
            seen[name] += 1
            opening.attrSet("id", unique)
            yield Heading(int(opening.tag[1]), unique, text)


def _label_tables(tokens: Sequence[Token], title: str) -> None:
    """A table is called after the heading above it; the second one below it "…, 2"."""
    label, seen = title, Counter[str]()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            label = _words(inline)
        elif opening.type == "table_open":
            seen[label] += 1
            opening.meta["label"] = f"{label}, {seen[label]}" if seen[label] > 1 else label


def _prepare(token: Token, documents: Collection[str]) -> None:
    if token.type == "th_open":
        token.attrSet("scope", "col")
        token.attrs.pop("style", None)
    elif token.type == "td_open" and "right" in str(token.attrs.pop("style", "")):
        token.attrSet("class", "number")
    for child in token.children or ():
        if child.type == "link_open":
            _lead(child, documents)


def _lead(link: Token, documents: Collection[str]) -> None:
    """Have a link lead to the document's page; none where the server has no such page."""
    href = str(link.attrs.pop("href", ""))
    found = re.fullmatch(r"(?:\./|docs/)?([\w-]+)\.md(#.*)?", href)
    if found and found[1] in documents:
        link.attrSet("href", f"/documents/{found[1]}{found[2] or ''}")
    elif re.match(r"https?://|#", href):
        link.attrSet("href", href)


def _image(renderer: Any, tokens: Sequence[Token], at: int, *_: Any) -> str:
    """What a picture shows, in words: the server has only its own pictures."""
    return escape(tokens[at].content)


def _code(renderer: Any, tokens: Sequence[Token], at: int, *_: Any) -> str:
    """Long lines are scrolled, with the keyboard too."""
    return f'<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'


def _table_open(renderer: Any, tokens: Sequence[Token], at: int, *_: Any) -> str:
    label = escape(tokens[at].meta["label"])
    return f'<div class="table" role="region" aria-label="{label}" tabindex="0"><table>\n'


def _table_close(*_: Any) -> str:
    return "</table></div>\n"
