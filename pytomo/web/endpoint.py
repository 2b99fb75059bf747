"""What the documentation of the API says of one address."""

from dataclasses import dataclass, field

from pytomo.web.parameters import Parameter
from pytomo.web.schema import FieldLine, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address and what it gives to programs."""

    name: str
    """Of the page, picture or file."""
    kind: str
    """page, picture or file."""
    text: str
    """What it is, in one sentence."""
    path: str
    """Of the page, with placeholders: `/videos/{row}`."""
    json: str | None
    """Path of the JSON; None: there is none."""
    csv: str | None
    """Path of the CSV; None: there is none."""
    types: tuple[str, ...]
    """The content types that there are."""
    example: str
    """An address to try: of the JSON, where there is one."""
    parameters: tuple[Parameter, ...]
    """What can stand in the query."""
    fields: tuple[FieldLine, ...]
    """Those of `data` in its JSON."""
    schema: Schema = field(repr=False)
    """JSON Schema of `data`; empty where there is no JSON."""
