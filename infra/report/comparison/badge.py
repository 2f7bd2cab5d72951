"""A badge for each minor: its newest patch, and how its claims ended, in words and a colour."""

from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from infra.report.comparison.judged_runs import replaced

FOLDER = "badges"
CHARACTER = 6.6
"""Pixels of a character at 11 px; ``textLength`` makes every font take exactly that (estimated)."""
PADDING = 8
COLOURS = {"false": "#c4321c", "unknown": "#96650a", "holds": "#18794e", "none": "#69707d"}
"""White text has a contrast of 5 to 1 and more on each."""
DRAWN = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" '
    'aria-label="{left}: {right}"><title>{left}: {right}</title>'
    '<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath><g clip-path="url(#r)">'
    '<rect width="{split}" height="20" fill="#39424f"/>'
    '<rect x="{split}" width="{rest}" height="20" fill="{colour}"/></g>'
    '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
    '<text x="{padding}" y="14" textLength="{left_length}">{left}</text>'
    '<text x="{right_x}" y="14" textLength="{right_length}">{right}</text></g></svg>\n'
)


def write(reports: Path, minor: str, version: str, counts: Mapping[str, int]) -> Path:
    """Writes ``badges/<minor>.svg`` below the reports; ``counts`` are claims by CSS class."""
    path = reports / FOLDER / f"{minor}.svg"
    path.parent.mkdir(exist_ok=True)
    return replaced(path, draw(f"Kubernetes {version}", *told(counts)))


def told(counts: Mapping[str, int]) -> tuple[str, str]:
    """The words, the worst first, and the colour."""
    false, unknown, holds = (counts.get(css, 0) for css in ("false", "unknown", "holds"))
    words = [f"{false} do{'es' if false == 1 else ''} not hold"] if false else []
    words += [f"{unknown} not judged"] if unknown else []
    words += [f"{holds} hold{'s' if holds == 1 else ''}"] if holds or not words else []
    worst = next((css for css in COLOURS if counts.get(css)), "none")
    return ", ".join(words), COLOURS[worst]


def draw(left: str, right: str, colour: str) -> str:
    lengths = [round(len(text) * CHARACTER) for text in (left, right)]
    split, rest = (length + 2 * PADDING for length in lengths)
    return DRAWN.format(
        whole=split + rest,
        split=split,
        rest=rest,
        padding=PADDING,
        left=left,
        right=right,
        left_length=lengths[0],
        right_length=lengths[1],
        right_x=split + PADDING,
        colour=colour,
    )
