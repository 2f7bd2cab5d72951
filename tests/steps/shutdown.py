"""Workers that are powered off: locks, the order of deaths, and what is seen of it."""

from dataclasses import dataclass

import pytest
from pytest_bdd import given, then, when

from fixtures.faults import Faults
from fixtures.power import Power
from fixtures.recording import Evidence
from fixtures.workloads import Workloads, idle, manifest
from infra.clients import kubelet, shutdowns
from infra.clients.api import JsonObject, need
from infra.clients.logs import Log
from infra.clients.running import RunningPod, must_be_none, stays
from infra.clients.shutdowns import DROP_IN, LOGIND, SHUTTING_DOWN, Mark
from infra.cluster import Cluster
from infra.errors import ClaimError, require
from infra.timing import POD_RUNS, scaled
from infra.wait import eventually
from tests.steps.changed_kubelets import change
from tests.steps.phrases import phrase

ORDINARY = ("ordinary-a", "ordinary-b")
CRITICAL = "critical"
PRIORITY = "system-cluster-critical"
NOTICED = 20
"""Seconds for a kubelet to say that it is shutting down: at once, and a write of its status."""
LATE = "late"


@dataclass(frozen=True)
class Dying:
    """Pods of a worker that will be powered off, and the Pod elsewhere to which they tell it."""

    node: str
    sink: RunningPod

    @property
    def names(self) -> tuple[str, ...]:
        return (*ORDINARY, CRITICAL)

    def marks(self) -> list[Mark]:
        return shutdowns.marks(Log(self.sink).ask().text)

    def found(self) -> dict[str, JsonObject]:
        return {name: self.sink.pods.get(name) for name in self.names}


@pytest.fixture
def limit_before(cluster: Cluster) -> float:
    """Seconds that logind of the first worker allows before anything is changed."""
    return shutdowns.limit(cluster.shell(cluster.spec.workers[0].name))


@given(
    phrase(
        "a worker whose kubelet delays a shutdown by {period:Duration}, {critical:Duration} of "
        "them for critical Pods"
    ),
    target_fixture="changed",
)
def delaying_worker(
    cluster: Cluster, faults: Faults, limit_before: float, period: float, critical: float
) -> str:
    require(limit_before < period, f"logind allows {limit_before:g} s already")
    node = str(cluster.spec.workers[0].name)
    faults.expect(node, DROP_IN, unit=LOGIND)
    change(cluster, faults, node, shutdowns.settings(period, critical))
    kubelet.await_heartbeat(cluster.api, node)
    return node


@given("a worker as it is", target_fixture="changed")
def unchanged_worker(cluster: Cluster) -> str:
    return str(cluster.spec.workers[0].name)


@given("two ordinary Pods and a critical one on it that tell of their end", target_fixture="dying")
def dying_pods(workloads: Workloads, cluster: Cluster, changed: str) -> Dying:
    elsewhere = next(w.name for w in cluster.spec.workers if w.name != changed)
    dying = Dying(changed, workloads.run("sink", node=elsewhere))
    for name in dying.names:
        workloads.pods.create(dying_pod(name, changed, dying.sink.address))
    await_running(dying)
    return dying


@when("the worker is powered off")
def power_off(power: Power, dying: Dying) -> None:
    power.begin(dying.node)
    power.await_off(dying.node)


@when("the worker is powered off, and a Pod is bound to it meanwhile", target_fixture="told")
def power_off_and_bind(cluster: Cluster, power: Power, dying: Dying, workloads: Workloads) -> str:
    """What the node said before it went."""
    power.begin(dying.node)
    told = await_going(cluster, dying.node)
    need(workloads.pods.ask_to_create(idle(LATE, cpu="1m", nodeName=dying.node)))
    await_rejection(workloads)
    power.await_off(dying.node)
    return told


@when("the worker is powered on")
def power_on(power: Power, dying: Dying) -> None:
    power.on(dying.node)


@then(phrase("within {limit:Duration} its kubelet holds a lock that delays a shutdown"))
def holds_lock(cluster: Cluster, changed: str, evidence: Evidence, limit: float) -> None:
    evidence.record("the lock", "text", await_lock(cluster, changed, limit))


@then(phrase("logind allows {period:Duration} where it allowed less, by a file of the kubelet"))
def limit_raised(cluster: Cluster, changed: str, limit_before: float, period: float) -> None:
    shell = cluster.shell(changed)
    now, by_file = shutdowns.limit(shell), shutdowns.raised(shell)
    if not (limit_before < period <= now and by_file):
        word = "there" if by_file else "not there"
        raise ClaimError(f"logind allowed {limit_before:g} s, now {now:g} s; {DROP_IN} is {word}")


