"""Reviewed: why nothing notices a setting (whys.toml)."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from tests.sweep import scope

TABLE = Path(__file__).with_name("whys.toml")
Kind = Literal["equivalent", "not claimed", "gap", "not reviewed"]


@dataclass(frozen=True)
class Why:
    settings: tuple[str, ...]
    kind: Kind
    why: str


UNREVIEWED = Why((), "not reviewed", "nobody has looked yet")


@cache
def table() -> tuple[Why, ...]:
    rows = tomllib.loads(TABLE.read_text())["rows"]
    return tuple(Why(tuple(row["settings"]), row["kind"], row["why"]) for row in rows)


def of(key: str, rows: Iterable[Why] | None = None) -> Why:
    """A setting that no article speaks of needs no row of its own."""
    for row in table() if rows is None else rows:
        if any(scope.fits(key, pattern) for pattern in row.settings):
            return row
    found = scope.of(key)
    return UNREVIEWED if found.articles else Why((), "not claimed", found.why)
