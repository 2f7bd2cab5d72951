"""Nodes that fall silent and come back; Pods that fit nowhere for a while."""

import time
from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.faults import Faults
from fixtures.maintenance import Maintenance
from fixtures.recording import Evidence
from fixtures.workloads import Workloads
from infra.clients import silence
from infra.clients.kubelet import UNIT as KUBELET
from infra.clients.running import RunningPod, stays
from infra.cluster import Cluster
from infra.errors import ClaimError, require
from infra.timing import scaled
from infra.wait import consistently, eventually
from tests.steps.phrases import phrase

POD = "nowhere"


@dataclass(frozen=True)
class Homeless:
    """A Pod that only one worker could run: its UID and that worker."""

    node: str
    uid: str


@given("a cordoned worker, and a Pod that only it could run", target_fixture="homeless")
def homeless_pod(cluster: Cluster, maintenance: Maintenance, workloads: Workloads) -> Homeless:
    node = cluster.spec.workers[0].name
    told = maintenance.cordon(node)
    require(told.status == 0, f"kubectl cordon failed: {told.text}")
    workloads.ask_scheduler(node, cpu="10m", name=POD)
    return Homeless(node, workloads.pods.get(POD)["metadata"]["uid"])


@when("the kubelet of its worker is started")
def start_kubelet(faults: Faults, pod: RunningPod) -> None:
    faults.start(pod.node, KUBELET)


@when("that worker is uncordoned")
def uncordon(maintenance: Maintenance, homeless: Homeless) -> None:
    told = maintenance.uncordon(homeless.node)
    require(told.status == 0, f"kubectl uncordon failed: {told.text}")


@then(
    phrase(
        "between {least:Duration} and {most:Duration} its node becomes Unknown, tainted as "
        "unreachable"
    )
)
def becomes_unknown(
    cluster: Cluster, pod: RunningPod, evidence: Evidence, least: float, most: float
) -> None:
    """Our clock, from the stop on: the last heartbeat was up to 10 s before."""
    began = time.monotonic()
    await_silence(cluster, pod.node, most)
    took = time.monotonic() - began
    evidence.record("silence", "figures", {"seconds until the node was Unknown": round(took, 1)})
    if took < least - HEARTBEAT:
        raise ClaimError(f"{pod.node} was Unknown after {took:.0f} s already, {least:g} expected")


@then(
    phrase(
        "for {lasting:Duration} its Pod is not deleted, its processes run and the other nodes are "
        "ready"
    )
)
def pod_stays(cluster: Cluster, pod: RunningPod, lasting: float) -> None:
    if silence.tolerates(pod.get()) != silence.TOLERATED:
        raise ClaimError(f"{pod.name} should tolerate it for {silence.TOLERATED} s: {pod.get()}")
    others = [str(w.name) for w in cluster.spec.workers if w.name != pod.node]
    pids = pod.first.cgroups.containers[pod.only_container].pids
    what = f"{pod.name} stays on its silent node, and the others are ready"
    stays(lambda: silence.disturbances(pod, others, pids), scaled(lasting), what)


@then(phrase("within {limit:Duration} its node is ready and has no taint"))
def back_without_taint(cluster: Cluster, pod: RunningPod, limit: float) -> None:
    eventually(
        lambda: silence.state(cluster.api, pod.node),
        lambda seen: seen == ("True", ()),
        within=scaled(limit),
        what=f"{pod.node} is ready and has no taint",
    )


@then(phrase('within {limit:Duration} the Pod is "{reason:Name}" and an event says "{event:Name}"'))
def fits_nowhere(
    workloads: Workloads, homeless: Homeless, limit: float, reason: str, event: str
) -> None:
    eventually(
        lambda: silence.said(workloads.pods, POD, homeless.uid),
        lambda seen: seen[0] == reason and event in seen[1],
        within=scaled(limit),
        what=f"the Pod is {reason} and has an event {event}",
    )


@then(phrase("for {lasting:Duration} nobody adds a node"))
def nobody_adds(cluster: Cluster, lasting: float) -> None:
    wanted = sorted(worker.name for worker in cluster.spec.workers)
    consistently(
        lambda: sorted(n["metadata"]["name"] for n in cluster.api.get("/api/v1/nodes")["items"]),
        lambda names: names == wanted,
        lasting=scaled(lasting),
        what="no node is added for a Pod that fits nowhere",
    )


@then(phrase("within {limit:Duration} the same Pod runs there"))
def same_pod_runs(workloads: Workloads, homeless: Homeless, limit: float) -> None:
    eventually(
        lambda: silence.whereabouts(workloads.pods.get(POD)),
        lambda seen: seen == (homeless.uid, homeless.node, "Running"),
        within=scaled(limit),
        what=f"the same Pod runs on {homeless.node}",
    )


HEARTBEAT = 10.0
"""Seconds between two renewals of a node's Lease."""


def await_silence(cluster: Cluster, node: str, limit: float) -> None:
    eventually(
        lambda: silence.state(cluster.api, node),
        silence.is_silent,
        within=scaled(limit),
        what=f"{node} is Unknown and tainted as unreachable",
    )