@then(phrase('it said that it was shutting down, and rejected that Pod by "{reason:Name}"'))
def said_and_rejected(workloads: Workloads, told: str, reason: str) -> None:
    status = workloads.pods.get(LATE)["status"]
    if SHUTTING_DOWN not in told or status.get("reason") != reason:
        raise ClaimError(f"the node said {told!r}; the Pod bound meanwhile is {status}")


@then("the ordinary Pods ended before the critical one was asked to, each in its own time")
def died_in_order(dying: Dying, evidence: Evidence) -> None:
    marks = dying.marks()
    rows = [(mark.time, mark.pod, mark.what) for mark in marks]
    evidence.table("order of deaths, by the log of the Pod elsewhere", "time, Pod, what", rows)
    wrong = shutdowns.out_of_order(marks, ORDINARY, CRITICAL)
    must_be_none(wrong, "ordinary Pods end first, critical ones last")


@then("the API shows each as ended by the kubelet")
def ended_by_kubelet(dying: Dying, evidence: Evidence) -> None:
    found = dying.found()
    rows = [(name, *shutdowns.ending(pod)) for name, pod in found.items()]
    evidence.table("how they ended", "Pod, phase, reason, DisruptionTarget", rows)
    wrong = shutdowns.not_ended_by_kubelet(found)
    must_be_none(wrong, "Pods have ended, and say that the kubelet did it")


@then("the API shows none as ended by the kubelet")
def none_by_kubelet(dying: Dying) -> None:
    stays(
        lambda: shutdowns.ended_by_kubelet(dying.found()),
        scaled(10),
        "no Pod is ended by the kubelet without a period",
    )


@then(phrase("within {limit:Duration} its node is Unknown"))
def node_unknown(cluster: Cluster, dying: Dying, limit: float) -> None:
    eventually(
        lambda: shutdowns.ready(cluster.api, dying.node),
        lambda seen: seen[0] == "Unknown",
        within=scaled(limit),
        what=f"{dying.node} is Unknown",
    )


@then("its node is ready")
def node_ready(cluster: Cluster, dying: Dying) -> None:
    seen = kubelet.ready(cluster.api, dying.node)
    if seen != "True":
        raise ClaimError(f"{dying.node} should be ready after it was started; Ready is {seen}")


@then("its node is ready, and its kubelet tells when the shutdown began and ended")
def tells_times(cluster: Cluster, dying: Dying, evidence: Evidence) -> None:
    node_ready(cluster, dying)
    began, ended = shutdowns.times(cluster.api, dying.node)
    evidence.record("the shutdown", "figures", {"seconds it took": round(ended - began, 1)})
    if not 0 < began <= ended:
        raise ClaimError(f"the kubelet should tell of its shutdown; it tells {began} and {ended}")


def await_lock(cluster: Cluster, node: str, limit: float = NOTICED) -> str:
    shell = cluster.shell(node)
    return eventually(
        lambda: shutdowns.delays(shell),
        bool,
        within=scaled(limit),
        what=f"the kubelet of {node} holds a lock on its shutdown",
    )


def dying_pod(name: str, node: str, sink: str) -> JsonObject:
    body: JsonObject = manifest("dying")
    body["metadata"]["name"] = name
    (container,) = body["spec"]["containers"]
    container["env"] = [{"name": "NAME", "value": name}, {"name": "SINK", "value": sink}]
    body["spec"]["nodeName"] = node
    if name == CRITICAL:
        body["spec"]["priorityClassName"] = PRIORITY
    return body


def await_running(dying: Dying) -> None:
    eventually(
        lambda: sorted(mark.pod for mark in dying.marks() if mark.what == "running"),
        lambda told: told == sorted(dying.names),
        within=scaled(POD_RUNS),
        what="all three Pods have told that they run",
    )


def await_going(cluster: Cluster, node: str) -> str:
    """What the node says of itself once it is no longer ready."""
    return eventually(
        lambda: shutdowns.ready(cluster.api, node),
        lambda seen: seen[0] != "True",
        within=scaled(NOTICED),
        every=0.3,
        what=f"{node} says that it is shutting down",
    )[1]


def await_rejection(workloads: Workloads) -> None:
    eventually(
        lambda: workloads.pods.get(LATE)["status"].get("phase"),
        lambda phase: phase == "Failed",
        within=scaled(NOTICED),
        every=0.3,
        what="the Pod that was bound meanwhile is rejected",
    )
