"""A cluster that is upgraded under clients: every Then-step goes red, as one understands."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.clients.controlplane.lease_holders import Restarts
from infra.clients.lifecycle import version_skew
from infra.clients.lifecycle.availability_probe import Asked
from infra.clients.lifecycle.version_skew import Versions
from infra.lifecycle.upgrade import cluster_upgrade
from infra.lifecycle.upgrade.cluster_upgrade import BEGINS, DONE, Upgraded
from infra.lifecycle.upgrade.steps import Kind, Step
from infra.report.evidence_kinds.spans import is_spans
from suite.lifecycle.upgrade_journal import Journal, Look
from tests.steps.lifecycle import drain_deployment
from tests.steps.lifecycle import upgrade as steps
from tests.steps.lifecycle.rolling_restart import Watched
from tests.unit.fakes import (  # fmt: skip
    FakeApi,
    NoEvidence,
    evidence,
    goes_red,
    no_time_passes,
    not_judged,
)
from tests.unit.steps.lifecycle.test_rolling_restart import Kept, Made, Over, bad, good

OLD, NEW = "v1.36.5", "v1.37.2"
CONTROLLERS = [f"controller-{n}" for n in range(3)]
CLUSTER: Any = SimpleNamespace(spec=SimpleNamespace(kubernetes=OLD))


def versions(**changed: dict[str, str]) -> Versions:
    """All of the old version but for what is changed, by component."""
    plain = {
        version_skew.API: dict.fromkeys(CONTROLLERS, OLD),
        **{name: dict.fromkeys(CONTROLLERS, OLD) for name in version_skew.MANAGERS},
        **{name: {"worker-0": OLD} for name in version_skew.NODES},
        version_skew.CLIENT: {"here": OLD},
    }
    return plain | {name.replace("_", " "): found for name, found in changed.items()}


def all_new() -> Versions:
    return {
        name: dict.fromkeys(by, OLD if name == version_skew.CLIENT else NEW)
        for name, by in versions().items()
    }


def journal(*looks: Versions, new: str = NEW) -> Journal:
    made = Journal(versions, new=new)
    step = Step(Kind.API_SERVER, "controller-0", NEW)
    made.looks += [Look(step, 20.0, 40.0, look) for look in looks]
    return made


def one_new() -> Versions:
    return {
        **versions(),
        version_skew.API: {**dict.fromkeys(CONTROLLERS, OLD), "controller-0": NEW},
    }


def test_a_rule_that_is_broken_after_a_step() -> None:
    step = steps.skew_at_each_step
    step(CLUSTER, journal(one_new(), all_new()), evidence())
    early = versions(kubelet={"worker-0": NEW})
    says = "after API server of controller-0 to v1.37.2: kubelet of worker-0 .* is newer than an"
    goes_red(says, step, CLUSTER, journal(early, all_new()), evidence())
    before = {**versions(), version_skew.MANAGERS[1]: {"controller-2": NEW}}
    goes_red("scheduler of controller-2", step, CLUSTER, journal(before, all_new()), evidence())


def test_a_component_that_was_forgotten() -> None:
    left = {**all_new(), "kube-proxy": {"worker-0": OLD}}
    says = "from v1.36.5 to v1.37.2 in the supported order; instead: kube-proxy of worker-0 reports"
    goes_red(says, steps.skew_at_each_step, CLUSTER, journal(left), evidence())


def test_an_upgrade_of_nothing_shows_nothing() -> None:
    not_judged("had no step", steps.skew_at_each_step, CLUSTER, journal(), evidence())


class Answering(Made):
    """A writer that has ended; ``asked`` is what it saw."""

    def __init__(self, *asked: Asked) -> None:
        super().__init__("a")
        self.asking = Over(*asked)


def outages(
    *,
    reader: list[Asked],
    writer: list[Asked] | None = None,
    service: list[Asked] | None = None,
    direct: list[Asked] | None = None,
) -> tuple[Any, ...]:
    """What the step is called with, but for its bound."""
    fine = [good(at) for at in range(60)]
    service_clients: Any = SimpleNamespace(
        close=lambda: None,
        clients={"client of the Service on worker-1": Over(*(service or fine))},
    )
    watches = Watched(Answering(*(writer or fine)), (Kept("a"),))
    seen = journal(all_new())
    seen.restarts = Restarts({"controller-0": 20.0}, {"controller-0": 40.0})
    others: Any = {"controller-1": Over(*(direct or fine))}
    return Over(*reader), watches, service_clients, others, seen, evidence()


FINE = [good(at) for at in range(60)]
AWAY = [bad(at) if 20 <= at <= 32 else good(at) for at in range(60)]


def judge(given: tuple[Any, ...]) -> None:
    step: Any = steps.no_outages
    step(*given, 9)


def test_clients_without_an_outage() -> None:
    judge(outages(reader=[*FINE[:20], bad(20), bad(23), *FINE[24:]]))


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("reader", "no outage over 9 s; instead: reader: 14.0 s of failures .refused."),
        ("writer", "instead: writer: 1"),
        ("service", "instead: client of the Service on worker-1: 1"),
    ],
)
def test_each_client_may_have_one(who: str, says: str) -> None:
    given = {"reader": FINE, who: AWAY}
    goes_red(says, judge, outages(**given))


def test_what_clients_missed_is_drawn_beside_the_steps() -> None:
    given = outages(reader=[*FINE[:22], bad(22), bad(25), *FINE[26:50], bad(50), *FINE[51:]])
    judge(given)
    tables = {name: data for name, _, data in cast("NoEvidence", given[-1]).recorded}
    timeline = tables["the upgrade and what clients missed"]
    assert is_spans(timeline)
    assert timeline["rows"] == [
        ["API server of controller-0 to v1.37.2", 0.0, 20.0],
        ["reader: failures", 2.0, 5.1],
        ["reader: failures", 30.0, 30.1],
    ]


def test_what_the_computer_lost_is_not_judged() -> None:
    gap = [good(at) for at in range(60) if not 19 < at < 34]
    args = outages(reader=AWAY, direct=gap)
    not_judged("outside load, not the upgrade: .*reader", judge, args)


def test_the_journal_hears_when_api_servers_were_away() -> None:
    now = iter([10.0, 55.0, 60.0, 70.0])
    clock: Any = SimpleNamespace(now=lambda: next(now))
    made = Journal(versions, clock=clock)
    server, member = Step(Kind.API_SERVER, "controller-1", NEW), Step(Kind.ETCD, "controller-0", "")
    for step in (server, member):
        made.hear(step, BEGINS)
        made.hear(step, DONE)
    assert made.restarts == Restarts({"controller-1": 10.0}, {"controller-1": 55.0})
    lost = [("reader: failures", (12.0, 13.5))]
    assert made.timeline(lost) == [
        (str(server), 0.0, 45.0), (str(member), 50.0, 60.0), ("reader: failures", 2.0, 3.5),
    ]  # fmt: skip


def test_the_next_minor_is_what_the_cluster_is_upgraded_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def upgrade(_settings: Any, to: str, _progress: Any, _listener: Any) -> Upgraded:
        asked.append(to)
        return Upgraded(OLD, NEW)

    monkeypatch.setattr(cluster_upgrade, "upgrade", upgrade)
    kubectl: Any = SimpleNamespace(version=lambda: OLD)
    nothing: Any = None
    assert steps.upgrade(CLUSTER, nothing, kubectl).new == NEW
    assert asked == ["1.37"]


def test_the_deployment_serves_before_anything_is_upgraded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_time_passes(monkeypatch)
    home = "/api/v1/namespaces/ns"
    pods = [
        {
            "metadata": {"uid": name, "name": name},
            "spec": {"nodeName": "worker-0"},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        }
        for name in "ab"
    ]
    budgets = "/apis/policy/v1/namespaces/ns/poddisruptionbudgets"
    counted = {"status": {"observedGeneration": 1, "expectedPods": 2}}
    api = FakeApi({
        "/apis/apps/v1/namespaces/ns/deployments": {},
        f"{home}/pods": {"items": pods},
        budgets: {},
        f"{budgets}/budget": counted,
        f"{home}/services": {"spec": {"clusterIP": "10.32.0.9"}},
    })  # fmt: skip
    begun: list[str] = []
    service_clients: Any = SimpleNamespace(begin=lambda _, address: begun.append(address))
    workloads: Any = SimpleNamespace(pods=SimpleNamespace(api=api), namespace="ns")
    drill = steps.deployment_that_serves(workloads, service_clients, 1)
    assert begun == ["10.32.0.9"]
    (budget,) = [body for method, path, body in api.asked if (method, path) == ("POST", budgets)]
    assert budget["spec"]["minAvailable"] == 1
    drain_deployment.never_fewer(drill, evidence(), 1)
    drill.rows.append((7.0, 0, 2))
    goes_red("0 at 7.0 s", drain_deployment.never_fewer, drill, evidence(), 1)
