"""Which claims the features judge on each Kubernetes minor, and by which scenarios.

What is expected of 1.35 and 1.37 was read in their sources; a scenario that moves from one minor to
another, or a tag that is forgotten, shows here.
"""

from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from infra import claims, version_tags
from infra.artifacts.catalog import all_minors
from infra.feature_claims import tags_of_scenarios

FEATURES = Path(__file__).resolve().parents[3] / "features"
MINORS = tuple(minor for minor, catalog in all_minors().items() if catalog.before)
NEW_IN_1_36, NEW_IN_1_37 = "comes with Kubernetes 1.36", "comes with Kubernetes 1.37"
OLD_IN_1_36, OLD_IN_1_37 = "until Kubernetes 1.35", "until Kubernetes 1.36"
NOT_APPLICABLE = {
    "1.35": dict.fromkeys(
        ["62.9", *(f"69.{n}" for n in range(17, 21)), *(f"72.{n}" for n in range(2, 10))],
        frozenset({NEW_IN_1_36}),
    ),
    "1.36": {},
    "1.37": {},
}
"""Claims that no scenario of a minor judges, and why."""
IN_PART = {
    "1.35": {
        **dict.fromkeys(
            ["63.19", "69.1", "70.13", "70.19", "72.13", "72.18"], frozenset({NEW_IN_1_36})
        ),
        "65.6": {NEW_IN_1_36, NEW_IN_1_37},
        "71.9": {NEW_IN_1_37},
        "72.20": {NEW_IN_1_37},
    },
    "1.36": {
        **dict.fromkeys(["63.19", "69.1", "70.13", "70.19", "72.18"], frozenset({OLD_IN_1_36})),
        "65.6": {OLD_IN_1_36, NEW_IN_1_37},
        "71.9": {NEW_IN_1_37},
        "72.20": {NEW_IN_1_37},
    },
    "1.37": {
        **dict.fromkeys(["63.19", "69.1", "70.13", "70.19", "72.18"], frozenset({OLD_IN_1_36})),
        "65.6": {OLD_IN_1_36, OLD_IN_1_37},
        "71.9": {OLD_IN_1_37},
        "72.20": {OLD_IN_1_37},
    },
}
"""Claims that some scenarios of a minor judge, and why others are left out."""


@cache
def scenarios() -> list[frozenset[str]]:
    """Tags of each scenario, a row of an outline for each."""
    paths = sorted(FEATURES.rglob("*.feature"))
    return [tags for path in paths for tags in tags_of_scenarios(path.read_text())]


def reasons(minor: str) -> dict[str, list[str]]:
    """By claim, why each of its scenarios is left out; empty for one that is not."""
    version, found = all_minors()[minor].kubernetes, defaultdict(list)
    for tags in scenarios():
        for claim in filter(None, map(claims.id_of, tags)):
            found[claim].append(version_tags.why_not_applicable(tags, version))
    return dict(found)


@pytest.mark.parametrize("minor", MINORS)
def test_what_is_not_applicable_says_since_when(minor: str) -> None:
    told = reasons(minor)
    absent = {claim: set(why) for claim, why in told.items() if all(why)}
    assert absent == NOT_APPLICABLE[minor]
    missing = {claim.id for claim in claims.load()} - told.keys()
    assert not missing, f"no scenario judges {missing}"


@pytest.mark.parametrize("minor", MINORS)
def test_what_is_judged_by_other_scenarios_on_other_minors(minor: str) -> None:
    told = {claim: set(why) - {""} for claim, why in reasons(minor).items() if not all(why)}
    assert {claim: why for claim, why in told.items() if why} == IN_PART[minor]


def test_what_is_judged_by_a_minor_of_its_own_is_judged_by_each() -> None:
    """A claim that has a scenario of older minors has one of newer minors, too."""
    for claim in IN_PART["1.36"]:
        judged = {minor: sum(not why for why in reasons(minor)[claim]) for minor in MINORS}
        assert all(judged.values()), f"{claim}: {judged}"
