"""The outcomes of a claim, each with its word, its glyph and its CSS class: told nowhere else."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Design D7: four outcomes, not two."""

    HOLDS = "holds"
    FALSE = "does not hold"
    UNKNOWN = "not judged"
    ABSENT = "not applicable"


class Untried(StrEnum):
    """Why no scenario of a claim is in a run: it is not judged, and that does not fail the run."""

    NO_SCENARIO = "no scenario yet"
    NOT_SELECTED = "not in this run"


UNTRIED = "untried"
"""What a page and a terminal count a claim as of which no scenario is in the run."""
WORST_FIRST = (Outcome.FALSE, Outcome.UNKNOWN, Outcome.HOLDS, Outcome.ABSENT)
"""A claim is not applicable only if all its scenarios are."""


@dataclass(frozen=True)
class Sign:
    """How an outcome looks; colour (by ``css``) is never the only sign."""

    word: str
    glyph: str
    css: str


SIGNS = {
    Outcome.HOLDS: Sign("holds", "✓", "holds"),
    Outcome.FALSE: Sign("does not hold", "✗", "false"),
    Outcome.UNKNOWN: Sign("not judged", "?", "unknown"),
    Outcome.ABSENT: Sign("not applicable", "\N{EN DASH}", "absent"),
    UNTRIED: Sign("not tried", "·", "untried"),
}
"""By outcome, in the order of a legend."""


def sign(outcome: str) -> Sign:
    """Of an outcome as it stands in a file; anything else was not tried."""
    return next((one for known, one in SIGNS.items() if known == outcome), SIGNS[UNTRIED])


def worst(outcomes: list[Outcome]) -> Outcome:
    """The outcome of a claim from those of its scenarios."""
    return next((outcome for outcome in WORST_FIRST if outcome in outcomes), Outcome.UNKNOWN)
