"""The picture of a lease: who held it over time, what was done to the holder, who took over."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired

from markupsafe import Markup
from typing_extensions import TypedDict  # pydantic wants it before Python 3.12

from infra.report.evidence_kinds.kind import Kind, cell, grid, head
from infra.report.evidence_kinds.svg import bar, beside, clock, line, picture, text, time_axis

LANE = 42
"""Pixels a holder takes: its name and its bar."""
MARKS = 20
"""Pixels above the lanes for the numbers of the marks."""
FAULT = re.compile(r"stop|kill|freez|frozen|power|crash", re.IGNORECASE)


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


@dataclass(frozen=True)
class Span:
    """A time in which one holder was named in the lease."""

    holder: str
    start: float
    end: float


@dataclass(frozen=True)
class Takeover:
    """From the fault to the first other holder, in seconds on the history's clock."""

    fault: float
    taken: float
    old: str
    new: str

    @property
    def seconds(self) -> float:
        return self.taken - self.fault


def short(holder: str) -> str:
    """The machine of an identity like controller-0_2b1c..."""
    return holder.partition("_")[0]


def spans(samples: Sequence[Mapping[str, Any]]) -> list[Span]:
    """Runs of equal holders; a run lasts until the next one begins."""
    found: list[Span] = []
    for sample in samples:
        at, holder = float(sample["t"]), short(str(sample["holder"]))
        if found and found[-1].holder == holder:
            found[-1] = Span(holder, found[-1].start, at)
        else:
            if found:
                found[-1] = Span(found[-1].holder, found[-1].start, at)
            found.append(Span(holder, at, at))
    return found


def takeover(data: Mapping[str, Any]) -> Takeover | None:
    """The first change of holder after the first fault among the marks."""
    faults = [mark for mark in data.get("marks", []) if FAULT.search(str(mark["text"]))]
    held = spans(data["samples"])
    if not faults or not held:
        return None
    fault = float(faults[0]["t"])
    before = [span for span in held if span.start <= fault]
    old = before[-1].holder if before else ""
    for span in held:
        if span.start > fault and span.holder and span.holder != old:
            return Takeover(fault, span.start, old, span.holder)
    return None


@dataclass(frozen=True)
class Scale:
    """Where a time is, in per cent of the width; where the lanes begin and end, in pixels."""

    low: float
    high: float
    top: float
    bottom: float

    def x(self, at: float) -> float:
        return (at - self.low) / max(self.high - self.low, 1e-9) * 100


def draw(data: Mapping[str, Any]) -> Markup:
    """A lane a holder; marks as dashed lines; the time to take over written between them."""
    held, marks = spans(data["samples"]), list(data.get("marks", []))
    if not held:
        return Markup("<p class=quiet>no sample</p>")
    times = [s.start for s in held] + [held[-1].end] + [float(m["t"]) for m in marks]
    holders = sorted({span.holder for span in held if span.holder})
    top = MARKS if marks else 4
    scale = Scale(min(times), max(times), top, top + len(holders) * LANE)
    taken = takeover(data)
    height = scale.bottom + (30 if taken else 8) + 22
    parts = [time_axis(scale.low, scale.high, height - 4, top=top)]
    for row, holder in enumerate(holders):
        mine = [part for part in cut(held, taken) if part[0].holder == holder]
        parts += lane(mine, row, scale)
    for number, mark in enumerate(marks, start=1):
        at = scale.x(float(mark["t"]))
        parts.append(line(at, 4, at, scale.bottom, kind="mark"))
        parts.append(beside(at, 13, str(number), kind="marked"))
    for row, holder in enumerate(holders):  # names last: they stand above the marks
        parts.append(text(0, top + row * LANE + 13, holder, kind="name"))
    if taken:
        parts += bracket(taken, scale)
    return picture(height, *parts, title=in_words(data)) + legend(marks)


def lane(mine: Sequence[tuple[Span, str]], row: int, scale: Scale) -> list[Markup]:
    """The times in which one holder was named."""
    y = scale.top + row * LANE + 18
    return [bar(0, 100, y, 16, kind="lane")] + [
        bar(
            scale.x(span.start),
            scale.x(span.end) - scale.x(span.start),
            y,
            16,
            kind=f"held h{row % 3}{stale}",
            title=f"{span.holder} from {clock(span.start)} to {clock(span.end)}",
        )
        for span, stale in mine
    ]


def legend(marks: Sequence[Mapping[str, Any]]) -> Markup:
    """What the numbers over the dashed lines mean: words of any length, on any screen."""
    words = Markup("<li>{}, at {}</li>")
    items = [words.format(str(mark["text"]), clock(float(mark["t"]))) for mark in marks]
    return Markup('<ol class="marks">{}</ol>').format(Markup("").join(items)) if items else Markup()


def cut(held: Sequence[Span], taken: Takeover | None) -> list[tuple[Span, str]]:
    """Spans, of which the one of a stopped holder is paler after the fault: a name, no acts."""
    found: list[tuple[Span, str]] = []
    for span in held:
        if taken and span.holder == taken.old and span.start <= taken.fault < span.end:
            found.append((Span(span.holder, span.start, taken.fault), ""))
            found.append((Span(span.holder, taken.fault, span.end), " stale"))
        else:
            found.append((span, ""))
    return found


def bracket(taken: Takeover, scale: Scale) -> list[Markup]:
    start, end, y = scale.x(taken.fault), scale.x(taken.taken), scale.bottom + 8
    words = f"{clock(taken.seconds)} without a leader that acts"
    return [
        line(end, y - 14, end, y + 4, kind="span"),
        line(start, y, end, y, kind="span"),
        line(start, y - 4, start, y + 4, kind="span"),
        beside(start, y + 16, words, kind="spanned"),
    ]


def in_words(data: Mapping[str, Any]) -> str:
    """The picture as a sentence."""
    changes = " -> ".join(span.holder or "nobody" for span in spans(data["samples"]))
    taken = takeover(data)
    after = f"; {taken.new} took over after {clock(taken.seconds)}" if taken else ""
    return f"Holder of {data['lease']}: {changes}{after}"


def numbers(data: Mapping[str, Any]) -> Markup:
    """The first and the last sample of each holder."""
    samples = data["samples"]
    turns = [
        sample
        for n, sample in enumerate(samples)
        if n in (0, len(samples) - 1)
        or samples[n - 1]["holder"] != sample["holder"]
        or samples[n + 1]["holder"] != sample["holder"]
    ]
    heads = [head("second", "n"), head("holder"), head("transitions", "n")]
    rows = [
        (cell(s["t"], "n"), cell(s["holder"] or "nobody", "mono"), cell(s["transitions"], "n"))
        for s in turns
    ]
    words = "Only the first and the last sample of each holder; all are in the JSON."
    return grid(heads, rows) + Markup('<p class="quiet">{}</p>').format(words)


def folded(data: Mapping[str, Any]) -> str:
    return f"{len(data['samples'])} samples as numbers"


def eventful(data: Mapping[str, Any]) -> bool:
    """A lease that one holder keeps is evidence, but nothing to look at first."""
    return len({sample["holder"] for sample in data["samples"]}) > 1


KIND = Kind("lease-history", LeaseHistory, draw, numbers, folded, eventful)
