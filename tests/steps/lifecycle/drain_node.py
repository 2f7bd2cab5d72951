"""The drill of article 64 from its end: the node, its kubelet, versions and Pods afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.lifecycle.drain import Maintenance
from infra.clients.lifecycle import version_skew
from infra.clients.lifecycle.version_skew import Versions
from infra.clients.transport import systemd
from infra.clients.transport.kubectl import Kubectl
from infra.clients.transport.systemd import Unit
from infra.cluster import Cluster
from infra.errors import ClaimError, require
from infra.kube_api import JsonObject
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.lifecycle import drain as drains
from suite.lifecycle.drain import Drill
from tests.steps.lifecycle.drain import drain
from tests.steps.lifecycle.drain_deployment import await_ready
from tests.steps.phrases import phrase

DRAINED = 180
"""Seconds for a drain to end: grace of the Pods and 60 s (T20), and a slow machine."""


@dataclass(frozen=True)
class Stood:
    """A worker before the drill; of it and the others: nodes, kubelets' processes, all versions."""

    node: str
    standings: dict[str, JsonObject]
    kubelets: dict[str, Unit]
    versions: Versions


@given("the node of a worker, and the versions of all components", target_fixture="stood")
def node_before(cluster: Cluster, kubectl: Kubectl) -> Stood:
    names = [str(worker.name) for worker in cluster.spec.workers]
    standings = {name: drains.standing(cluster.api, name) for name in names}
    versions = version_skew.measure(cluster, kubectl.version())
    return Stood(names[0], standings, kubelets(cluster, names), versions)


@when("the worker is drained and uncordoned", target_fixture="went")
def drain_and_uncordon(
    cluster: Cluster, maintenance: Maintenance, stood: Stood, drill: Drill
) -> dict[str, str]:
    """Nodes of the Deployment's Pods by UID once all are Ready elsewhere."""
    emptied = drain(cluster, maintenance, stood.node)
    drains.await_end(emptied.drain, within=DRAINED, look=emptied.look)
    require(emptied.drain.told().status == 0, f"the drain failed: {emptied.drain.told().text}")
    await_ready(drill, 2, within=120)
    went = drill.places()
    told = maintenance.uncordon(stood.node)
    require(told.status == 0, f"kubectl uncordon failed: {told.text}")
    return went


@then(
    phrase(
        "within {limit:Duration} every node has the same labels, taints, annotations and "
        "capacity as earlier"
    )
)
def as_before(cluster: Cluster, stood: Stood, evidence: Evidence, limit: float) -> None:
    evidence.table("the node before", "what, value", stood.standings[stood.node].items())
    eventually(
        lambda: changes(cluster, stood),
        lambda changed: not changed,
        within=scaled(limit),
        what=f"{stood.node} and the others are as they were before the drill",
    )


@then("every kubelet is the same process, and every component has the same version")
def same_kubelets(cluster: Cluster, kubectl: Kubectl, stood: Stood) -> None:
    must_be_none(restarted(cluster, stood), "the drill restarts no kubelet")
    versions = version_skew.measure(cluster, kubectl.version())
    if versions != stood.versions:
        raise ClaimError(f"versions were {stood.versions}; they are {versions}")


@then("the Pods of the Deployment stay on the other worker")
def stay_away(drill: Drill, went: dict[str, str], stood: Stood) -> None:
    assert stood.node not in went.values(), f"a Pod was still on {stood.node} after its drain"
    now = drill.places()
    must_be_none(
        [f"{uid} on {now.get(uid, 'no node')}" for uid in went if now.get(uid) != went[uid]],
        f"Pods that left {stood.node} stay where they went",
    )


def changes(cluster: Cluster, stood: Stood) -> list[str]:
    """What of the workers' nodes is not as before."""
    return [
        f"{name}, {text}"
        for name, standing in stood.standings.items()
        for text in drains.changes(standing, drains.standing(cluster.api, name))
    ]


def kubelets(cluster: Cluster, names: Iterable[str]) -> dict[str, Unit]:
    unit = cluster.layout.units.kubelet
    return {name: systemd.show(cluster.shell(name), unit) for name in names}


def restarted(cluster: Cluster, stood: Stood) -> list[str]:
    """Kubelets that are other processes than before."""
    return [
        f"the kubelet of {name} was {stood.kubelets[name].pid}, it is {now.pid}"
        for name, now in kubelets(cluster, stood.kubelets).items()
        if (now.pid, now.started_us) != (stood.kubelets[name].pid, stood.kubelets[name].started_us)
    ]
