"""The shapes of evidence by kind; what has another shape is shown as it is, not drawn."""

from typing import Any, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict  # pydantic wants it before Python 3.12


class Sample(TypedDict):
    t: float
    holder: str
    transitions: int


class Mark(TypedDict):
    t: float
    text: str


class LeaseHistory(TypedDict):
    lease: str
    samples: list[Sample]
    marks: NotRequired[list[Mark]]


class Row(TypedDict):
    file: str
    scope: str
    before: str
    after: str


class CgroupChange(TypedDict):
    rows: list[Row]


class Table(TypedDict):
    columns: list[str]
    rows: list[list[Any]]
    unit: NotRequired[str]


class Text(TypedDict):
    text: str


SHAPES: dict[str, TypeAdapter[Any]] = {
    "lease-history": TypeAdapter(LeaseHistory),
    "cgroup-change": TypeAdapter(CgroupChange),
    "table": TypeAdapter(Table),
    "figures": TypeAdapter(dict[str, Any]),
    "text": TypeAdapter(Text),
}


def shaped(kind: str, data: Any) -> Any:
    """The data with its shape made sure of. Errors: KeyError (kind), ValueError (shape)."""
    return SHAPES[kind].validate_python(data)
