"""What a sweep found, a line of JSON a setting, kept from run to run; the last one counts."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from tests import json_lines

Kind = Literal["noticed", "unnamed", "not noticed", "refused", "red anyway"]
"""``unnamed``: red, but the words name neither component nor machine. ``refused``: the API refuses
such an object. ``red anyway``: what noticed is red on the mended cluster too."""


@dataclass(frozen=True)
class Record:
    """One setting, swept once. ``by`` is a claim or the gate; ``asked`` are the claims judged.

    ``starts``: what reads it ran with the change. ``mended``: by whom; ``exactly``: ``up`` changed
    what was swept and nothing else. ``thorough``: all quick claims of its articles were asked.
    """

    key: str
    component: str
    machine: str
    kind: Kind
    seed: int
    by: str = ""
    words: str = ""
    starts: bool = True
    asked: tuple[str, ...] = ()
    thorough: bool = True
    mended: str = ""
    exactly: bool = False
    seconds: float = 0.0
    kubernetes: str = ""
    at: str = ""


KNOWN = frozenset(one.name for one in fields(Record))


def read(path: Path) -> dict[str, Record]:
    """By key."""
    found: dict[str, Record] = {}
    for row in json_lines.rows(path):
        known = {name: value for name, value in row.items() if name in KNOWN}
        found[row["key"]] = Record(**{**known, "asked": tuple(known.get("asked", ()))})
    return found


def add(path: Path, record: Record) -> None:
    json_lines.add(path, asdict(record))


def usual(records: Iterable[Record], unless: float) -> float:
    """Seconds that a setting takes: the median of those there are."""
    seconds = sorted(record.seconds for record in records)
    return seconds[len(seconds) // 2] if seconds else unless
