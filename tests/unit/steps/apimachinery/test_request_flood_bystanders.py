"""Others that wait, are refused or lose their Leases to a flood: every Then goes red."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from infra.clients.controlplane.leases import Lease
from infra.clients.lifecycle.availability_probe import Asked
from infra.cluster import Cluster
from infra.inventory import series
from suite.apimachinery import request_flood
from suite.apimachinery.request_flood import Outcome
from suite.auth.service_accounts import TokenAccount
from tests.steps.apimachinery import request_flood_bystanders as steps
from tests.steps.apimachinery.request_flood_bystanders import Others
from tests.unit.elections_fake import FIRST, TAKEN
from tests.unit.fakes import evidence, goes_red, not_judged
from tests.unit.steps.lifecycle.test_rolling_restart import Over


class Past(Over):
    """Its clock began at nought."""

    _began = 0.0


def others(
    slow: float = 0.1,
    wrong: str = "",
    meanwhile: Lease = FIRST,
    spared: float = 0.03,
    beside: str = "",
) -> Others:
    """``spared`` is how long an answer takes at the API server that nobody floods."""
    seen, there = Past(Asked(9.0, 9.0 + slow, wrong)), Past(Asked(9.0, 9.0 + spared, beside))
    before, now = {"kube-scheduler": FIRST}, {"kube-scheduler": meanwhile}
    return Others({"admin": seen}, {"admin": there}, {"admin": 0.02}, before, 4, now)


FLOOD = [Outcome(0.0, 15.0, 201, began=0.0)]


def test_others_that_wait_or_are_refused() -> None:
    steps.others_answered(others(), FLOOD, evidence())
    words = r"at their pace; instead: admin waited 0.99 s \(0.02 s before, 0.25 s allowed, "
    goes_red(words, steps.others_answered, others(0.99), FLOOD, evidence())
    goes_red("all are answered", steps.others_answered, others(wrong="429"), FLOOD, evidence())
    assert others().bound("admin") == 0.25
    assert replace(others(), quiet={"admin": 0.2}).bound("admin") == pytest.approx(0.6)
    assert replace(others(), quiet={"admin": 9.0}).bound("admin") == pytest.approx(0.75)


def test_others_that_are_late_at_the_spared_server_too() -> None:
    """The machine had other work: nothing is said of the flood, and nothing is green."""
    words = r"outside load, not the flood: the load of this computer is [\d.]+ on \d+ CPUs; admin"
    not_judged(words, steps.others_answered, others(0.505, spared=0.5), FLOOD, evidence())
    not_judged(
        "0.2 s at a server that nobody floods",
        steps.others_answered,
        others(0.505, spared=0.2),
        FLOOD,
        evidence(),
    )
    words = r"waited 0.99 s .*0.25 s allowed, 0.24 s at"
    goes_red(words, steps.others_answered, others(0.99, spared=0.24), FLOOD, evidence())
    words = r"outside load, not the flood: .*0.3 s at"
    not_judged(words, steps.others_answered, others(0.99, spared=0.3), FLOOD, evidence())
    refused = others(0.505, "429", spared=0.5)
    goes_red("1 failed", steps.others_answered, refused, FLOOD, evidence())
    steps.others_answered(others(0.1, spared=0.9), FLOOD, evidence())
    both = others(0.1, "timed out", beside="timed out")
    not_judged(r"1 failed \(1 there\)", steps.others_answered, both, FLOOD, evidence())


class Told:
    """Who asks which API server, for what, and at what pace."""

    def __init__(self, ask: Any, *, a_second: float) -> None:
        api, self.path = ask.args
        self.base, self.pace, self.closed = api.base, a_second, False

    def open(self) -> "Told":
        return self

    def close(self) -> None:
        self.closed = True


def test_the_same_clients_ask_a_server_that_nobody_floods(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(steps, "Asking", Told)
    live = Cluster(series("t", kubernetes="v1.36.1", platform="local"), tmp_path, cast("Any", None))
    account = TokenAccount("ns", "other", "t")
    flooded, spared = (live.api_of(m.name) for m in live.spec.controllers[:2])
    with ExitStack() as stack:
        at, beside = (
            cast(
                "dict[str, Told]",
                steps.go_on(stack, steps.bystanding(live, account, server, "/p"), 4),
            )
            for server in (flooded, spared)
        )
    assert {name: (one.path, one.pace) for name, one in at.items()} == {
        name: (one.path, one.pace) for name, one in beside.items()
    }
    assert {one.base for one in at.values()} == {flooded.base} != {spared.base}
    assert {one.base for one in beside.values()} == {spared.base}
    assert all(one.closed for one in (*at.values(), *beside.values()))


def test_only_answers_during_the_flood_are_compared() -> None:
    early = Past(Asked(1.0, 1.01, ""), Asked(9.0, 9.9, ""))
    during = [Outcome(0.0, 2.0, 201, began=8.0)]
    assert steps.times({"admin": early}, request_flood.window(during)) == {
        "admin": pytest.approx(0.9)
    }
    with pytest.raises(ValueError, match="nothing was asked"):
        steps.times({"admin": early}, (20, 30))


def test_leases_that_are_lost_or_not_renewed() -> None:
    words = "was renewed by its holder during the flood; instead: kube-scheduler"
    goes_red(words, steps.leases_renewed, others(), FLOOD)
    goes_red(
        "controller-0_.* became controller-1_", steps.leases_renewed, others(meanwhile=TAKEN), FLOOD
    )
    renewed: Any = FIRST.renewed
    later = replace(FIRST, renewed=renewed + timedelta(seconds=2))
    steps.leases_renewed(others(meanwhile=later), FLOOD)
    short = [Outcome(0.0, 5.0, 201)]
    not_judged("the flood lasted 5 s", steps.leases_renewed, others(meanwhile=later), short)
