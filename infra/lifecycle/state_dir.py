"""The state directory of a cluster: keys, journal, what was built, and who holds it."""

import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.computer import file_lock
from infra.errors import ClusterLocked, UserError

RECORD = "cluster.json"
BROKEN = "broken"
"""A file that says why nothing more is judged on this cluster, or on resources of it, until it
passes the health gate: a line of JSON each, cause and resources, of which none stand for all.
"""


def prepare(state: Path) -> None:
    """Makes the directory, readable by its owner only. Errors: UserError when it is not ours."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if state.stat().st_uid != os.getuid():
        raise UserError(f"{state} belongs to another user; choose another --cluster-id")
    state.chmod(0o700)


def read(state: Path) -> dict[str, Any] | None:
    """The record of what was built, or None. Errors: UserError when it cannot be read."""
    path = state / RECORD
    if not path.exists():
        return None
    try:
        record: dict[str, Any] = json.loads(path.read_text())
    except ValueError as error:
        raise UserError(
            f"{path} is damaged ({error}); remove the cluster with: ./kfs down"
        ) from error
    return record


def write(state: Path, record: dict[str, Any]) -> None:
    replace(state / RECORD, record)


def replace(path: Path, content: dict[str, Any]) -> None:
    """Replaces a file at once: a reader sees the old or the new one, never a half, also after the
    computer lost its power.
    """
    new = path.with_suffix(".new")
    with new.open("w") as file:
        file.write(json.dumps(content, indent=2, default=str) + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def give_up(state: Path, cause: str, only: Collection[str] = ()) -> None:
    """Remembers why, for every process that has this cluster; ``only`` for those resources of it,
    by their names in infra/footprints/footprint_tags.py.
    """
    with (state / BROKEN).open("a") as out:
        out.write(json.dumps([cause, sorted(only)]) + "\n")


def given_up(state: Path) -> list[tuple[str, frozenset[str]]]:
    """Causes, the first one first, with what each concerns: no resources stand for all."""
    path = state / BROKEN
    lines = path.read_text().splitlines() if path.exists() else []
    return [(cause, frozenset(only)) for cause, only in map(json.loads, lines)]


def mended(state: Path) -> None:
    """The cluster has passed the health gate."""
    (state / BROKEN).unlink(missing_ok=True)


def lock_of(state: Path) -> Path:
    """Beside the directory, which comes and goes while it is held."""
    return state.with_name(state.name + ".lock")


def is_held(state: Path) -> bool:
    """Whether a run has it now."""
    lock = lock_of(state)
    if not lock.exists():
        return False
    with lock.open("w") as file:
        return not file_lock.take_now(file)


@contextmanager
def held(state: Path, by: str) -> Iterator[None]:
    """One run at a time per cluster. Errors: ClusterLocked, naming the holder."""
    state.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    holder = state.with_name(state.name + ".holder")
    with lock_of(state).open("w") as lock:
        if not file_lock.take_now(lock):
            who = holder.read_text().strip() if holder.exists() else "an unknown run"
            raise ClusterLocked(
                f"cluster {state.name} is held by {who}; wait for it, or choose another "
                "--cluster-id"
            )
        try:
            since = f"{datetime.now(UTC):%H:%M:%S} UTC"
            holder.write_text(f"{by} (pid {os.getpid()}, since {since})\n")
            yield
        finally:
            holder.unlink(missing_ok=True)
