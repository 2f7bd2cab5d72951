"""Phases say what they wait for, what they open and what follows their units; the engine obeys."""

import ast
import inspect
from typing import Any

import pytest

from infra.build.phase import Finished, Gate, Phase
from infra.desired.facts import Facts
from infra.errors import NotJudged, PhaseFailed
from infra.inventory import Role, series, with_another_worker
from infra.lifecycle import build_runner
from infra.lifecycle.build_runner import Build, Gates, all_open, phases_of
from infra.phases import BUILD, api_server, controllers
from infra.progress import Progress
from tests.unit.fakes import FakeShell

SPEC = with_another_worker(series("unit", kubernetes="v1.36.1", platform="local"))


def names(machine: str) -> list[str]:
    return [phase.name for phase in phases_of(SPEC.machine(machine))]


def test_kubelet_and_kube_proxy_come_after_what_needs_no_api() -> None:
    assert names("worker-0")[-3:] == ["pod-network", "kubelet", "kube-proxy"]
    assert names("worker-2") == names("worker-0")


def test_api_servers_stay_at_their_place_though_all_but_one_wait() -> None:
    for controller in SPEC.controllers:
        mine = names(controller.name)
        assert mine.index("api-server") + 1 == mine.index(controllers.PHASE.name)


def test_each_machine_waits_for_what_it_needs_of_others() -> None:
    waits = {
        (str(machine.name), phase.name): gate
        for machine in SPEC.machines
        for phase in phases_of(machine)
        if (gate := phase.waits_for(SPEC, machine))
    }
    assert waits == {
        ("controller-1", "api-server"): Gate.FIRST_API,
        ("controller-2", "api-server"): Gate.NODES_READY,
        ("worker-0", "kubelet"): Gate.FIRST_API,
        ("worker-0", "kube-proxy"): Gate.FIRST_API,
        ("worker-1", "kubelet"): Gate.FIRST_API,
        ("worker-1", "kube-proxy"): Gate.FIRST_API,
        ("worker-2", "kubelet"): Gate.FIRST_API,
        ("worker-2", "kube-proxy"): Gate.FIRST_API,
    }


def test_the_first_api_server_alone_opens_the_gate_of_the_others() -> None:
    opened = [
        (machine.name, phase.name, gate)
        for machine in SPEC.machines
        for phase in phases_of(machine)
        if (gate := phase.opened_by(SPEC, machine))
    ]
    assert opened == [("controller-0", "api-server", Gate.FIRST_API)]


def test_phases_with_work_after_their_units_are_these() -> None:
    plain = Phase(1, "x", "x", (), api_server.desired).afterwards
    assert [p.name for p in BUILD if p.afterwards is not plain] == ["etcd", "api-server", "runtime"]


def test_the_engine_knows_no_article() -> None:
    tree = ast.parse(inspect.getsource(build_runner))
    asked = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == "article"]
    assert not asked


class Live:
    """A cluster whose machines answer nothing; phases here have no things."""

    spec = SPEC
    material = None

    def shell(self, name: str) -> FakeShell:
        return FakeShell(name, {})


def build(monkeypatch: pytest.MonkeyPatch, *phases: Phase, gates: Gates | None = None) -> Build:
    monkeypatch.setattr(build_runner, "BUILD", phases)
    monkeypatch.setattr(Build, "first_look", lambda *_: Facts())
    live: Any = Live()
    supplies: Any = build_runner.Supplies()
    return Build(live, supplies, Progress(), gates=gates or Gates())


def phase(name: str, **how: Any) -> Phase:
    return Phase(1, name, name, (Role.CONTROLLER,), lambda *_: iter(()), **how)


def test_a_gate_opens_once_what_follows_the_units_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    gates, seen = Gates(), []

    def afterwards(*_: Any) -> Finished:
        seen.append(gates.futures[Gate.FIRST_API].done())
        return Finished(kept=2, changed=1, message="done")

    first = phase("api", opens=Gate.FIRST_API, afterwards=afterwards)
    run = build(monkeypatch, first, gates=gates)
    run.machine(SPEC.controllers[0])
    assert seen == [False]
    gates.wait(Gate.FIRST_API)
    assert (run.tally.kept, run.tally.changed) == (2, 1)


def test_a_failure_ends_the_waits_of_others_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def afterwards(*_: Any) -> Finished:
        raise NotJudged("no readyz")

    first = phase("api", needs=(None, Gate.FIRST_API), afterwards=afterwards)
    run = build(monkeypatch, first)
    for machine in SPEC.controllers[:2]:  # the second waits for the first
        with pytest.raises(PhaseFailed, match=r"1 api .*controller-0.* no readyz"):
            run.machine(machine)


def test_a_machine_more_waits_for_nothing() -> None:
    gates = all_open()
    for gate in Gate:
        gates.wait(gate)
