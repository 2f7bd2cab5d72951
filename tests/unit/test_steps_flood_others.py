"""Others that wait, are refused or lose their Leases to a flood: every Then goes red."""

from dataclasses import replace
from datetime import timedelta

import pytest

from infra.clients import flood
from infra.clients.asking import Asked
from infra.clients.flood import Outcome
from infra.clients.leases import Lease
from tests.steps import flood_others as steps
from tests.steps.flood_others import Others
from tests.unit.elections_fake import FIRST, TAKEN
from tests.unit.fakes import evidence, goes_red, not_judged
from tests.unit.test_steps_rolling import Over


class Past(Over):
    """Its clock began at nought."""

    _began = 0.0


def others(slow: float = 0.1, wrong: str = "", meanwhile: Lease = FIRST) -> Others:
    seen = Past(Asked(9.0, 9.0 + slow, wrong))
    leases = {"kube-scheduler": FIRST}
    return Others({"admin": seen}, {"admin": 0.02}, leases, 4, {"kube-scheduler": meanwhile})


FLOOD = [Outcome(0.0, 15.0, 201, began=0.0)]


def test_others_that_wait_or_are_refused() -> None:
    steps.others_answered(others(), FLOOD, evidence())
    words = r"at their pace; instead: \('admin', 0.02, 0.99, 0.25, 0\)"
    goes_red(words, steps.others_answered, others(0.99), FLOOD, evidence())
    goes_red("all are answered", steps.others_answered, others(wrong="429"), FLOOD, evidence())
    assert others().bound("admin") == 0.25
    assert replace(others(), quiet={"admin": 0.2}).bound("admin") == pytest.approx(0.6)


def test_only_answers_during_the_flood_are_compared() -> None:
    early = Past(Asked(1.0, 1.01, ""), Asked(9.0, 9.9, ""))
    during = [Outcome(0.0, 2.0, 201, began=8.0)]
    assert steps.times({"admin": early}, flood.window(during)) == {"admin": pytest.approx(0.9)}
    with pytest.raises(ValueError, match="nothing was asked"):
        steps.times({"admin": early}, (20, 30))


def test_leases_that_are_lost_or_not_renewed() -> None:
    words = "was renewed by its holder during the flood; instead: kube-scheduler"
    goes_red(words, steps.leases_renewed, others(), FLOOD)
    goes_red(
        "controller-0_.* became controller-1_", steps.leases_renewed, others(meanwhile=TAKEN), FLOOD
    )
    later = replace(FIRST, renewed=FIRST.renewed + timedelta(seconds=2))
    steps.leases_renewed(others(meanwhile=later), FLOOD)
    short = [Outcome(0.0, 5.0, 201)]
    not_judged("the flood lasted 5 s", steps.leases_renewed, others(meanwhile=later), short)
