"""The catalogue of claims: what the suite has to prove, by part and article of the series."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from infra.artifacts.catalog import is_since, minor_of
from infra.observed_places import Where

CATALOGUE = Path(__file__).with_name("claims.toml")
TAG = re.compile(r"claim_(\d+)_(\d+)")

Class = Literal["stated", "upstream"]


@dataclass(frozen=True)
class Claim:
    """One sentence that holds or does not.

    ``id`` like 63.4; ``stated`` in the series or concluded from ``upstream``. ``where`` it must be
    judged. ``finding`` is where an article, or the reading behind the claim, and the live cluster
    differ, on the minors from ``finding_since`` to ``finding_until``; empty: all.
    """

    id: str
    title: str
    kind: Class
    where: Where
    finding: str = ""
    finding_since: str = ""
    finding_until: str = ""

    @property
    def article(self) -> int:
        return int(self.id.partition(".")[0])

    @property
    def tag(self) -> str:
        return f"claim_{self.id.replace('.', '_')}"

    @property
    def finding_range(self) -> str:
        """Like ``Kubernetes since 1.36 until 1.37``; empty when it is every version's."""
        bounds = (("since", self.finding_since), ("until", self.finding_until))
        told = [f"{word} {minor}" for word, minor in bounds if minor]
        return " ".join(["Kubernetes", *told]) if told else ""

    def found_on(self, kubernetes: str) -> str:
        """The finding, on a version that has it; empty on others."""
        began = not self.finding_since or is_since(kubernetes, self.finding_since)
        goes_on = not self.finding_until or is_since(self.finding_until, minor_of(kubernetes))
        return self.finding if began and goes_on else ""


@dataclass(frozen=True)
class Article:
    number: int
    title: str
    part: str


@dataclass(frozen=True)
class Part:
    """``number`` as the series writes it, in Roman numerals."""

    number: str
    title: str


@cache
def load() -> tuple[Claim, ...]:
    """Every claim, in the order of the series."""
    return tuple(
        Claim(kind=row["class"], **{key: row[key] for key in row if key != "class"})
        for row in tomllib.loads(CATALOGUE.read_text())["claims"]
    )


@cache
def articles() -> tuple[Article, ...]:
    return tuple(Article(**row) for row in tomllib.loads(CATALOGUE.read_text())["articles"])


@cache
def parts() -> tuple[Part, ...]:
    return tuple(Part(**row) for row in tomllib.loads(CATALOGUE.read_text())["parts"])


def id_of(tag: str) -> str | None:
    """Claim id of a tag like claim_63_4; None for any other tag."""
    match = TAG.fullmatch(tag)
    return f"{match[1]}.{match[2]}" if match else None
