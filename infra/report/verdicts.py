"""Scenarios become verdicts on claims; every claim of the catalogue gets one."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.claims import Article, Claim, Part
from infra.report.model import Outcome, Run, Scenario, worst

NO_SCENARIO = "no scenario yet"
NOT_CHOSEN = "not in this run"
TAG = re.compile(r"@claim_(\d+)_(\d+)\b")


@dataclass(frozen=True)
class Verdict:
    """A claim, its outcome and what it rests on."""

    claim: Claim
    outcome: Outcome
    reason: str
    scenarios: tuple[Scenario, ...]

    @property
    def seconds(self) -> float:
        return sum(scenario.seconds for scenario in self.scenarios)

    @property
    def lane(self) -> str:
        """The one that disturbs most, of its scenarios; empty when none ran."""
        found = {scenario.lane for scenario in self.scenarios}
        return next((lane for lane in ("disruptive", "serial", "parallel") if lane in found), "")

    @property
    def evidence(self) -> list[str]:
        return [item.path for scenario in self.scenarios for item in scenario.evidence]

    @property
    def tried(self) -> bool:
        """Some scenario for it ran, or should have; what cannot be shown here was not tried."""
        return bool(self.scenarios) and self.outcome is not Outcome.ABSENT

    @property
    def told(self) -> str:
        """What the page counts it as: its outcome, or ``untried``."""
        is_judged = self.tried or self.outcome is Outcome.ABSENT
        return str(self.outcome) if is_judged else "untried"


def verdicts(
    catalogue: Sequence[Claim], scenarios: Iterable[Scenario], *, written: frozenset[str]
) -> list[Verdict]:
    """One verdict a claim; ``written`` are the claims that some feature has a scenario for."""
    by_claim: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        for claim_id in scenario.claims:
            by_claim.setdefault(claim_id, []).append(scenario)
    return [verdict(claim, by_claim.get(claim.id, []), claim.id in written) for claim in catalogue]


def verdict(claim: Claim, found: list[Scenario], is_written: bool) -> Verdict:  # noqa: FBT001
    if not found and claim.not_here:
        return Verdict(claim, Outcome.ABSENT, claim.not_here, ())
    if not found:
        return Verdict(claim, Outcome.UNKNOWN, NOT_CHOSEN if is_written else NO_SCENARIO, ())
    outcome = worst([scenario.outcome for scenario in found])
    reasons = dict.fromkeys(
        s.reason for s in found if s.outcome in (outcome, Outcome.ABSENT) and s.reason
    )
    return Verdict(claim, outcome, "; ".join(reasons), tuple(found))


def written_claims(features: Path) -> frozenset[str]:
    """Claim ids that the feature files name in their tags."""
    return frozenset(
        f"{article}.{number}"
        for path in features.rglob("*.feature")
        for article, number in TAG.findall(path.read_text())
    )


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
                "lane": verdict.lane,
                "outcome": str(verdict.outcome),
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
    """How many verdicts of each outcome; claims that were not tried count as ``untried``."""
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
