"""Tables of things that began and ended: first column ``name``, then two columns of seconds."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from infra.report.evidence_kinds.svg import bar, beside, clock, picture, text, time_axis

ROW = 34


def is_spans(data: Mapping[str, Any]) -> bool:
    """``name``, ``..._s``, ``..._s`` and further columns; every row has both times."""
    columns, rows = data["columns"], data["rows"]
    shaped = columns[:1] == ["name"] and [c.endswith("_s") for c in columns[1:3]] == [True, True]
    return shaped and bool(rows) and all(isinstance(t, int | float) for r in rows for t in r[1:3])


def draw(data: Mapping[str, Any]) -> Markup:
    """A bar from the first time to the second, by row; further columns are written beside it."""
    rows = data["rows"]
    low, high = min(row[1] for row in rows), max(row[2] for row in rows)
    span, height = max(high - low, 1e-9), len(rows) * ROW + 26
    parts = [time_axis(0, span, height - 4, top=4)]
    for number, (name, start, end, *more) in enumerate(rows):
        x, width, y = (start - low) / span * 100, (end - start) / span * 100, number * ROW + 18
        notes = [
            f"{column}: {value}" for column, value in zip(data["columns"][3:], more, strict=True)
        ]
        words = ", ".join([clock(round(end - start, 1)), *notes])
        parts.append(text(0, y - 4, str(name), kind="name"))
        parts.append(bar(x, width, y, 10, kind="held h0", title=f"{name}: {words}"))
        parts.append(beside(x if x > 50 else x + width, y + 9, words, kind="tick"))
    told = "; ".join(f"{row[0]} from {row[1] - low:g} s to {row[2] - low:g} s" for row in rows)
    return picture(height, *parts, title=told)
