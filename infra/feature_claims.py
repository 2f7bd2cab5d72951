"""What the features have for each claim: how many scenarios, and whether they disturb others."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from infra import claims, version_tags
from infra.footprints import footprint

LANES = ("parallel", "disruptive")
"""What disturbs least first; they follow from footprints."""


@dataclass(frozen=True)
class Written:
    """The scenarios of a claim, each row of an outline counted; ``lane`` is their worst."""

    scenarios: int
    lane: str


def written(features: Path, kubernetes: str) -> dict[str, Written]:
    """By claim id, for every claim that a feature names in its tags; scenarios of other versions
    than ``kubernetes`` are left out.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(features.rglob("*.feature")):
        for tags in tags_of_scenarios(path.read_text()):
            for tag in () if version_tags.why_not_applicable(tags, kubernetes) else tags:
                if claim := claims.id_of(tag):
                    found.setdefault(claim, []).append(lane_of(tags))
    return {
        claim: Written(len(lanes), max(lanes, key=LANES.index)) for claim, lanes in found.items()
    }


def tags_of_scenarios(feature: str) -> Iterator[frozenset[str]]:
    """Of each scenario, those of its Rule and its Feature among them."""
    for _, tags in scenarios(feature):
        yield tags


def scenarios(feature: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Names, outlines filled in, and tags."""
    parsed: Any = Parser().parse(feature)
    pickles: list[Mapping[str, Any]] = Compiler().compile({**parsed, "uri": ""})
    for pickle in pickles:
        yield pickle["name"], frozenset(tag["name"].lstrip("@") for tag in pickle["tags"])


def lane_of(tags: Collection[str]) -> str:
    """Of a scenario with these tags. Errors: UnknownFootprint."""
    return footprint.of_tags(tags).lane
