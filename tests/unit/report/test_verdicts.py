"""From errors to outcomes, from outcomes to verdicts, and who took over a lease."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra import claims, observed_places
from infra.errors import ClaimError, NotJudged, NotPrepared, WaitTimeout, claimed
from infra.feature_claims import Written, written
from infra.report import html, verdicts
from infra.report.evidence_kinds import lease_history
from infra.report.model import Step, judged
from infra.report.outcomes import Outcome, worst
from tests.unit.report.sample_feature import FEATURE
from tests.unit.report.sample_run import LEASE, circumstances, sample, scenario


def test_one_cause_of_many_is_told_once() -> None:
    many = [scenario("61.1", f"s{n}", outcome=Outcome.UNKNOWN, reason="gone") for n in range(9)]
    false = scenario("61.2", "t", outcome=Outcome.FALSE, reason="no")
    assert html.causes([*many, false]) == [
        (Outcome.FALSE, "no", [false]),
        (Outcome.UNKNOWN, "gone", many),
    ]


@pytest.mark.parametrize(
    ("error", "in_step", "outcome"),
    [
        (ClaimError("x"), "then", Outcome.FALSE),
        (AssertionError("x"), "then", Outcome.FALSE),
        (WaitTimeout("x"), "then", Outcome.FALSE),
        (NotJudged("x"), "then", Outcome.UNKNOWN),
        (NotPrepared("x"), "then", Outcome.UNKNOWN),
        (KeyError("x"), "then", Outcome.UNKNOWN),
        (AssertionError("x"), "given", Outcome.UNKNOWN),
        (AssertionError("x"), "when", Outcome.UNKNOWN),
        (WaitTimeout("x"), "when", Outcome.UNKNOWN),
        (ClaimError("x"), "when", Outcome.FALSE),
        (ClaimError("x"), "given", Outcome.FALSE),
        (ClaimError("x"), "", Outcome.UNKNOWN),  # in a fixture, or after the steps
        (AssertionError("x"), "", Outcome.UNKNOWN),
    ],
)
def test_what_an_error_says_about_a_claim(error: Exception, in_step: str, outcome: Outcome) -> None:
    assert judged(error, in_step=in_step) is outcome


def test_a_wait_of_a_when_can_be_the_claim() -> None:
    with pytest.raises(ClaimError, match="it did not come") as caught, claimed():
        raise WaitTimeout("it did not come")
    assert judged(caught.value, in_step="when") is Outcome.FALSE


def test_the_worst_outcome_wins_and_absence_only_alone() -> None:
    holds, false, unknown, absent = Outcome
    assert worst([holds, unknown, false]) is false
    assert worst([holds, unknown, absent]) is unknown
    assert worst([holds, absent]) is holds
    assert worst([absent, absent]) is absent


def test_a_lease_nobody_took_over_has_no_time() -> None:
    assert lease_history.takeover({**LEASE, "samples": LEASE["samples"][:20]}) is None
    assert lease_history.takeover({**LEASE, "marks": [{"t": 6, "text": "looked"}]}) is None


def test_a_change_of_holder_before_the_fault_is_no_takeover() -> None:
    samples = [{"t": t, "holder": f"controller-{t // 10}", "transitions": t} for t in range(30)]
    history = {"lease": "x", "samples": samples, "marks": [{"t": 15, "text": "frozen"}]}
    assert lease_history.takeover(history) == lease_history.Takeover(
        15, 20, "controller-1", "controller-2"
    )
    assert lease_history.takeover({**history, "marks": [{"t": 25, "text": "frozen"}]}) is None


def test_counts_tell_untried_from_unjudged() -> None:
    found = verdicts.verdicts(claims.load(), circumstances(), sample(), {})
    assert verdicts.counts(found)["untried"] == len(claims.load()) - 13
    assert verdicts.counts(found)["not judged"] == 1


def judged_on(
    *seen: str, where: observed_places.Where = "each worker", of: int = 1
) -> verdicts.Verdict:
    claim = replace(claims.load()[0], where=where)
    step = Step("Then", "it is so", kind="then", places=list(seen))
    found = [scenario(claim.id, "s", steps=[Step("When", "x", kind="when", places=ALL), step])]
    return verdicts.verdict(claim, circumstances(), found, Written(of, "parallel"))


ALL = ["worker-0", "worker-1", "API server of controller-0"]


def test_a_claim_judged_on_fewer_than_it_says_is_not_judged() -> None:
    short = judged_on("worker-0", "controller-1")
    assert short.outcome is Outcome.UNKNOWN
    assert short.reason == (
        "judged on controller-1, worker-0 only, not on worker-1; it must be on each worker"
    )
    assert short.fell_short
    assert judged_on().reason.startswith("judged on no machine only, not on worker-0, worker-1")
    assert judged_on("worker-0", "worker-1").outcome is Outcome.HOLDS
    assert judged_on("worker-0", where="any").outcome is Outcome.HOLDS
    assert judged_on("API server of controller-0", where="each API server").fell_short


def test_places_of_several_scenarios_are_taken_together() -> None:
    claim = replace(claims.load()[0], where="each worker")
    found = [
        scenario(claim.id, name, steps=[Step("Then", "x", kind="then", places=[name])])
        for name in ("worker-0", "worker-1")
    ]
    whole = verdicts.verdict(claim, circumstances(), found, Written(2, "parallel"))
    assert (whole.outcome, whole.places) == (Outcome.HOLDS, ["worker-0", "worker-1"])
    assert not whole.partial


def test_what_ended_a_run_is_told_before_what_was_not_reached() -> None:
    claim = next(one for one in claims.load() if one.id == "63.1")
    never = scenario("63.1", "a", outcome=Outcome.UNKNOWN, reason="the run ended", started=0.0)
    ended = scenario("63.1", "b", outcome=Outcome.UNKNOWN, reason="an image is missing")
    judged = verdicts.verdict(claim, circumstances(), [never, ended], Written(2, "parallel"))
    assert judged.reason == "an image is missing; the run ended"


def test_a_claim_of_which_only_some_scenarios_ran_says_so() -> None:
    part = judged_on("worker-0", of=2)
    assert part.outcome is Outcome.HOLDS
    assert part.partial
    assert part.words == "holds, 1 of 2 scenarios"
    assert not judged_on("worker-0", "worker-1").partial


def test_a_scenario_that_is_not_applicable_leaves_the_claim_in_part() -> None:
    claim = claims.load()[0]
    found = [scenario(claim.id, "s"), scenario(claim.id, "t", outcome=Outcome.ABSENT, reason="no")]
    part = verdicts.verdict(claim, circumstances(), found, Written(2, "parallel"))
    assert (part.words, part.reason) == ("holds, 1 of 2 scenarios", "t: no")


def test_a_claim_of_which_nothing_is_applicable_says_why() -> None:
    claim = claims.load()[0]
    found = [scenario(claim.id, n, outcome=Outcome.ABSENT, reason="new in 1.37") for n in "st"]
    judged = verdicts.verdict(claim, circumstances(), found, Written(0, ""))
    assert (judged.outcome, judged.reason) == (Outcome.ABSENT, "new in 1.37")


def test_what_the_features_have_for_a_claim(tmp_path: Path) -> None:
    (tmp_path / "x.feature").write_text(FEATURE)
    assert written(tmp_path, "v1.36.5") == {
        "63.4": Written(2, "disruptive"),
        "69.1": Written(1, "parallel"),
    }


def test_scenarios_of_other_versions_are_no_part_of_a_claim(tmp_path: Path) -> None:
    newer = FEATURE.replace("@claim_69_1", "@claim_69_1 @since_1_37")
    (tmp_path / "x.feature").write_text(newer)
    assert "69.1" not in written(tmp_path, "v1.36.5")
    assert "69.1" in written(tmp_path, "v1.37.2")
