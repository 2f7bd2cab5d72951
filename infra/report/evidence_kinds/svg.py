"""Drawing: texts keep their size and bars stretch, because x is in per cent and y in pixels."""

from collections.abc import Sequence
from math import ceil, floor, log10

from markupsafe import Markup, escape

STEPS = (1.0, 2.0, 5.0, 10.0)
TIMES = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)


def picture(height: float, *parts: Markup, title: str) -> Markup:
    """An inline picture of full width; ``title`` says in words what it shows."""
    inner = Markup("").join(parts)
    return Markup(
        '<svg class="chart" role="img" width="100%" height="{}" aria-label="{}">{}</svg>'
    ).format(round(height), title, inner)


def bar(x: float, width: float, y: float, height: float, *, kind: str, title: str = "") -> Markup:
    """A rectangle, x and width in per cent; ``kind`` is its CSS class."""
    tip = Markup("<title>{}</title>").format(title) if title else Markup("")
    return Markup(
        '<rect class="{}" x="{:.2f}%" width="{:.2f}%" y="{:g}" height="{:g}" rx="3">{}</rect>'
    ).format(kind, x, max(width, 0.15), y, height, tip)


def text(x: float, y: float, words: str, *, kind: str = "", anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{:.2f}%" y="{:g}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, words
    )


def beside(x: float, y: float, words: str, *, kind: str = "") -> Markup:
    """Words next to a vertical line, on the side where there is room."""
    anchor, shift = ("start", 5) if x < 50 else ("end", -5)
    return Markup(
        '<text class="{}" x="{:.2f}%" y="{:g}" dx="{}" text-anchor="{}">{}</text>'
    ).format(kind, x, y, shift, anchor, words)


def line(x1: float, y1: float, x2: float, y2: float, *, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{:.2f}%" x2="{:.2f}%" y1="{:g}" y2="{:g}"/>').format(
        kind, x1, x2, y1, y2
    )


def ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Round values between two numbers, about so many."""
    span = max(high - low, 1e-9)
    power = 10 ** floor(log10(span / about))
    step = next(s * power for s in STEPS if s * power >= span / about)
    first = ceil(low / step)
    return [round(n * step, 6) for n in range(first, floor(high / step) + 1)]


def time_ticks(low: float, high: float) -> list[float]:
    """Round times: whole minutes or their halves where seconds would be odd."""
    if high - low <= 120:
        return ticks(low, high)
    step = next((s for s in TIMES if (high - low) / s <= 6), TIMES[-1])
    return [float(n * step) for n in range(ceil(low / step), floor(high / step) + 1)]


def time_axis(low: float, high: float, y: float, *, top: float) -> Markup:
    """Grid lines and seconds below a drawing."""
    span = max(high - low, 1e-9)
    marks = []
    for tick in time_ticks(low, high):
        x = (tick - low) / span * 100
        anchor = "start" if x < 4 else "end" if x > 97 else "middle"
        marks.append(line(x, top, x, y - 12, kind="grid"))
        marks.append(text(x, y, clock(tick), kind="tick", anchor=anchor))
    return Markup("").join(marks)


def clock(seconds: float) -> str:
    """12 s, 1.5 s or 3 min 20 s."""
    if abs(seconds) >= 120:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{seconds:.0f} s" if seconds == round(seconds) or seconds >= 60 else f"{seconds:.1f} s"


def stacked(parts: Sequence[tuple[str, int]]) -> Markup:
    """One bar divided by counts: (CSS class, count) each."""
    whole = sum(count for _, count in parts) or 1
    x, drawn = 0.0, []
    for kind, count in parts:
        if count:
            width = count / whole * 100
            drawn.append(bar(x, width, 0, 14, kind=f"fill {kind}", title=f"{count}"))
            x += width
    told = ", ".join(f"{count} {escape(kind)}" for kind, count in parts if count)
    return picture(14, *drawn, title=told)


def fan(count: int, *, up: bool) -> Markup:
    """Lines that join one machine with a row of machines above or below it."""
    centres = [(n + 0.5) / count * 100 for n in range(count)]
    row, one = (0, 54) if up else (54, 0)
    lines = [line(centre, row, 50, one, kind="wired") for centre in centres]
    return picture(54, *lines, title=f"one joined with {count}")
