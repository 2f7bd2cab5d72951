"""Runs below a directory of reports, as their claims.json and run.json tell them."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from infra.report import stored_run
from infra.report.outcomes import Outcome

VERSION = re.compile(r"v\d+\.\d+\.\d+")
NAME = re.compile(r"\d{8}T\d{6}Z-[a-z0-9-]+")
"""Of a run's folder (stored_run.name); what is called otherwise is somebody's own."""
COMMIT = 10
"""Digits of a commit that pages show."""


@dataclass(frozen=True)
class Row:
    """A claim of a claims.json, as far as pages about several runs show it."""

    id: str
    outcome: Outcome
    reason: str
    scenarios: list[Any]
    seconds: float = 0.0


@dataclass(frozen=True)
class Judged:
    claims: list[Row]
    platform: str = ""


STORED = TypeAdapter(Judged)


@dataclass(frozen=True)
class JudgedRun:
    """A run's folder, and the claims that it tried: a scenario was in it, or none can be there."""

    folder: Path
    tried: tuple[Row, ...]
    commit: str = ""
    dirty: bool = False
    platform: str = ""

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def version(self) -> str:
        return self.folder.parent.name

    @property
    def day(self) -> str:
        return day(self.name)

    def page(self, reports: Path) -> str:
        """As a page in ``reports`` links to it."""
        return str((self.folder / stored_run.PAGE).relative_to(reports))


def day(name: str) -> str:
    """2026-11-29 of a run's name, 20261129T101500Z-series."""
    return f"{name[:4]}-{name[4:6]}-{name[6:8]}"


def find(reports: Path) -> list[JudgedRun]:
    """Every run of ours below ``reports`` that tried a claim, older ones first.

    None is one whose claims.json is half written, as it was killed, or is not ours.
    """
    runs = (read(folder) for folder in sorted(folders(reports), key=lambda one: one.name))
    return [run for run in runs if run.tried]


def folders(reports: Path) -> Iterator[Path]:
    """Of runs that have a claims.json."""
    found = (path.parent for path in reports.glob(f"*/*/{stored_run.CLAIMS}"))
    return (one for one in found if is_run(one))


def is_run(folder: Path) -> bool:
    """Whether it is called ``<version>/<time>-<cluster>``, as our runs are."""
    return bool(VERSION.fullmatch(folder.parent.name) and NAME.fullmatch(folder.name))


def read(folder: Path) -> JudgedRun:
    """Without claims when its claims.json cannot be read."""
    circumstances = run_json(folder / stored_run.RUN)
    try:
        found = STORED.validate_json((folder / stored_run.CLAIMS).read_bytes())
    except (OSError, ValueError):
        found = Judged([])
    return JudgedRun(
        folder,
        tuple(tried(found.claims)),
        commit=str(circumstances.get("commit") or "")[:COMMIT],
        dirty=bool(circumstances.get("dirty")),
        platform=found.platform,
    )


def tried(claims: Iterable[Row]) -> Iterator[Row]:
    return (one for one in claims if one.scenarios or one.outcome is Outcome.ABSENT)


def run_json(path: Path) -> dict[str, Any]:
    """Empty when it does not tell."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def replaced(path: Path, text: str) -> Path:
    """The file with another text, at once: a reader sees one or the other."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(text)
    return new.replace(path)
