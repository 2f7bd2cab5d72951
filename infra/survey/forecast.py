"""Claim by claim, what a run will judge on a cluster that is described, and what not and why.

The cluster is not asked: this follows from its description alone. What a run asks of the cluster
itself, when it begins, is told as that.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra import claims, feature_claims, version_tags
from infra.claims import Article, Claim
from infra.described import means, needs
from infra.described.description import Description

ASKED = "needs_"
"""How tags begin that name what a run asks of the cluster (infra/lifecycle/capabilities.py)."""
NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Scenario:
    """``needs`` are means (infra/described/means.py)."""

    tags: frozenset[str]
    needs: frozenset[str]


@dataclass(frozen=True)
class Forecast:
    """Of one claim: how many of its scenarios will be judged, and why others not. ``asked`` is what
    the run itself will find out of those that will.
    """

    claim: Claim
    judged: int
    scenarios: int
    reasons: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        if not self.judged:
            return NOT_APPLICABLE
        return "judged" if self.judged == self.scenarios else f"{self.judged} of {self.scenarios}"

    @property
    def why(self) -> str:
        """Reasons, and what is still to be asked."""
        still = [f"judged if the cluster has {name.replace('_', ' ')}" for name in self.asked]
        return "; ".join([*self.reasons, *still])


def of_description(told: Description, features: Path) -> list[Forecast]:
    """Of every claim of the catalogue, by what a run leaves out (fixtures/capabilities.py)."""
    written, lacks = by_claim(features, needs.known()), means.lacks(told)
    return [of_claim(one, written.get(one.id, []), lacks, told.kubernetes) for one in claims.load()]


def by_claim(
    features: Path, known: Mapping[str, Sequence[str]]
) -> Mapping[str, Sequence[Scenario]]:
    """Scenarios by the claims that they judge; ``known`` is what each needs."""
    found: dict[str, list[Scenario]] = defaultdict(list)
    for path in sorted(features.rglob("*.feature")):
        feature = path.relative_to(features).as_posix()
        for name, tags in feature_claims.scenarios(path.read_text()):
            one = Scenario(tags, frozenset(known[needs.key(feature, name)]))
            for claim in filter(None, map(claims.id_of, tags)):
                found[claim].append(one)
    return found


def of_claim(
    claim: Claim, scenarios: Sequence[Scenario], lacks: Mapping[str, str], kubernetes: str
) -> Forecast:
    """``lacks``: means to the reason why they are not there. Scenarios of other Kubernetes versions
    do not count, unless there is none of this one.
    """
    others = [version_tags.why_not_applicable(one.tags, kubernetes) for one in scenarios]
    of_it = [one for one, other in zip(scenarios, others, strict=True) if not other]
    if not of_it:
        reasons = dict.fromkeys(others) or {"no scenario judges it": None}
        return Forecast(claim, 0, len(scenarios), tuple(reasons))
    missing = [[lacks[need] for need in sorted(one.needs) if need in lacks] for one in of_it]
    judged = [one for one, why in zip(of_it, missing, strict=True) if not why]
    asked = {tag.removeprefix(ASKED) for one in judged for tag in one.tags if tag.startswith(ASKED)}
    every = tuple(dict.fromkeys(reason for why in missing for reason in why))
    return Forecast(claim, len(judged), len(of_it), every, tuple(sorted(asked)))


def table(found: Sequence[Forecast], articles: Sequence[Article]) -> Iterator[str]:
    """Lines: claims by article, then sums."""
    for article in articles:
        here = [one for one in found if one.claim.article == article.number]
        if here:
            yield f"{article.number} {article.title}: {share(here)}"
            yield from (f"  {one.claim.id:<6} {one.outcome:<15} {one.why}".rstrip() for one in here)
    yield ""
    yield f"in all {share(found)}"
    for reason, count in reasons(found).items():
        yield f"  {count:>4} {reason}"


def share(found: Sequence[Forecast]) -> str:
    judged = sum(one.judged == one.scenarios and bool(one.judged) for one in found)
    part = sum(0 < one.judged < one.scenarios for one in found)
    in_part = f", {part} in part" if part else ""
    return f"{judged} of {len(found)} claims judged{in_part}"


def reasons(found: Sequence[Forecast]) -> dict[str, int]:
    """Why claims are not judged, or only in part, by how many; one may have several reasons."""
    counts = Counter(reason for one in found for reason in one.reasons)
    return dict(counts.most_common())


def as_json(found: Sequence[Forecast], *, cluster: str, kubernetes: str) -> str:
    claims = [
        {
            "id": one.claim.id,
            "article": one.claim.article,
            "title": one.claim.title,
            "outcome": "in part" if 0 < one.judged < one.scenarios else one.outcome,
            "scenarios": one.scenarios,
            "judged": one.judged,
            "reasons": list(one.reasons),
            "asked": list(one.asked),
        }
        for one in found
    ]
    told = {"cluster": cluster, "kubernetes": kubernetes, "claims": claims}
    return json.dumps(told | {"reasons": reasons(found)}, indent=2)
