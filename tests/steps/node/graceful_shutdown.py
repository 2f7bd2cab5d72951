"""Workers that are powered off: locks, the order of deaths, and what is seen of it."""

from dataclasses import dataclass, field

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.faults import Faults
from fixtures.worlds.node.graceful_shutdown import Power
from fixtures.worlds.workloads.pods import Workloads, idle, manifest
from infra.clients.node import kubelet
from infra.cluster import Cluster
from infra.errors import ClaimError, claimed
from infra.kube_api import JsonObject, need
from infra.timing import POD_RUNS, scaled
from infra.wait import eventually
from suite.expect import must_be_none, stays
from suite.instrumentation.container_logs import Log
from suite.node import graceful_shutdown
from suite.node.graceful_shutdown import DROP_IN, LOGIND, SHUTTING_DOWN, Mark
from suite.workloads.pod_under_test import RunningPod
from suite.workloads.pods import PodIdentity
from tests.steps.node.kubelet_config_change import change
from tests.steps.phrases import phrase
from tests.steps.workloads.pods import identities_on

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
    others: dict[str, PodIdentity] = field(default_factory=dict)
    """What ran beside that Pod before."""

    @property
    def names(self) -> tuple[str, ...]:
        return (*ORDINARY, CRITICAL)

    def marks(self) -> list[Mark]:
        return graceful_shutdown.marks(Log(self.sink).ask().text)

    def found(self) -> dict[str, JsonObject]:
        return {name: self.sink.pods.get(name) for name in self.names}


@given(
    phrase(
        "{worker:SomeWorker} whose kubelet delays a shutdown by {period:Duration}, "
        "{critical:Duration} of them for critical Pods"
    ),
    target_fixture="changed",
)
def delaying_worker(
    cluster: Cluster, faults: Faults, worker: str, period: float, critical: float
) -> str:
    """Also where logind allows that already: then the kubelet has no limit to raise."""
    node = worker or str(cluster.spec.workers[0].name)
    delay_shutdown(cluster, faults, node, graceful_shutdown.settings(period, critical))
    kubelet.await_heartbeat(cluster.api, node)
    return node


@given(phrase("{worker:Worker} with unchanged kubelet settings"), target_fixture="changed")
def unchanged_worker(worker: str) -> str:
    return worker


@given(
    "two regular Pods and one critical Pod on the worker that log their termination",
    target_fixture="dying",
)
def dying_pods(workloads: Workloads, cluster: Cluster, changed: str) -> Dying:
    elsewhere = str(cluster.spec.other_worker(changed).name)
    sink = workloads.run("sink", node=elsewhere)
    dying = Dying(changed, sink, identities_on(cluster, elsewhere))
    for name in dying.names:
        workloads.pods.create(dying_pod(name, changed, dying.sink.address))
    await_running(dying)
    return dying


@when("the worker is powered off")
def power_off(power: Power, dying: Dying) -> None:
    power.begin(dying.node)
    power.await_off(dying.node)


@when(
    "the worker is powered off, and a late Pod is bound to the worker",
    target_fixture="shutdown_message",
)
def power_off_and_bind(cluster: Cluster, power: Power, dying: Dying, workloads: Workloads) -> str:
    """What the node said before it went."""
    power.begin(dying.node)
    with claimed():
        told = await_going(cluster, dying.node)
        bind_late(workloads, dying.node)
        await_rejection(workloads)
    power.await_off(dying.node)
    return told


@when("the worker is powered on")
def power_on(power: Power, dying: Dying) -> None:
    power.on(dying.node)


@then(
    phrase(
        "the worker's node reported its shutdown, and the late Pod is rejected with reason "
        '"{reason:Name}"'
    )
)
def said_and_rejected(workloads: Workloads, shutdown_message: str, reason: str) -> None:
    must_be_rejected(workloads, reason)
    if SHUTTING_DOWN not in shutdown_message:
        raise ClaimError(
            f"the node should say that it is {SHUTTING_DOWN}; it said {shutdown_message!r}"
        )


@then("the regular Pods ended before SIGTERM to the critical Pod, each within its own grace period")
def died_in_order(dying: Dying, evidence: Evidence) -> None:
    marks = dying.marks()
    rows = [(mark.time, mark.pod, mark.what) for mark in marks]
    evidence.table("order of deaths, by the log of the Pod elsewhere", "time, Pod, what", rows)
    wrong = graceful_shutdown.out_of_order(marks, ORDINARY, CRITICAL)
    must_be_none(wrong, "ordinary Pods end first, critical ones last")


@then(
    "each Pod on the worker was terminated by the kubelet, and no Pod on the other "
    "worker has changed"
)
def ended_by_kubelet(cluster: Cluster, dying: Dying, evidence: Evidence) -> None:
    found = dying.found()
    rows = [(name, *graceful_shutdown.ending(pod)) for name, pod in found.items()]
    evidence.table("how they ended", "Pod, phase, reason, DisruptionTarget", rows)
    wrong = graceful_shutdown.not_ended_by_kubelet(found)
    must_be_none(wrong, "Pods have ended, and say that the kubelet did it")
    must_be_none(others_changed(cluster, dying), "Pods of the other worker go on")


@then(phrase("for {lasting:Duration} no Pod on the worker is terminated by the kubelet"))
def none_by_kubelet(dying: Dying, lasting: float) -> None:
    stays(
        lambda: graceful_shutdown.ended_by_kubelet(dying.found()),
        lasting,
        "no Pod is ended by the kubelet without a period",
    )


def others_changed(cluster: Cluster, dying: Dying) -> list[str]:
    """Pods of the other worker that are not what they were; more may have come."""
    now = identities_on(cluster, dying.sink.node)
    changed = [name for name, one in dying.others.items() if one != now.get(name)]
    return [f"{name}: {dying.others[name]} became {now.get(name)}" for name in changed]


def delay_shutdown(cluster: Cluster, faults: Faults, node: str, settings: dict[str, str]) -> None:
    """A kubelet with these settings; what it writes for logind goes again with them."""
    faults.expect(node, DROP_IN, unit=LOGIND)
    change(cluster, faults, node, settings)


def bind_late(workloads: Workloads, node: str) -> None:
    need(workloads.pods.ask_to_create(idle(LATE, cpu="1m", nodeName=node)))


def await_lock(cluster: Cluster, node: str) -> None:
    shell = cluster.shell(node)
    eventually(
        lambda: graceful_shutdown.lock_or_why(shell),
        lambda seen: bool(seen[0]),
        within=scaled(NOTICED),
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
        lambda: graceful_shutdown.ready(cluster.api, node),
        lambda seen: seen[0] != "True",
        within=scaled(NOTICED),
        every=0.3,
        what=f"{node} says that it is shutting down",
    )[1]


def must_be_rejected(workloads: Workloads, reason: str) -> None:
    status = workloads.pods.get(LATE)["status"]
    if status.get("reason") != reason:
        raise ClaimError(f"the Pod that came late should be rejected by {reason}; it is {status}")


def await_rejection(workloads: Workloads) -> None:
    eventually(
        lambda: workloads.pods.get(LATE)["status"].get("phase"),
        lambda phase: phase == "Failed",
        within=scaled(NOTICED),
        every=0.3,
        what="the Pod that was bound meanwhile is rejected",
    )
