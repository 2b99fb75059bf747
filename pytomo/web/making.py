"""What stands at a route, made: a page rendered or encoded, a picture drawn, a file written."""

import logging
import re
from typing import Any

from pytomo.database import FILE_ENDING
from pytomo.missing import missing
from pytomo.pictures.message import message
from pytomo.pictures.style import THEMES
from pytomo.web.answers import HTML, JSON, PICTURE_POLICY, Answer, Lacking
from pytomo.web.encoding import as_json
from pytomo.web.layout import Layout
from pytomo.web.page import PICTURE_TYPES, File, Page, Picture
from pytomo.web.request import Request
from pytomo.web.routes import Route
from pytomo.web.templates import rendered

WIDTH, HEIGHT = 720, 240
"""CSS pixels of a picture that says why there is none."""

log = logging.getLogger(__name__)


def made(route: Route, request: Request, frame: Layout | None) -> Answer:
    """The answer of a route to a request; `frame` is what stands round an HTML page."""
    target = route.target
    if isinstance(target, Picture):
        return _picture(target, request)
    if isinstance(target, File):
        body = target.write(request)
        whole = body if isinstance(body, bytes) else body.encode("utf-8", "replace")
        headers = _saved(target.saved_as(request)) if target.saved_as else {}
        return Answer(body=whole, type=target.type, policy=target.policy, headers=headers)
    return _page(target, route.kind, request, frame)


def _picture(picture: Picture, request: Request) -> Answer:
    """The picture, with the name of the file that it is saved as."""
    image_format = request.path["format"]
    body = _drawn(picture, request)
    which = [text for name, text in request.path.items() if name != "format"]
    parts = [request.source.name.removesuffix(FILE_ENDING), picture.name, *which]
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", "-".join(parts))
    return Answer(
        body=body,
        type=PICTURE_TYPES[image_format],
        policy=PICTURE_POLICY,
        headers={"Content-Disposition": f'inline; filename="{name}.{image_format}"'},
    )


def _drawn(picture: Picture, request: Request) -> bytes:
    """The picture; where it cannot be drawn here, one that says why. Raises Lacking.

    That one is an SVG: a PNG is drawn by what is missing.
    """
    try:
        return picture.draw(request)
    except ImportError as error:
        log.warning("%s", text := missing("this picture", error))
        if request.path["format"] != "svg":
            raise Lacking(f"{text[:1].upper()}{text[1:]}.") from error
        width = request.arguments.get("width", WIDTH)
        theme = THEMES[request.arguments.get("theme", "light")]
        return message(f"{text[:1].upper()}{text[1:]}.", width, HEIGHT, theme, "svg")


def _saved(name: str) -> dict[str, str]:
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return {"Content-Disposition": f'inline; filename="{plain}"'}


def _page(page: Page, kind: str, request: Request, frame: Layout | None) -> Answer:
    value = page.build(request)
    if kind == "json":
        return Answer(body=as_json(_envelope(page, request, value)), type=JSON)
    body = rendered(page.name, value=value, page=page, request=request, layout=frame)
    return Answer(body=body, type=HTML)


def _envelope(page: Page, request: Request, value: Any) -> dict[str, Any]:
    """The data of a page, and what they are about."""
    about_rows = page.version is None
    table = request.source.table if about_rows else None
    return {
        "page": page.name,
        "database": request.source.name if about_rows else None,
        "rows": table.total if table is not None else None,
        "loaded": table.loaded if table is not None else None,
        "arguments": request.given,
        "data": value,
    }
