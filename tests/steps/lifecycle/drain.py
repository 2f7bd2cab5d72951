"""Workers cordoned, drained and brought back."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.lifecycle.drain import FLAGS, Maintenance
from fixtures.worlds.workloads.pods import Workloads
from infra.clients.lifecycle import node_membership
from infra.clients.transport.kubectl import ENDS, Kubectl, Running
from infra.clients.workloads.pod_status import condition
from infra.cluster import Cluster
from infra.errors import ClaimError, claimed, require
from infra.kube_api import JsonObject
from infra.timing import scaled
from infra.wait import consistently, eventually
from suite.expect import must_be_none
from suite.lifecycle import drain as drains
from suite.lifecycle.drain import Drill
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import one_of, phrase, typed

KINDS = {"an unmanaged Pod": "resizable", "a Pod with scratch space": "scratch"}
"""Manifests of the Pods that a drain may lose, by what features call them."""
LOSSY = one_of((*KINDS, "a Pod of a DaemonSet"))
UNCORDONED = "the uncordoned"
WITHOUT = typed(r'(?: without "[a-z-]+")?', lambda text: text.partition('"')[2].rstrip('"'))
"""A flag of kubectl drain, or none."""


@dataclass(frozen=True)
class Emptied:
    """A worker's Pods before its drain, and the drain; ``look`` is called while it goes on."""

    node: str
    before: dict[str, JsonObject]
    drain: Running
    look: Callable[[], object] = lambda: None


@given(phrase("{kind:Lossy} on a worker", Lossy=LOSSY), target_fixture="pod")
def lossy_pod(workloads: Workloads, kind: str) -> RunningPod:
    """One that a drain may lose."""
    if kind in KINDS:
        return workloads.run(KINDS[kind])
    return workloads.running(workloads.run_daemons("daemon")[0]["metadata"]["name"])


@given("a client that follows the Pod's log", target_fixture="followed")
def follow_log(kubectl: Kubectl, pod: RunningPod) -> Running:
    return kubectl.begin("logs", "--follow", "--namespace", pod.pods.namespace, pod.name)


@when("the Pod's worker is cordoned")
def cordon(maintenance: Maintenance, pod: RunningPod) -> None:
    told = maintenance.cordon(pod.node)
    require(told.status == 0, f"kubectl cordon failed: {told.text}")


@when("the worker of a Deployment's Pod is drained", target_fixture="emptied")
def drain_drilled(cluster: Cluster, maintenance: Maintenance, drill: Drill) -> Emptied:
    drill.begin(time.monotonic())
    return drain(cluster, maintenance, drill.node, look=lambda: drill.look(time.monotonic()))


@when(
    phrase("the Pod's worker is drained{without:Without}", Without=WITHOUT),
    target_fixture="emptied",
)
def drain_of_pod(
    cluster: Cluster, maintenance: Maintenance, pod: RunningPod, without: str
) -> Emptied:
    flags = [one for one in FLAGS if one != without]
    return drain(cluster, maintenance, pod.node, flags=flags)


@then(
    phrase(
        "within {limit:Duration} the worker's node is unschedulable and has the unschedulable taint"
    )
)
def is_unschedulable(cluster: Cluster, maintenance: Maintenance, limit: float) -> None:
    (node,) = maintenance.touched
    eventually(
        lambda: drains.unschedulable(cluster.api, node),
        lambda seen: seen == (True, True),
        within=scaled(limit),
        what=f"{node} is marked unschedulable and has the taint {drains.TAINT}",
    )


@then(
    phrase(
        "a Pod for {which:Which} worker runs on {where:Where} worker",
        Which=one_of(["any", UNCORDONED]),
        Where=one_of(["another", UNCORDONED]),
    )
)
def pod_runs_on(workloads: Workloads, maintenance: Maintenance, which: str, where: str) -> None:
    (node,) = maintenance.touched
    with claimed():
        found = run_new(workloads, node if which == UNCORDONED else "")
    if (found == node) != (where == UNCORDONED):
        raise ClaimError(f"a Pod for {which} worker should run on {where}, not {node}: {found}")


@then(
    phrase(
        "within {limit:Duration} a Pod for the cordoned worker is not scheduled, naming "
        '"{word:Name}"'
    )
)
def stays_pending(workloads: Workloads, pod: RunningPod, limit: float, word: str) -> None:
    workloads.ask_scheduler(pod.node, cpu="1m", name="pinned")
    eventually(
        lambda: condition(workloads.pods.get("pinned"), "PodScheduled"),
        lambda seen: seen.get("reason") == "Unschedulable" and word in seen.get("message", ""),
        within=scaled(limit),
        what=f"a Pod for {pod.node} is not scheduled, because it is {word}",
    )


