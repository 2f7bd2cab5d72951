"""Which pairs ran beside each other, a line of JSON each: a run goes on where one stopped."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.settings import PROJECT
from tests import json_lines
from tests.overlap.pairs import Pair, Seen, told

RECORDS = PROJECT / "docs" / "overlap.jsonl"
"""In git: it is the proof that these footprints do not fool each other."""


@dataclass(frozen=True)
class Result:
    """``pair`` in words; ``ids`` are the scenarios that showed it."""

    pair: str
    ids: tuple[str, str]
    kubernetes: str
    commit: str


def read(path: Path) -> dict[str, Result]:
    """By pair."""
    rows = json_lines.rows(path)
    return {row["pair"]: Result(**{**row, "ids": tuple(row["ids"])}) for row in rows}


def left(pairs: Iterable[Pair], path: Path) -> set[Pair]:
    known = read(path)
    return {pair for pair in pairs if told(pair) not in known}


def add(path: Path, found: Iterable[Seen], *, kubernetes: str, commit: str) -> None:
    """Those that were green and are new."""
    known = set(read(path))
    for one in found:
        if not one.red and (name := told(one.pair)) not in known:
            known.add(name)
            json_lines.add(path, asdict(Result(name, one.ids, kubernetes, commit)))
