"""Swap on a worker: a kubelet that refuses it, and containers that may use it."""

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.faults import Faults
from fixtures.worlds.workloads.pods import Workloads
from infra.clients.transport import journal, systemd
from infra.cluster import Cluster
from suite.expect import must_be_none
from suite.node import kubelet_restarts, swap
from suite.workloads.pod_under_test import RunningPod
from tests.steps.node.kubelet_config_change import Ended, change, values
from tests.steps.phrases import phrase, typed

PODS = {"Guaranteed": "Guaranteed", "BestEffort": "BestEffort", "Burstable": "limited"}
"""Manifests by QoS class."""
CRITICAL = "critical"
"""Burstable, and may not swap all the same."""
PRIORITY = "system-node-critical"
NONE = "none"
AND_CRITICAL = typed(" runs| and a critical Pod run", lambda text: "critical" in text)


@given(phrase("{worker:SomeWorker} with swap whose kubelet is set to"), target_fixture="changed")
def worker_with_swap(
    cluster: Cluster, faults: Faults, worker: str, own_worker: str, datatable: list[list[str]]
) -> str:
    """First the settings, then swap: undone the other way round, the kubelet always starts."""
    node = worker or own_worker
    change(cluster, faults, node, values(datatable))
    faults.swap(node)
    kubelet_restarts.restart(cluster.shell(node), cluster.api)
    return node


@when("swap is added to the Pod's worker and its kubelet restarts", target_fixture="ended")
def swap_and_restart(faults: Faults, pod: RunningPod) -> Ended:
    before = Ended(pod.node, journal.cursor(pod.shell))
    faults.swap(pod.node)
    systemd.restart(pod.shell, pod.shell.layout.units.kubelet, reread=False)
    return before


@when("the swap is removed from the Pod's worker")
def swap_away(faults: Faults, pod: RunningPod) -> None:
    faults.unswap(pod.node)


@when(
    phrase("a Pod of each QoS class{critical:Critical} on the worker", Critical=AND_CRITICAL),
    target_fixture="by_class",
)
def pod_of_each_class(
    workloads: Workloads,
    changed: str,
    critical: bool,  # noqa: FBT001
) -> dict[str, RunningPod]:
    found = {
        qos: workloads.run(kind, node=changed, name=kind.lower()) for qos, kind in PODS.items()
    }
    if critical:
        found[CRITICAL] = workloads.run(
            PODS["Burstable"], node=changed, name=CRITICAL, priorityClassName=PRIORITY
        )
    return found


@then("the containers of the Pods may use this swap")
def may_swap(
    cluster: Cluster,
    by_class: dict[str, RunningPod],
    datatable: list[list[str]],
    evidence: Evidence,
) -> None:
    rows = [
        (qos, swap.allowed(pod), 0 if share == NONE else swap.share(cluster.api, pod))
        for qos, share in datatable[1:]
        for pod in [by_class[qos]]
    ]
    evidence.table("bytes of swap", "Pod, allowed, expected", rows)
    must_be_none(swap.wrong(rows), "containers may swap as their class and request allow")
