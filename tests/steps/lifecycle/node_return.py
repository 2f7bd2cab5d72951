"""A worker that went off: what its node is meanwhile, and what its kubelet tells afterwards."""

from pytest_bdd import then

from fixtures.plugin.recording import Evidence
from infra.clients.node import kubelet
from infra.cluster import Cluster
from infra.errors import ClaimError
from suite.node import graceful_shutdown
from tests.steps.node.graceful_shutdown import Dying
from tests.steps.phrases import phrase


@then(
    phrase(
        "the worker's node is Ready, and its kubelet reports a shutdown of "
        "{least:Duration} to {limit:Duration}"
    )
)
def tells_times(
    cluster: Cluster, dying: Dying, evidence: Evidence, least: float, limit: float
) -> None:
    """Ordinary Pods take four seconds to end, then the critical one; the period ends it all."""
    must_be_ready(cluster, dying.node)
    began, ended = graceful_shutdown.times(cluster.api, dying.node)
    evidence.record("the shutdown", "figures", {"seconds it took": round(ended - began, 1)})
    if not (began > 0 and least <= ended - began <= limit):
        raise ClaimError(f"the kubelet tells of a shutdown that took {told_as(began, ended)}")


def must_be_ready(cluster: Cluster, node: str) -> None:
    seen = kubelet.ready(cluster.api, node)
    if seen != "True":
        raise ClaimError(f"{node} should be ready after it was started; Ready is {seen}")


def told_as(began: float, ended: float) -> str:
    if not (began and ended):
        return f"no time that it knows: it began at {began:g} and ended at {ended:g}"
    return f"{ended - began:.1f} s"
