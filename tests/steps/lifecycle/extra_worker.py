"""Machines that become nodes, and nodes that are no machines any more."""

from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.lifecycle.drain import FLAGS
from fixtures.worlds.lifecycle.extra_worker import unheard
from fixtures.worlds.workloads.pods import Workloads
from infra.clients.lifecycle import node_membership
from infra.clients.lifecycle.node_membership import Member
from infra.clients.transport import journal, systemd
from infra.clients.transport.kubectl import Kubectl
from infra.cluster import Cluster
from infra.errors import ClaimError, NotPrepared, require
from infra.inventory import Machine
from infra.kube_api import ApiUnreachable
from infra.lifecycle.extra_worker import Newcomer
from infra.lifecycle.gate import pod_connectivity
from infra.timing import NODE_READY, scaled
from infra.wait import consistently, eventually
from tests.steps.phrases import phrase


@dataclass(frozen=True)
class Joined:
    """The cluster with its third worker; ``others`` are the nodes before, by name."""

    cluster: Cluster
    machine: Machine
    others: dict[str, Member]

    @property
    def name(self) -> str:
        return str(self.machine.name)


@dataclass(frozen=True)
class Deleted:
    """A Node that was deleted, and where its machine's journal stood then."""

    before: Member
    position: str = ""


@given("a DaemonSet with a Pod on every worker")
def daemons(workloads: Workloads) -> None:
    workloads.run_daemons("daemon")


@when("a third worker joins", target_fixture="joined")
def joins(cluster: Cluster, newcomer: Newcomer) -> Joined:
    others = node_membership.members(cluster.api)
    return Joined(newcomer.join(unheard()), newcomer.machine, others)


@given("a third worker that has joined", target_fixture="joined")
def has_joined(cluster: Cluster, newcomer: Newcomer) -> Joined:
    joined = joins(cluster, newcomer)
    await_ready(joined, NODE_READY.seconds)
    return joined


@when("the third worker is drained and its machine is stopped")
def drained_and_stopped(joined: Joined, newcomer: Newcomer, kubectl: Kubectl) -> None:
    told = kubectl.run("drain", joined.name, *FLAGS)
    require(told.status == 0, f"kubectl drain failed: {told.text}")
    newcomer.stop()


@when("the Node of the third worker is deleted", target_fixture="deleted_node")
def node_deleted(cluster: Cluster, joined: Joined, newcomer: Newcomer) -> Deleted:
    before = node_membership.member(cluster.api, joined.name)
    if before is None:
        raise NotPrepared(f"{joined.name} has no Node that could be deleted")
    position = journal.cursor(joined.cluster.shell(joined.name)) if newcomer.runs() else ""
    cluster.api.delete(f"/api/v1/nodes/{joined.name}")
    return Deleted(before, position)


@when("the kubelet on the third worker restarts")
def kubelet_restarted(joined: Joined) -> None:
    systemd.restart(joined.cluster.shell(joined.name), joined.cluster.layout.units.kubelet)


@then(
    phrase(
        "within {limit:Duration} the third worker is a Ready node with a Pod of the "
        "DaemonSet, in its own Pod CIDR"
    )
)
def runs_daemon(joined: Joined, workloads: Workloads, evidence: Evidence, limit: float) -> None:
    await_ready(joined, limit)
    (address,) = eventually(
        lambda: node_membership.addresses(workloads.pods.labelled("app=daemon"), joined.name),
        lambda found: len(found) == 1,
        within=scaled(limit),
        what=f"a Pod of the DaemonSet runs on {joined.name}",
    )
    must_be_within(address, joined.machine, evidence)


@then("Pods on every worker reach DNS and a Service on another worker")
def pods_reach(joined: Joined) -> None:
    pod_connectivity.across_workers(joined.cluster)


@then(
    phrase(
        "within {limit:Duration} the Node of the third worker is not Ready, and stays so for "
        "{lasting:Duration} with its Pod and its Lease"
    )
)
def stays_unready(joined: Joined, workloads: Workloads, limit: float, lasting: float) -> None:
    def look() -> tuple[str, list[str]]:
        return node_membership.standing(joined.cluster.api, joined.name, workloads.namespace)

    what = f"the Node of {joined.name} is not Ready, and has its Pod and its Lease"
    eventually(look, node_membership.is_kept_unready, within=scaled(limit), what=what)
    consistently(look, node_membership.is_kept_unready, lasting=scaled(lasting), what=what)


@then(
    phrase(
        "within {limit:Duration} no Pod and no Lease of the third worker is left, and "
        "the other nodes are the same"
    )
)
def nothing_left(cluster: Cluster, joined: Joined, limit: float) -> None:
    eventually(
        lambda: node_membership.bound(cluster.api, joined.name),
        lambda left: not left,
        within=scaled(limit),
        what=f"no Pod and no Lease of {joined.name} is left",
    )
    if (now := node_membership.members(cluster.api)) != joined.others:
        raise ClaimError(f"the other nodes should be {joined.others}; they are {now}")


def node_and_kubelet(cluster: Cluster, joined: Joined) -> tuple[Member | None, str]:
    """Its Node, and the state of its kubelet's unit."""
    shell, unit = joined.cluster.shell(joined.name), joined.cluster.layout.units.kubelet
    state = systemd.show(shell, unit).state
    return node_membership.member(cluster.api, joined.name), state


@then(
    phrase(
        "for {lasting:Duration} the third worker has no Node, while its kubelet runs and "
        "reports the Node as not found"
    )
)
def not_registered(cluster: Cluster, joined: Joined, deleted_node: Deleted, lasting: float) -> None:
    consistently(
        lambda: node_and_kubelet(cluster, joined),
        lambda seen: seen == (None, "active"),
        lasting=scaled(lasting),
        what=f"{joined.name} has no Node while its kubelet runs",
    )
    must_miss_its_node(words_of_kubelet(joined, deleted_node), joined.name)


def words_of_kubelet(joined: Joined, deleted: Deleted) -> list[str]:
    shell, unit = joined.cluster.shell(joined.name), joined.cluster.layout.units.kubelet
    return journal.messages(shell, deleted.position, unit)


@then(phrase("within {limit:Duration} the third worker is a Ready node again, with a new UID"))
def ready_again(joined: Joined, deleted_node: Deleted, limit: float) -> None:
    now = await_ready(joined, limit)
    if now.uid == deleted_node.before.uid:
        raise ClaimError(f"{joined.name} should be another Node; its UID is {now.uid} as before")


def await_ready(joined: Joined, limit: float) -> Member:
    found = eventually(
        lambda: node_membership.member(joined.cluster.api, joined.name),
        lambda seen: seen is not None and seen.ready == "True",
        within=scaled(limit),
        what=f"{joined.name} is a Ready node",
        transient=(ApiUnreachable,),
    )
    if found is None:
        raise NotPrepared(f"{joined.name} has no Node")
    return found


def must_be_within(address: str, machine: Machine, evidence: Evidence) -> None:
    evidence.record("address of its Pod", "text", address)
    if not node_membership.within(address, machine.pod_cidr):
        raise ClaimError(f"{address} should be in {machine.name}'s range {machine.pod_cidr}")


def must_miss_its_node(lines: list[str], name: str) -> None:
    """So that the silence is the kubelet's: it looked for its Node and did not make it."""
    if not any(node_membership.is_missed(line, name) for line in lines):
        raise ClaimError(f"its kubelet should say that {name} is not found: {lines[-3:]}")
