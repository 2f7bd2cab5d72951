"""What somebody or something said, as it came."""

from typing import Any

from markupsafe import Markup
from typing_extensions import TypedDict  # pydantic wants it before Python 3.12

from infra.report.evidence_kinds.kind import Kind


class Text(TypedDict):
    text: str


def stored(data: Any) -> Any:
    """Scenarios may give the text alone."""
    return {"text": data} if isinstance(data, str) else data


def numbers(data: Text) -> Markup:
    return Markup("<pre>{}</pre>").format(data["text"])


KIND = Kind("text", Text, numbers=numbers, stored=stored)
