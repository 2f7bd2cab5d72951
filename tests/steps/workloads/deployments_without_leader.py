"""Phrases about Deployments whose containers must not notice what happens to the control plane."""

from dataclasses import dataclass

from pytest_bdd import given, then, when

from infra.clients.controlplane import leases
from infra.cluster import Cluster
from infra.errors import NotPrepared, preparing
from infra.lifecycle.gate.pod_connectivity import AGNHOST
from infra.timing import POD_RUNS, scaled
from infra.wait import eventually
from suite.controlplane.leader_election import Election
from suite.workloads.deployments import Deployment
from tests.steps.controlplane.leader_election import TAKEOVER
from tests.steps.phrases import phrase


@dataclass(frozen=True)
class RunningDeployment:
    """A Deployment and the identity of its containers before anything happened."""

    deployment: Deployment
    containers: dict[str, str]


@given("a running Deployment", target_fixture="running")
def running_deployment(cluster: Cluster, namespace: str) -> RunningDeployment:
    deployment = Deployment(cluster.api, namespace, "before")
    deployment.create(AGNHOST, args=["pause"])
    within = scaled(POD_RUNS)
    with preparing():
        eventually(deployment.available, bool, within=within, what="the Deployment's Pod runs")
    return RunningDeployment(deployment, deployment.containers())


@when("another Deployment is created before the takeover", target_fixture="gap")
def created_in_the_gap(cluster: Cluster, namespace: str, election: Election) -> Deployment:
    gap = Deployment(cluster.api, namespace, "in-the-gap")
    gap.create(AGNHOST, args=["pause"])
    election.watch.mark("a Deployment is created")
    holder = election.holder()
    if election.another(holder):
        raise NotPrepared(f"{holder} took over before the Deployment could be created")
    return gap


@then("the new Deployment has no ReplicaSet before another controller holds the Lease")
def no_replica_set_before(cluster: Cluster, gap: Deployment, election: Election) -> None:
    # The ReplicaSets are read before the holder: one that is seen with the old holder was early.
    eventually(
        lambda: (gap.replica_sets(), leases.read(cluster.api, election.component).holder),
        lambda seen: election.another(seen[1]),
        giving_up_if=lambda seen: bool(seen[0]) and not election.another(seen[1]),
        within=scaled(TAKEOVER),
        every=0.2,
        what="ReplicaSets of the Deployment and the holder: none before another holds the Lease",
    )


@then(phrase("within {limit:Duration} of the takeover the new Deployment has a ReplicaSet"))
def replica_set_after(gap: Deployment, election: Election, limit: float) -> None:
    what = "the new leader makes the ReplicaSet"
    eventually(gap.replica_sets, bool, within=scaled(limit), every=0.2, what=what)
    election.watch.mark("the Deployment has its ReplicaSet")


@then("the containers of the running Deployment are the same")
def same_containers(running: RunningDeployment) -> None:
    now = running.deployment.containers()
    assert now == running.containers, f"they were {running.containers} and are {now}"
