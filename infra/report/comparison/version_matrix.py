"""reports/index.html: claims by Kubernetes versions, each from its latest run."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra import claims
from infra.artifacts.catalog import minor_of, numbers
from infra.report import stored_run
from infra.report.comparison import badge, history, history_page, judged_runs
from infra.report.comparison.history import PastRun
from infra.report.comparison.judged_runs import JudgedRun, Row
from infra.report.jinja import environment, kind
from infra.report.outcomes import SIGNS, Outcome

RUNS = 30
"""That the list names."""


@dataclass(frozen=True)
class Listed:
    """A run as pages list it: ``page`` is relative to the directory of reports, ``counts`` are its
    claims by outcome's CSS class, in the order of a legend.
    """

    run: JudgedRun
    page: str

    @property
    def counts(self) -> Mapping[str, int]:
        return by_legend(kind(claim.outcome) for claim in self.run.tried)


@dataclass(frozen=True)
class Cell:
    """The newest judgement of a claim on a version, and the page that it is on."""

    outcome: Outcome
    reason: str
    page: str

    @property
    def css(self) -> str:
        return kind(self.outcome)


@dataclass(frozen=True)
class Column:
    """A minor by its newest patch that was run; ``newest`` is the newest run of it."""

    minor: str
    version: str
    newest: Listed
    cells: Mapping[str, Cell]

    @property
    def counts(self) -> Mapping[str, int]:
        """Claims by outcome's CSS class, in the order of a legend."""
        return by_legend(cell.css for cell in self.cells.values())


def by_legend(found: Iterable[str]) -> dict[str, int]:
    counts = Counter(found)
    return {sign.css: counts[sign.css] for sign in SIGNS.values() if counts[sign.css]}


def write(reports: Path, others: Iterable[PastRun] = ()) -> Path:
    """Writes the matrix of all claims.json below ``reports``, their history and badges; its path.

    ``others`` are runs to remember besides.
    """
    reports.mkdir(parents=True, exist_ok=True)
    runs = judged_runs.find(reports)
    past = history.update(reports, runs, others)
    history_page.write(reports, past)
    columns = columns_of(reports, runs)
    for one in columns:
        badge.write(reports, one.minor, one.version, one.counts)
    known = claims.load()
    page = (
        environment()
        .get_template("matrix.html")
        .render(
            columns=columns,
            differing=[claim for claim in known if differs(claim.id, columns)],
            runs=[listed(reports, one) for one in reversed(runs[-RUNS:])],
            unsteady=history.unsteady(past),
            here=history_page.there(reports, past),
            articles=claims.articles(),
            claims=known,
        )
    )
    return judged_runs.replaced(reports / stored_run.PAGE, page)


def listed(reports: Path, run: JudgedRun) -> Listed:
    return Listed(run, run.page(reports))


def columns_of(reports: Path, runs: Sequence[JudgedRun]) -> list[Column]:
    """One for each minor, older ones first."""
    versions = sorted({one.version for one in runs}, key=numbers)
    newest = {minor_of(version): version for version in versions}
    return [
        column(reports, version, [one for one in runs if one.version == version])
        for version in newest.values()
    ]


def column(reports: Path, version: str, runs: Sequence[JudgedRun]) -> Column:
    """For each claim the newest run that tried it; a run of a part leaves the rest standing."""
    cells = {claim.id: cell(reports, one, claim) for one in runs for claim in one.tried}
    return Column(minor_of(version), version, listed(reports, runs[-1]), cells)


def cell(reports: Path, run: JudgedRun, claim: Row) -> Cell:
    return Cell(claim.outcome, claim.reason, f"{run.page(reports)}#claim-{claim.id}")


def differs(claim: str, columns: Sequence[Column]) -> bool:
    """Whether two versions that tried a claim judged it otherwise, or by other scenarios."""
    cells = [one.cells[claim] for one in columns if claim in one.cells]
    told = {cell.reason for cell in cells if cell.outcome is Outcome.HOLDS}
    return len({cell.outcome for cell in cells}) > 1 or len(told) > 1
