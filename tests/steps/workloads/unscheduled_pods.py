"""Pods that wait: for a scheduler or for a worker with room, and then they run."""

from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.worlds.lifecycle.drain import Maintenance
from fixtures.worlds.workloads.pods import Workloads
from infra.clients.controlplane import apiserver_endpoints
from infra.clients.workloads.pod_status import condition
from infra.cluster import Cluster
from infra.errors import require
from infra.lifecycle.gate.pod_connectivity import AGNHOST
from infra.timing import SCHEDULED, scaled
from infra.wait import consistently, eventually
from suite.workloads import unscheduled_pods
from tests.steps.phrases import one_of, phrase

NAME = "waiting"
ANY = "a worker"


@dataclass(frozen=True)
class Unscheduled:
    """UID of the Pod, and the only worker that could run it, if not any."""

    uid: str
    node: str = ""


@given(
    "a cordoned worker, and a Pod that only the cordoned worker could run",
    target_fixture="unscheduled",
)
def pod_for_cordoned_worker(
    cluster: Cluster, maintenance: Maintenance, workloads: Workloads
) -> Unscheduled:
    node = cluster.spec.workers[0].name
    told = maintenance.cordon(node)
    require(told.status == 0, f"kubectl cordon failed: {told.text}")
    return ask_scheduler(workloads, node, cpu="10m")


@when("the cordoned worker is uncordoned")
def uncordon(maintenance: Maintenance, unscheduled: Unscheduled) -> None:
    told = maintenance.uncordon(unscheduled.node)
    require(told.status == 0, f"kubectl uncordon failed: {told.text}")


@when("a Pod that any worker could run is created", target_fixture="unscheduled")
def pod_for_any_worker(workloads: Workloads) -> Unscheduled:
    container = {"name": "main", "image": AGNHOST, "args": ["pause"]}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    body = {"metadata": {"name": NAME}, "spec": spec}
    made = workloads.pods.api.create(workloads.pods.path(), body)
    return Unscheduled(made["metadata"]["uid"])


@when(
    phrase("a Pod that only the reserved worker could run requests {cpu:Quantity} CPU"),
    target_fixture="unscheduled",
)
def pod_for_reserved_worker(workloads: Workloads, reserved_worker: str, cpu: str) -> Unscheduled:
    return ask_scheduler(workloads, reserved_worker, cpu=cpu)


@then(phrase("for {lasting:Duration} no scheduler handles the unscheduled Pod"))
def not_handled(workloads: Workloads, lasting: float) -> None:
    consistently(
        lambda: apiserver_endpoints.scheduling(workloads.pods.find(NAME)),
        lambda seen: seen == apiserver_endpoints.UNSEEN,
        lasting=scaled(lasting),
        what="phase, node and PodScheduled condition of a Pod without any scheduler",
    )


@then(phrase('within {limit:Duration} the Pod is "{reason:Name}" and has the event "{event:Name}"'))
def is_unschedulable(
    workloads: Workloads, unscheduled: Unscheduled, limit: float, reason: str, event: str
) -> None:
    eventually(
        lambda: unscheduled_pods.reported(workloads.pods, NAME, unscheduled.uid),
        lambda seen: seen[0] == reason and event in seen[1],
        within=scaled(limit),
        what=f"the Pod is {reason} and has an event {event}",
    )


@then(phrase("for {lasting:Duration} the unscheduled Pod has no node, because of insufficient CPU"))
def lacks_cpu(workloads: Workloads, lasting: float) -> None:
    """From the scheduler's first verdict on."""
    await_verdict(workloads, "Insufficient cpu")
    consistently(
        lambda: workloads.pods.get(NAME)["spec"].get("nodeName", ""),
        lambda node: node == "",
        lasting=scaled(lasting),
        what="the new Pod stays unscheduled",
    )


@then(
    phrase(
        "within {limit:Duration} the unscheduled Pod runs on {where:Where}",
        Where=one_of([ANY, "the reserved worker", "the uncordoned worker"]),
    )
)
def runs(workloads: Workloads, unscheduled: Unscheduled, limit: float) -> None:
    """The same Pod, and on the worker for which it was created, if that is one."""
    uid, node = unscheduled.uid, unscheduled.node
    eventually(
        lambda: unscheduled_pods.whereabouts(workloads.pods.find(NAME)),
        lambda seen: seen == (uid, node or seen[1], unscheduled_pods.READY),
        within=scaled(limit),
        what=f"the same Pod runs on {node or ANY}",
    )


def ask_scheduler(workloads: Workloads, node: str, *, cpu: str) -> Unscheduled:
    workloads.ask_scheduler(node, cpu=cpu, name=NAME)
    return Unscheduled(workloads.pods.get(NAME)["metadata"]["uid"], node)


def await_verdict(workloads: Workloads, words: str) -> None:
    eventually(
        lambda: condition(workloads.pods.get(NAME), "PodScheduled").get("message", ""),
        lambda message: words in message,
        within=scaled(SCHEDULED),
        what=f"the scheduler says of the new Pod: {words}",
    )
