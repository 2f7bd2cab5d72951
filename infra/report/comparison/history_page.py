"""reports/history.html: a strip of outcomes and a line of durations for each claim and minor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from markupsafe import Markup

from infra import claims
from infra.artifacts.catalog import numbers
from infra.report import stored_run
from infra.report.comparison import history, judged_runs
from infra.report.comparison.history import PastRun, Try
from infra.report.evidence_kinds.svg import clock
from infra.report.jinja import environment
from infra.report.outcomes import Outcome, sign

PAGE = "history.html"
LONGEST = 10
"""Claims of a minor that are listed by their duration."""
STEP, HEIGHT = 6, 20
"""Pixels of a line of durations: between two runs, and in all."""


@dataclass(frozen=True)
class Line:
    """A claim on a minor, from its older runs to the newest."""

    minor: str
    tries: Sequence[Try]

    @property
    def held(self) -> list[float]:
        """Seconds of the runs in which it held; what failed says nothing of how long it takes."""
        return [one.seconds for one in self.tries if one.outcome is Outcome.HOLDS]

    @property
    def strip(self) -> Markup:
        return Markup("").join(glyph(one) for one in self.tries)

    @property
    def durations(self) -> Markup:
        return spark(self.held)

    @property
    def told(self) -> str:
        """The newest duration, and what is usual."""
        if not self.held:
            return ""
        return f"{clock(self.held[-1])}, {clock(round(median(self.held), 1))}"


def glyph(one: Try) -> Markup:
    """An outcome in a strip; pointing at it tells the run, of what does not hold at length."""
    look = sign(one.outcome)
    words = judged_runs.day(one.run.name)
    if one.outcome in (Outcome.FALSE, Outcome.UNKNOWN):
        words += f", {one.run.version}, {one.run.commit}: {look.word}"
    return Markup('<i class="dot {}" title="{}">{}</i>').format(look.css, words, look.glyph)


def spark(seconds: Sequence[float]) -> Markup:
    """A line of durations from zero to the longest; nothing for less than two."""
    if len(seconds) < 2:
        return Markup("")
    top = max(*seconds, 0.1)
    heights = (HEIGHT - 2 - one / top * (HEIGHT - 4) for one in seconds)
    points = " ".join(f"{number * STEP + 2},{y:.0f}" for number, y in enumerate(heights))
    width = (len(seconds) - 1) * STEP + 4
    return Markup(
        '<svg class="spark" width="{}" height="{}" role="img" aria-label="{} to {}">'
        '<polyline points="{}"/></svg>'
    ).format(width, HEIGHT, clock(min(seconds)), clock(max(seconds)), points)


def write(reports: Path, runs: Sequence[PastRun]) -> Path:
    """Writes the page of what is remembered; its path."""
    found = {claim: lines(by_minor) for claim, by_minor in history.by_claim(runs).items()}
    page = (
        environment()
        .get_template(PAGE)
        .render(
            kept=history.KEPT,
            articles=claims.articles(),
            claims=claims.load(),
            lines=found,
            longest=longest(found),
            titles={claim.id: claim.title for claim in claims.load()},
            unsteady=history.unsteady(runs),
            here=there(reports, runs),
        )
    )
    return judged_runs.replaced(reports / PAGE, page)


def lines(by_minor: Mapping[str, Sequence[Try]]) -> list[Line]:
    """A claim's lines, older minors first."""
    return [Line(minor, by_minor[minor]) for minor in sorted(by_minor, key=numbers)]


def longest(found: Mapping[str, Iterable[Line]]) -> dict[str, list[tuple[str, float]]]:
    """By minor the claims that took longest when they held last, with their seconds."""
    took: dict[str, list[tuple[str, float]]] = {}
    for claim, its_lines in found.items():
        for line in its_lines:
            if line.held:
                took.setdefault(line.minor, []).append((claim, line.held[-1]))
    return {
        minor: sorted(took[minor], key=lambda one: -one[1])[:LONGEST]
        for minor in sorted(took, key=numbers)
    }


def there(reports: Path, runs: Iterable[PastRun]) -> set[str]:
    """Pages of runs whose folders were not pruned."""
    return {run.page for run in runs if (reports / run.page).with_name(stored_run.PAGE).exists()}
