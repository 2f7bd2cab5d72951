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
from tests.steps.phrases import one_of, phrase

READY = {"Ready": "True", "Unknown": "Unknown"}
"""What a node is called, and its condition Ready."""


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


@then(phrase("within {limit:Duration} the worker's kubelet has released its inhibitor lock"))
def lock_given_back(cluster: Cluster, changed: str, limit: float) -> None:
    shell = cluster.shell(changed)
    eventually(
        lambda: graceful_shutdown.delays(shell),
        lambda lock: not lock,
        within=scaled(limit),
        what=f"the kubelet of {changed} has ended its Pods and holds no lock",
    )


@then(phrase('a Pod that is bound to the worker is rejected with reason "{reason:Name}"'))
def bound_is_rejected(workloads: Workloads, changed: str, reason: str) -> None:
    bind_late(workloads, changed)
    await_rejection(workloads)
    must_be_rejected(workloads, reason)
    workloads.pods.delete(LATE)
    workloads.await_gone(LATE)


@then("a Pod that is bound to the worker runs")
def bound_runs(workloads: Workloads, changed: str) -> None:
    """What upstream knows as kubernetes#122674."""
    bind_late(workloads, changed)
    eventually(
        lambda: workloads.pods.get(LATE)["status"].get("phase"),
        lambda phase: phase == "Running",
        within=scaled(POD_RUNS),
        what=f"a Pod that is bound to {changed} runs",
    )


@then(phrase("within {limit:Duration} the worker's node is {status:Status}", Status=one_of(READY)))
def node_becomes(cluster: Cluster, changed: str, limit: float, status: str) -> None:
    eventually(
        lambda: graceful_shutdown.ready(cluster.api, changed),
        lambda seen: seen[0] == READY[status],
        within=scaled(limit),
        what=f"{changed} is {status}",
    )
