"""Rows and columns; drawn as series over time, as spans, or as bars where they have the shape."""

from collections.abc import Mapping
from numbers import Number
from typing import Any, NotRequired

from markupsafe import Markup
from typing_extensions import TypedDict  # pydantic wants it before Python 3.12

from infra.report.evidence_kinds import bars, spans, time_series
from infra.report.evidence_kinds.kind import Kind, cell, grid, head


class Table(TypedDict):
    columns: list[str]
    rows: list[list[Any]]
    unit: NotRequired[str]


def picture(data: Mapping[str, Any]) -> Markup:
    if time_series.is_series(data):
        return time_series.draw(data)
    if spans.is_spans(data):
        return spans.draw(data)
    if rows := measured(data):
        return bars.amounts(rows, data["unit"])
    return Markup()


def measured(data: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Rows of a table that a bar chart can show: a name first, one amount last, a unit."""
    rows = data["rows"]
    if not data.get("unit") or not 1 < len(rows) <= 16:
        return []
    if not all(isinstance(row[-1], int | float) for row in rows):
        return []
    return [(" ".join(str(cell) for cell in row[:-1]), float(row[-1])) for row in rows]


def numbers(data: Mapping[str, Any]) -> Markup:
    heads = [head(column) for column in data["columns"]]
    return grid(heads, [[_cell(value) for value in row] for row in data["rows"]])


def _cell(value: Any) -> Markup:
    return cell(value, "n" if isinstance(value, Number) else "")


KIND = Kind("table", Table, picture, numbers)
