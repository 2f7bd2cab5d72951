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
    found = sorted(reports.glob(f"*/*/{stored_run.CLAIMS}"), key=lambda path: path.parent.name)
    stored = [path for path in found if VERSION.fullmatch(path.parent.parent.name)]
    columns = columns_of(reports, stored)
    known = claims.load()
    page = (
        environment()
        .get_template("matrix.html")
        .render(
            columns=columns,
            differing=[claim for claim in known if differs(claim.id, columns)],
            runs=[latest(reports, path) for path in reversed(stored[-RUNS:])],
            articles=claims.articles(),
            claims=known,
        )
    )
    path = reports / stored_run.PAGE
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(page)
    new.replace(path)
    return path


def columns_of(reports: Path, stored: Sequence[Path]) -> list[Column]:
    """One for each minor, older ones first."""
    versions = sorted({path.parent.parent.name for path in stored}, key=numbers)
    newest = {minor_of(version): version for version in versions}
    return [
        column(reports, version, [p for p in stored if p.parent.parent.name == version])
        for version in newest.values()
    ]


def column(reports: Path, version: str, stored: Sequence[Path]) -> Column:
    """For each claim the newest run that tried it; a run of a part leaves the rest standing."""
    cells: dict[str, Cell] = {}
    for path in stored:
        page = str(path.with_name(stored_run.PAGE).relative_to(reports))
        for claim in read(path):
            if was_tried(claim):
                link = f"{page}#claim-{claim.id}"
                cells[claim.id] = Cell(claim.outcome, claim.reason, link)
    return Column(minor_of(version), version, latest(reports, stored[-1]), cells)


def differs(claim: str, columns: Sequence[Column]) -> bool:
    """Whether two versions that tried a claim judged it otherwise, or by other scenarios."""
    cells = [one.cells[claim] for one in columns if claim in one.cells]
    told = {cell.reason for cell in cells if cell.outcome is Outcome.HOLDS}
    return len({cell.outcome for cell in cells}) > 1 or len(told) > 1


def latest(reports: Path, path: Path) -> dict[str, Any]:
    """A run for the list: its page and how many claims ended how."""
    counts = Counter(kind(claim.outcome) for claim in read(path) if was_tried(claim))
    return {
        "name": path.parent.name,
        "day": day(path.parent.name),
        "commit": commit(path.with_name(stored_run.RUN)),
        "version": path.parent.parent.name,
        "page": str(path.with_name(stored_run.PAGE).relative_to(reports)),
        "counts": counts,
    }


def day(name: str) -> str:
    """2026-11-29 of a run's name, 20261129T101500Z-series."""
    return f"{name[:4]}-{name[4:6]}-{name[6:8]}"


def commit(path: Path) -> str:
    """Of a run; empty when its run.json does not tell."""
    try:
        return str(json.loads(path.read_text())["commit"])[:10]
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def was_tried(claim: Row) -> bool:
    """Some scenario of it was in the run, or none can be there."""
    return bool(claim.scenarios) or claim.outcome == Outcome.ABSENT


def read(path: Path) -> list[Row]:
    """Claims of a claims.json; none of one that a killed run left half written, or of no run."""
    try:
        return STORED.validate_json(path.read_bytes()).claims
    except (OSError, ValueError):
        return []
