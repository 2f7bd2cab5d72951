"""Processes of one component that are set alike, so that each does what one of them shows."""

from pytest_bdd import then

from infra.clients.controlplane.leader_election import Election
from infra.clients.instrumentation import peer_settings
from infra.clients.workloads.pod_under_test import must_be_none
from infra.cluster import Cluster


@then("each API server has the same settings")
def api_servers_alike(cluster: Cluster) -> None:
    """A balancer gives each client another one."""
    found = peer_settings.odd(peer_settings.of_api_servers(cluster))
    must_be_none(found, "each API server is set as the others are")


@then("each controller has the same files for its API server")
def files_alike(cluster: Cluster) -> None:
    found = peer_settings.odd(peer_settings.of_files(cluster))
    must_be_none(found, "each controller has the files of the others")


@then("each of the three components has the same settings")
def candidates_alike(cluster: Cluster, election: Election) -> None:
    """What stands by acts tomorrow, and should act as its leader does."""
    found = peer_settings.odd(peer_settings.of_candidates(cluster, election.component))
    must_be_none(found, f"each {election.component} is set as the others are")


@then("each kubelet is set as the others are")
def kubelets_alike(cluster: Cluster) -> None:
    found = peer_settings.odd(peer_settings.of_kubelets(cluster))
    must_be_none(found, "each kubelet is set as the others are")


@then("each runtime is set as the others are")
def runtimes_alike(cluster: Cluster) -> None:
    """What one worker's containers can, those of the other can."""
    found = peer_settings.odd(peer_settings.of_runtimes(cluster))
    must_be_none(found, "each worker's containerd is set as the others are")
