"""What somebody or something said, as it came."""

from typing import Any

from markupsafe import Markup
from typing_extensions import TypedDict  # pydantic wants it before Python 3.12

from infra.report.evidence_kinds.kind import Kind, fold

OPEN_LINES = 12
"""Lines that stand open; the rest is folded."""


class Text(TypedDict):
    text: str


def stored(data: Any) -> Any:
    """Scenarios may give the text alone."""
    return {"text": data} if isinstance(data, str) else data


def numbers(data: Text) -> Markup:
    lines = data["text"].splitlines()
    pre, rest = Markup("<pre>{}</pre>"), lines[OPEN_LINES:]
    shown = pre.format("\n".join(lines[:OPEN_LINES]))
    more = pre.format("\n".join(rest))
    return shown + fold(f"{len(rest)} more lines", more) if rest else shown


KIND = Kind("text", Text, numbers=numbers, stored=stored)