@then(phrase("within {limit:Duration} the drain succeeds"))
def drain_succeeds(emptied: Emptied, evidence: Evidence, limit: float) -> None:
    drains.await_end(emptied.drain, within=limit, look=emptied.look)
    told = emptied.drain.told()
    evidence.record("what kubectl said", "text", told.text)
    if told.status != 0:
        raise ClaimError(f"the drain should succeed; it ended with {told.status}: {told.text}")


@then("only Pods of DaemonSets are left on the drained worker, the same as earlier")
def daemons_left(cluster: Cluster, emptied: Emptied) -> None:
    daemons = drains.of_daemon_sets(emptied.before)
    now = node_membership.on_node(cluster.api, emptied.node)
    require(daemons, f"no Pod of a DaemonSet was on {emptied.node}: nothing was spared")
    if set(now) != daemons:
        left = drains.names(now, set(now) - daemons)
        gone = drains.names(emptied.before, daemons - set(now))
        raise ClaimError(f"{emptied.node} still has {left}; of its DaemonSets' Pods went {gone}")


@then("the Pods of the drained worker were evicted through the Eviction API")
def were_evicted(emptied: Emptied, drill: Drill) -> None:
    gone = [uid for uid in emptied.before if uid in drill.known]
    require(gone, f"none of the Deployment's Pods was on {emptied.node}")
    wrong = [f"{uid}: {drill.reasons.get(uid, 'no condition DisruptionTarget')}" for uid in gone]
    must_be_none([one for one in wrong if drains.EVICTED not in one], "Pods left by eviction")


@then(phrase('the drain fails, naming the Pod and "{flag}"'))
def drain_fails(emptied: Emptied, pod: RunningPod, flag: str) -> None:
    drains.await_end(emptied.drain, within=ENDS.seconds, look=emptied.look)
    told = emptied.drain.told()
    if told.status != 1 or pod.name not in told.text or flag not in told.text:
        raise ClaimError(
            f"1 naming {pod.name} and {flag} was expected; it was {told.status}: {told.text}"
        )


@then("no Pod on the worker is deleted")
def none_gone(cluster: Cluster, emptied: Emptied) -> None:
    now = node_membership.on_node(cluster.api, emptied.node)
    going = {uid for uid, pod in now.items() if "deletionTimestamp" in pod["metadata"]}
    gone = (set(emptied.before) - set(now)) | (going & set(emptied.before))
    must_be_none(drains.names(emptied.before, gone), "a refused drain evicts nothing")


@then(phrase("for {lasting:Duration} the drain continues and {count:Count} Pods are Ready"))
def drain_goes_on(emptied: Emptied, lasting: float, count: int) -> None:
    consistently(
        lambda: (emptied.drain.ended(), emptied.look()),
        lambda seen: seen == (False, count),
        lasting=scaled(lasting),
        every=0.5,
        what=f"the drain of {emptied.node} goes on and {count} Pods are Ready",
    )


@then(
    phrase(
        "the followed log reports hook and signal at least {hook:Duration} apart, "
        "and signal and end at least {trap:Duration} apart"
    )
)
def log_tells(followed: Running, evidence: Evidence, hook: float, trap: float) -> None:
    """Seconds of the Pod's own clock, printed by the Pod itself."""
    text = followed.told().text
    evidence.record("what the Pod printed", "text", text)
    times = dict(drains.times_in(text))
    if not {"hook", "signal", "end"} <= set(times):
        raise ClaimError(f"the Pod should print hook, signal and end; it printed {text!r}")
    if times["signal"] - times["hook"] < hook or times["end"] - times["signal"] < trap:
        raise ClaimError(f"hook and trap should have their {hook:g} and {trap:g} s: {times}")


def run_new(workloads: Workloads, node: str) -> str:
    """Where a Pod runs, for ``node`` if named; a bare minimum, so that no lack of room decides."""
    if not node:
        return workloads.run("filler", name="anywhere").node
    workloads.ask_scheduler(node, cpu="1m", name="pinned")
    return workloads.running("pinned").node


def drain(
    cluster: Cluster,
    maintenance: Maintenance,
    node: str,
    *,
    flags: Sequence[str] = FLAGS,
    look: Callable[[], object] = lambda: None,
) -> Emptied:
    before = node_membership.on_node(cluster.api, node)
    return Emptied(node, before, maintenance.drain(node, *flags), look)
