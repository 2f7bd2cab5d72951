"""Scenarios become verdicts on claims; every claim of the catalogue gets one."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra import observed_places
from infra.claims import Article, Claim, Part
from infra.feature_claims import Written
from infra.inventory import Role
from infra.report.model import Run, Scenario
from infra.report.outcomes import UNTRIED, Outcome, Untried, worst


@dataclass(frozen=True)
class Verdict:
    """A claim, its outcome and what it rests on.

    ``written`` scenarios are in the features for it; ``scenarios`` are those of this run.
    ``places`` are what their Then-steps looked at.
    """

    claim: Claim
    outcome: Outcome
    reason: str = ""
    scenarios: tuple[Scenario, ...] = ()
    untried: Untried | None = None
    written: Written = Written(0, "")

    @property
    def seconds(self) -> float:
        return sum(scenario.seconds for scenario in self.scenarios)

    @property
    def evidence(self) -> list[str]:
        return [item.path for scenario in self.scenarios for item in scenario.evidence]

    @property
    def places(self) -> list[str]:
        return places_of(self.scenarios)

    @property
    def tried(self) -> bool:
        """Some scenario for it ran, or should have; what cannot be shown here was not tried."""
        return bool(self.scenarios) and self.outcome is not Outcome.ABSENT

    @property
    def told(self) -> str:
        """What the page counts it as: its outcome, or ``untried``."""
        return UNTRIED if self.untried else str(self.outcome)

    @property
    def held(self) -> int:
        return sum(scenario.outcome is Outcome.HOLDS for scenario in self.scenarios)

    @property
    def partial(self) -> bool:
        """It holds as far as it was judged: some of its scenarios were not in this run."""
        return self.outcome is Outcome.HOLDS and self.held < self.written.scenarios

    @property
    def fell_short(self) -> bool:
        """Its scenarios held, but looked at fewer places than the claim speaks of."""
        return (
            bool(self.scenarios)
            and self.outcome is Outcome.UNKNOWN
            and all(one.outcome is Outcome.HOLDS for one in self.scenarios)
        )

    @property
    def words(self) -> str:
        """The outcome as a reader is told it: never a bare *holds* when it was judged in part."""
        part = f", {self.held} of {self.written.scenarios} scenarios" if self.partial else ""
        return f"{self.outcome}{part}"


def verdicts(
    catalogue: Sequence[Claim],
    run: Run,
    scenarios: Iterable[Scenario],
    written: Mapping[str, Written],
) -> list[Verdict]:
    """One verdict a claim; ``written`` is what the features have for each."""
    by_claim: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        for claim_id in scenario.claims:
            by_claim.setdefault(claim_id, []).append(scenario)
    return [
        verdict(claim, run, by_claim.get(claim.id, []), written.get(claim.id, Written(0, "")))
        for claim in catalogue
    ]


def verdict(claim: Claim, run: Run, found: list[Scenario], written: Written) -> Verdict:
    if not found:
        why = Untried.NOT_SELECTED if written.scenarios else Untried.NO_SCENARIO
        return Verdict(claim, Outcome.UNKNOWN, str(why), untried=why, written=written)
    outcome = worst([scenario.outcome for scenario in found])
    told = [s for s in found if s.outcome in (outcome, Outcome.ABSENT) and s.reason]
    # why one ended the run comes before that others were not reached
    ordered = sorted(told, key=lambda s: not s.ran)
    reasons = dict.fromkeys(reason_of(s, outcome) for s in ordered)
    judged = Verdict(claim, outcome, "; ".join(reasons), tuple(found), written=written)
    if outcome is Outcome.HOLDS and not judged.partial and (missed := unseen(claim, run, found)):
        reason = nowhere_else(claim, judged.places, missed)
        return Verdict(claim, Outcome.UNKNOWN, reason, tuple(found), written=written)
    return judged


def reason_of(scenario: Scenario, outcome: Outcome) -> str:
    """One that is not applicable is named where the claim was judged without it."""
    if scenario.outcome is Outcome.ABSENT and outcome is not Outcome.ABSENT:
        return f"{scenario.name}: {scenario.reason}"
    return scenario.reason


def places_of(scenarios: Iterable[Scenario]) -> list[str]:
    return sorted({place for scenario in scenarios for place in scenario.places})


def unseen(claim: Claim, run: Run, found: Iterable[Scenario]) -> list[str]:
    """Where the claim must be judged and no Then-step of its scenarios looked."""
    names = {
        role: [str(one["name"]) for one in run.machines if one["role"] == role] for role in Role
    }
    wanted = observed_places.wanted(
        claim.where, workers=names[Role.WORKER], controllers=names[Role.CONTROLLER]
    )
    seen = places_of(found)
    return [place for place in wanted if place not in seen]


def nowhere_else(claim: Claim, seen: Sequence[str], missed: Sequence[str]) -> str:
    only = ", ".join(seen) or "no machine"
    return f"judged on {only} only, not on {', '.join(missed)}; it must be on {claim.where}"


def claims_json(run: Run, judged: Sequence[Verdict]) -> dict[str, Any]:
    """The stable format of claims.json (design, section 5)."""
    return {
        "kubernetes": run.kubernetes,
        "platform": run.platform,
        "time_scale": run.time_scale,
        "claims": [
            {
                "id": verdict.claim.id,
                "article": verdict.claim.article,
                "title": verdict.claim.title,
                "class": verdict.claim.kind,
                "lane": verdict.written.lane,
                "where": verdict.claim.where,
                "places": verdict.places,
                "outcome": str(verdict.outcome),
                "partial": verdict.partial,
                "reason": verdict.reason,
                "seconds": round(verdict.seconds, 2),
                "scenarios": [
                    {"name": s.name, "outcome": str(s.outcome), "seconds": round(s.seconds, 2)}
                    for s in verdict.scenarios
                ],
                "evidence": verdict.evidence,
            }
            for verdict in judged
        ],
    }


@dataclass(frozen=True)
class ArticleVerdicts:
    """An article with its claims: those tried in this run, and the rest."""

    article: Article
    verdicts: tuple[Verdict, ...]

    @property
    def tried(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.tried]

    @property
    def untried(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if not verdict.tried]

    @property
    def counts(self) -> Counter[str]:
        return counts(self.verdicts)


def counts(judged: Iterable[Verdict]) -> Counter[str]:
    """How many verdicts of each outcome; claims that were not tried count as untried."""
    return Counter(verdict.told for verdict in judged)


def by_part(
    judged: Sequence[Verdict], articles: Sequence[Article], parts: Sequence[Part]
) -> list[tuple[Part, list[ArticleVerdicts]]]:
    """The series' contents: parts with their articles with their verdicts."""
    return [
        (
            part,
            [
                ArticleVerdicts(a, tuple(v for v in judged if v.claim.article == a.number))
                for a in articles
                if a.part == part.number
            ],
        )
        for part in parts
    ]
