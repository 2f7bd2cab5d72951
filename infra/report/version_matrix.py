"""reports/index.html: claims by Kubernetes versions, each from its latest run."""

import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from infra import claims
from infra.artifacts.catalog import minor_of, numbers
from infra.report import stored_run
from infra.report.jinja import environment, kind
from infra.report.outcomes import SIGNS, Outcome

RUNS = 30
"""That the list names."""
VERSION = re.compile(r"v\d+\.\d+\.\d+")
"""A folder of runs; others below ``reports`` are somebody's own."""


@dataclass(frozen=True)
class Row:
    """A claim of a claims.json, as far as the matrix shows it."""

    id: str
    outcome: Outcome
    reason: str
    scenarios: list[Any]


@dataclass(frozen=True)
class Judged:
    claims: list[Row]


STORED = TypeAdapter(Judged)


@dataclass(frozen=True)
class Run:
    """A run's folder, and the claims that it tried: a scenario was in it, or none can be there."""

    folder: Path
    tried: tuple[Row, ...]

    @property
    def version(self) -> str:
        return self.folder.parent.name

    def page(self, reports: Path) -> str:
        """As a page in ``reports`` links to it."""
        return str((self.folder / stored_run.PAGE).relative_to(reports))

    def listed(self, reports: Path) -> dict[str, Any]:
        """For the list: its page and how many claims ended how."""
        return {
            "name": self.folder.name,
            "day": day(self.folder.name),
            "commit": commit(self.folder / stored_run.RUN),
            "version": self.version,
            "page": self.page(reports),
            "counts": Counter(kind(claim.outcome) for claim in self.tried),
        }


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
    newest: Mapping[str, Any]
    cells: Mapping[str, Cell]

    @property
    def counts(self) -> Mapping[str, int]:
        """Claims by outcome's CSS class, in the order of a legend."""
        found = Counter(cell.css for cell in self.cells.values())
        return {sign.css: found[sign.css] for sign in SIGNS.values() if found[sign.css]}


def write(reports: Path) -> Path:
    """Writes the matrix of all claims.json below ``reports``; its path."""
    folders = [path.parent for path in reports.glob(f"*/*/{stored_run.CLAIMS}")]
    ours = [folder for folder in folders if VERSION.fullmatch(folder.parent.name)]
    runs = [run(folder) for folder in sorted(ours, key=lambda folder: folder.name)]
    columns = columns_of(reports, runs)
    known = claims.load()
    page = (
        environment()
        .get_template("matrix.html")
        .render(
            columns=columns,
            differing=[claim for claim in known if differs(claim.id, columns)],
            runs=[one.listed(reports) for one in reversed(runs[-RUNS:])],
            articles=claims.articles(),
            claims=known,
        )
    )
    path = reports / stored_run.PAGE
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(page)
    new.replace(path)
    return path


def columns_of(reports: Path, runs: Sequence[Run]) -> list[Column]:
    """One for each minor, older ones first."""
    versions = sorted({one.version for one in runs}, key=numbers)
    newest = {minor_of(version): version for version in versions}
    return [
        column(reports, version, [one for one in runs if one.version == version])
        for version in newest.values()
    ]


def column(reports: Path, version: str, runs: Sequence[Run]) -> Column:
    """For each claim the newest run that tried it; a run of a part leaves the rest standing."""
    cells = {
        claim.id: Cell(claim.outcome, claim.reason, f"{one.page(reports)}#claim-{claim.id}")
        for one in runs
        for claim in one.tried
    }
    return Column(minor_of(version), version, runs[-1].listed(reports), cells)


def differs(claim: str, columns: Sequence[Column]) -> bool:
    """Whether two versions that tried a claim judged it otherwise, or by other scenarios."""
    cells = [one.cells[claim] for one in columns if claim in one.cells]
    told = {cell.reason for cell in cells if cell.outcome is Outcome.HOLDS}
    return len({cell.outcome for cell in cells}) > 1 or len(told) > 1


def day(name: str) -> str:
    """2026-11-29 of a run's name, 20261129T101500Z-series."""
    return f"{name[:4]}-{name[4:6]}-{name[6:8]}"


def commit(path: Path) -> str:
    """Of a run; empty when its run.json does not tell."""
    try:
        return str(json.loads(path.read_text())["commit"])[:10]
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def run(folder: Path) -> Run:
    """Without claims when a killed run left its claims.json half written, or it is no run's."""
    try:
        found = STORED.validate_json((folder / stored_run.CLAIMS).read_bytes()).claims
    except (OSError, ValueError):
        found = []
    tried = (one for one in found if one.scenarios or one.outcome == Outcome.ABSENT)
    return Run(folder, tuple(tried))
