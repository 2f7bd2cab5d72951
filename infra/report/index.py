"""reports/index.html: claims by Kubernetes versions, each from its latest run."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import claims
from infra.report import stored_run
from infra.report.jinja import environment, kind
from infra.report.outcomes import Outcome


@dataclass(frozen=True)
class Column:
    """The latest judgement of a version: claim id to (CSS class, page it is on)."""

    version: str
    cells: Mapping[str, tuple[str, str]]


def write(reports: Path) -> Path:
    """Writes the matrix of all claims.json below ``reports``; its path."""
    stored = sorted(reports.glob(f"*/*/{stored_run.CLAIMS}"), key=lambda path: path.parent.name)
    versions = sorted({path.parent.parent.name for path in stored})
    columns = [
        column(reports, version, [p for p in stored if p.parent.parent.name == version])
        for version in versions
    ]
    runs = [latest(reports, path) for path in reversed(stored)]
    page = (
        environment()
        .get_template("matrix.html")
        .render(
            columns=columns,
            runs=runs[:30],
            articles=claims.articles(),
            claims=claims.load(),
        )
    )
    path = reports / stored_run.PAGE
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(page)
    new.replace(path)
    return path


def column(reports: Path, version: str, stored: list[Path]) -> Column:
    """For each claim the newest run that tried it; a run of a part leaves the rest standing."""
    cells: dict[str, tuple[str, str]] = {}
    for path in stored:
        page = str(path.with_name(stored_run.PAGE).relative_to(reports))
        for claim in read(path):
            if was_tried(claim):
                cells[claim["id"]] = (kind(claim["outcome"]), f"{page}#claim-{claim['id']}")
    return Column(version, cells)


def latest(reports: Path, path: Path) -> dict[str, Any]:
    """A run for the list: its page and how many claims ended how."""
    counts: dict[str, int] = {}
    for claim in read(path):
        if was_tried(claim):
            counts[kind(claim["outcome"])] = counts.get(kind(claim["outcome"]), 0) + 1
    return {
        "name": path.parent.name,
        "version": path.parent.parent.name,
        "page": str(path.with_name(stored_run.PAGE).relative_to(reports)),
        "counts": counts,
    }


def was_tried(claim: Mapping[str, Any]) -> bool:
    """Some scenario of it was in the run, or none can be there."""
    return bool(claim["scenarios"]) or claim["outcome"] == Outcome.ABSENT


def read(path: Path) -> list[dict[str, Any]]:
    """Claims of a claims.json; none of one that a killed run left half written."""
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text())["claims"]
    except (ValueError, KeyError):
        return []
    return found
