"""Which articles speak of a setting, and which of their claims are asked first (scope.toml)."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("scope.toml")
QUICK = "not slow and not serial and not disruptive"


@dataclass(frozen=True)
class Question:
    """Claims, as pytest's -m, and how many processes are to ask them: each collects them all."""

    selection: str
    processes: int = 2


@dataclass(frozen=True)
class Scope:
    """``settings`` are patterns of keys; without ``articles`` only the health gate is asked."""

    settings: tuple[str, ...]
    articles: tuple[int, ...]
    why: str
    first: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        """The first claims, then all quick ones of the articles; none is slow."""
        if not self.articles:
            return ()
        named = " or ".join(f"claim_{one.replace('.', '_')}" for one in self.first)
        whole = " or ".join(f"article_{one}" for one in self.articles)
        rest = f"({whole}) and {QUICK} and not ({named})"
        return Question(f"({named}) and not slow"), Question(rest, processes=4)


@cache
def table() -> tuple[Scope, ...]:
    rows = tomllib.loads(TABLE.read_text())["rows"]
    return tuple(
        Scope(
            settings=tuple(row["settings"]),
            articles=tuple(row["articles"]),
            why=row["why"],
            first=tuple(row.get("first", ())),
        )
        for row in rows
    )


def of(key: str) -> Scope:
    """Errors: KeyError for a setting that no row fits."""
    for row in table():
        if any(fits(key, pattern) for pattern in row.settings):
            return row
    raise KeyError(f"no row of {TABLE.name} fits {key!r}: say which articles speak of it")


def fits(key: str, pattern: str) -> bool:
    """Only * is special: keys have brackets and question marks of their own."""
    return fnmatchcase(key, pattern.replace("[", "[[]").replace("?", "[?]"))
