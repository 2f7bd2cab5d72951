"""Tables over time as pictures: first column ``time_s``, a panel for each column of numbers.

A column of texts divides the rows: each of its values gets a line of its own, told apart by dashes
and by its name beside it, not by colour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from infra.report.evidence_kinds.svg import beside, line, picture, text, time_axis

TIME = "time_s"
PANEL, GAP = 74, 30
"""Pixels of a panel and of the room above it for its name."""
DASHES = 4
"""Patterns that style.css knows; more lines than that start again."""
MOST_POINTS = 400
"""Of one line: more than there are pixels would only make the page heavy."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Panel:
    """One quantity over time: ``lines`` by name, empty for the only one."""

    name: str
    lines: Mapping[str, Sequence[Point]]

    @property
    def most(self) -> float:
        return max((y for points in self.lines.values() for _, y in points), default=0.0)


def is_series(data: Mapping[str, Any]) -> bool:
    """Whether a table tells of at least two moments, first column ``time_s``, all in numbers."""
    rows = data["rows"]
    moments = {row[0] for row in rows if isinstance(row[0], int | float)}
    return data["columns"][:1] == [TIME] and len(moments) > 1 and bool(panels(data))


def panels(data: Mapping[str, Any]) -> list[Panel]:
    """A panel a column of numbers, each with a line for every value of the first text column."""
    columns, rows = data["columns"], data["rows"]
    texts = [n for n in range(1, len(columns)) if any(isinstance(row[n], str) for row in rows)]
    found = []
    for number in range(1, len(columns)):
        if number in texts:
            continue
        lines: dict[str, list[Point]] = {}
        for row in rows:
            if isinstance(row[number], int | float):
                name = str(row[texts[0]]) if texts else ""
                lines.setdefault(name, []).append((float(row[0]), float(row[number])))
        moving = {name: points for name, points in lines.items() if any(y for _, y in points)}
        if shown := moving or dict(list(lines.items())[:1]):
            found.append(Panel(columns[number], shown))
    return found


def draw(data: Mapping[str, Any]) -> Markup:
    """Panels above one time axis; a value holds until the next is seen."""
    shown = panels(data)
    times = [float(row[0]) for row in data["rows"]]
    low, high = min(times), max(times)
    height = len(shown) * (PANEL + GAP) + 22
    parts = [time_axis(low, high, height - 4, top=GAP)]
    for row, panel in enumerate(shown):
        parts += drawn(panel, low, high, top=row * (PANEL + GAP) + GAP)
    names = ", ".join(f"{panel.name} up to {panel.most:g}" for panel in shown)
    return picture(height, *parts, title=f"over {high - low:g} s: {names}")


def drawn(panel: Panel, low: float, high: float, *, top: float) -> list[Markup]:
    most, span = panel.most or 1.0, max(high - low, 1e-9)
    foot = top + PANEL
    parts = [line(0, foot, 100, foot, kind="grid"), line(0, top, 100, top, kind="grid")]
    parts.append(text(0, top - 8, f"{panel.name.replace('_', ' ')}", kind="name"))
    parts.append(text(100, top - 8, f"top line: {most:g}", kind="tick", anchor="end"))
    for number, (name, points) in enumerate(panel.lines.items()):
        placed = [
            ((x - low) / span * 100, foot - y / most * PANEL) for x, y in thinned(list(points))
        ]
        parts.append(stairs(placed, kind=f"stair d{number % DASHES}", height=foot))
        if name:
            x, y = min(placed, key=lambda point: point[1])
            parts.append(beside(x, y + 12, name, kind="marked-line"))
    return parts


def thinned(points: list[Point]) -> list[Point]:
    """At most so many points, first and last among them."""
    step = max(1, len(points) // MOST_POINTS)
    return points if step == 1 else [*points[::step], points[-1]]


def stairs(points: Sequence[Point], *, kind: str, height: float) -> Markup:
    """One path in a box of its own, which stretches as widths in per cent do."""
    (x, y), *rest = [(f"{x:.2f}", f"{y:.1f}") for x, y in points]
    steps = [f"M{x} {y}"]
    for x, now in rest:
        steps.append(f"H{x}" if now == y else f"H{x}V{now}")
        y = now
    return Markup(
        '<svg width="100%" height="{0:g}" viewBox="0 0 100 {0:g}" preserveAspectRatio="none">'
        '<path class="{1}" d="{2}"/></svg>'
    ).format(height, kind, "".join(steps))
