"""Documents in Markdown as HTML."""

import pytest

from pytomo.web.markdown import Heading, rendered, title_of

DOCUMENT = """# The player

It plays. [Then](design.md#clock) it *stops*: see <b>this</b>.

## Stalls & starts

| what | s |
| --- | ---: |
| start | 2.0 |

## Stalls & starts

    a < b
"""


def html(markdown: str) -> str:
    """The HTML of a document where there is another one called design."""
    return rendered(markdown, ("design", "lab")).html


def test_title_stands_alone() -> None:
    """The title is told apart from the text, and every heading has an id of its own."""
    text = rendered(DOCUMENT, ())
    assert text.title == title_of(DOCUMENT) == "The player"
    assert "<h1" not in text.html
    assert text.headings == (
        Heading(2, "stalls--starts", "Stalls & starts"),
        Heading(2, "stalls--starts-1", "Stalls & starts"),
    )
    assert '<h2 id="stalls--starts">Stalls &amp; starts</h2>' in text.html


def test_markup_of_strangers_is_escaped() -> None:
    """HTML in a document is shown, never interpreted."""
    assert "&lt;b&gt;this&lt;/b&gt;" in html(DOCUMENT)
    assert "a &lt; b" in html(DOCUMENT)
    assert "<script" not in html("<script>alert(1)</script>")
    assert "href" not in html("[x](javascript:alert(1))")


@pytest.mark.parametrize(
    ("target", "href"),
    [
        ("design.md", "/documents/design"),
        ("docs/design.md", "/documents/design"),
        ("design.md#clock", "/documents/design#clock"),
        ("#clock", "#clock"),
        ("https://www.example.com/", "https://www.example.com/"),
    ],
)
def test_links_lead_to_pages(target: str, href: str) -> None:
    """Links between documents become links between their pages; those to the web stay."""
    assert f'<a href="{href}">' in html(f"[there]({target})")


@pytest.mark.parametrize("target", ["missing.md", "../README.md", "../pytomo/config.py", "x.png"])
def test_links_to_nowhere_are_text(target: str) -> None:
    """What the server has no page for is no link."""
    assert "href" not in html(f"[there]({target})")
    assert "there" in html(f"[there]({target})")


def test_pictures_are_told() -> None:
    """A picture is its description: pages load nothing that they do not make."""
    assert html('![A "curve"](a.png)') == "<p>A &quot;curve&quot;</p>\n"


def test_tables_can_be_scrolled() -> None:
    """A table is a named region that the keyboard reaches; its numbers stand to the right."""
    made = html(DOCUMENT)
    assert 'role="region" aria-label="Stalls &amp; starts" tabindex="0"><table>' in made
    assert '<th scope="col">what</th>' in made
    assert '<td class="number">2.0</td>' in made
    assert "style=" not in made
