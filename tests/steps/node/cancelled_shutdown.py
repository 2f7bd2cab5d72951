"""A shutdown that is announced to a kubelet by hand, and called off."""

from pytest_bdd import then, when

from fixtures.worlds.node.graceful_shutdown import Power
from fixtures.worlds.workloads.pods import Workloads
from infra.cluster import Cluster
from infra.errors import require
from infra.timing import POD_RUNS, scaled
from infra.wait import eventually
from suite.node import graceful_shutdown, kubelet_restarts
from suite.node.graceful_shutdown import SHUTTING_DOWN
from tests.steps.node.graceful_shutdown import (
    LATE,
    await_lock,
    await_rejection,
    bind_late,
    must_be_rejected,
)
from tests.steps.phrases import Time, one_of, phrase, typed

READY = {"Ready": "True", "Unknown": "Unknown"}
"""What a node is called, and its condition Ready."""
REJECTED = typed(
    'runs|is rejected with reason "[A-Za-z]+"', lambda text: text.partition('"')[2].rstrip('"')
)
"""The reason, or none of a Pod that runs."""


@when("a shutdown is announced to the worker's kubelet, which has an inhibitor lock")
def announce(cluster: Cluster, power: Power, changed: str) -> None:
    """Its Pods end as in a real one; ``power`` removes what is left of them."""
    require(changed not in power.off, f"{changed} is off")
    await_lock(cluster, changed)
    graceful_shutdown.announce(cluster.shell(changed), begins=True)


@when("the shutdown is cancelled")
def call_off(cluster: Cluster, changed: str) -> None:
    graceful_shutdown.announce(cluster.shell(changed), begins=False)


@when("the worker's kubelet restarts")
def restart(cluster: Cluster, changed: str) -> None:
    kubelet_restarts.restart(cluster.shell(changed), cluster.api)


@then(phrase("within {limit:Duration} the worker's node reports that it is shutting down"))
def says_so(cluster: Cluster, changed: str, limit: float) -> None:
    eventually(
        lambda: graceful_shutdown.ready(cluster.api, changed),
        lambda seen: seen[0] == "False" and SHUTTING_DOWN in seen[1],
        within=scaled(limit),
        every=0.3,
        what=f"{changed} says that it is {SHUTTING_DOWN}",
    )


@then(phrase("a Pod that is bound to the worker {rejected:Rejected}", Rejected=REJECTED))
def bound(workloads: Workloads, changed: str, rejected: str) -> None:
    bind_late(workloads, changed)
    if not rejected:
        await_running(workloads, changed)
        return
    await_rejection(workloads)
    must_be_rejected(workloads, rejected)
    workloads.pods.delete(LATE)
    workloads.await_gone(LATE)


def await_running(workloads: Workloads, node: str) -> None:
    """After a kubelet forgot its shutdown: what upstream knows as kubernetes#122674."""
    eventually(
        lambda: workloads.pods.get(LATE)["status"].get("phase"),
        lambda phase: phase == "Running",
        within=scaled(POD_RUNS),
        what=f"a Pod that is bound to {node} runs",
    )


@then(phrase("{time:Time}the worker's node is {status:Status}", Status=one_of(READY)))
def node_becomes(cluster: Cluster, changed: str, time: Time, status: str) -> None:
    time.must(
        lambda: graceful_shutdown.ready(cluster.api, changed),
        lambda seen: seen[0] == READY[status],
        what=f"{changed} is {status}",
    )
