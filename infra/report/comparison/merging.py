"""Runs of several machines laid together in one directory of reports."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.errors import UserError
from infra.report import stored_run
from infra.report.comparison import judged_runs

NEW = ".new"
"""End of the name of a run that is being copied: no page lists it."""


@dataclass(frozen=True)
class Merged:
    """How many runs were copied, and how many were there already."""

    copied: int
    kept: int


def merge(sources: Sequence[Path], reports: Path, *, say: Callable[[str], None]) -> Merged:
    """Copies every run below the sources, which are directories of reports, into ``reports``.

    A run whose claims.json cannot be read is left out and named. Nothing is copied when a source
    is bad. Errors: UserError naming the directory that holds no run, or two runs of one name.
    """
    found = [folder for source in sources for folder in runs_of(source, say)]
    wanted: dict[Path, Path] = {}
    for folder in found:
        target = reports / folder.parent.name / folder.name
        require_same(folder, wanted.setdefault(target, folder))
        if target.exists():
            require_same(folder, target)
    missing = {target: folder for target, folder in wanted.items() if not target.exists()}
    for target, folder in missing.items():
        copy(folder, target)
    return Merged(copied=len(missing), kept=len(wanted) - len(missing))


def runs_of(source: Path, say: Callable[[str], None]) -> list[Path]:
    """Folders of the whole runs below a directory. Errors: UserError when there is none."""
    if not source.is_dir():
        raise UserError(f"--merge {source}: is no directory; name directories of reports")
    whole = []
    for folder in sorted(judged_runs.folders(source)):
        if judged_runs.read(folder).tried:
            whole.append(folder)
        else:
            say(f"left out: {folder / stored_run.CLAIMS} is damaged or tried no claim")
    if not whole:
        raise UserError(
            f"--merge {source}: holds no run; name a directory that has <version>/<run>/"
            f"{stored_run.CLAIMS}, like reports/"
        )
    return whole


def require_same(one: Path, other: Path) -> None:
    """Two folders of one name are one run. Errors: UserError naming both."""
    if claims(one) != claims(other):
        raise UserError(f"{one} and {other} are two runs of one name; give one another name")


def claims(folder: Path) -> bytes:
    path = folder / stored_run.CLAIMS
    return path.read_bytes() if path.exists() else b""


def copy(folder: Path, target: Path) -> None:
    """It appears whole or not at all."""
    new = target.with_name(f"{target.name}{NEW}")
    shutil.rmtree(new, ignore_errors=True)  # of a merge that was killed
    shutil.copytree(folder, new, symlinks=True)
    new.rename(target)
