"""What the documentation of the API says of one address."""

from dataclasses import dataclass, field

from pytomo.web.parameters import Parameter
from pytomo.web.schema import FieldLine, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address and what it gives to programs."""

    name: str
    kind: str
    """page, picture or file."""
    text: str
    path: str
    """Of the page, with placeholders: `/videos/{row}`."""
    json: str | None
    csv: str | None
    types: tuple[str, ...]
    """The content types that there are."""
    example: str
    """An address to try: of the JSON, where there is one."""
    parameters: tuple[Parameter, ...]
    fields: tuple[FieldLine, ...]
    """Those of `data` in its JSON."""
    schema: Schema = field(repr=False)
    """JSON Schema of `data`; empty where there is no JSON."""
