"""Processes of one component that are set alike, so that each does what one of them shows."""

from collections.abc import Callable, Mapping
from functools import partial

from pytest_bdd import then

from infra.clients.instrumentation import peer_settings
from infra.cluster import Cluster
from infra.layout import SERIES
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

PEERS: Mapping[str, Callable[[Cluster], dict[str, peer_settings.Settings]]] = {
    "API server": peer_settings.of_api_servers,
    "containerd": peer_settings.of_runtimes,
    "kubelet": peer_settings.of_kubelets,
} | {name: partial(peer_settings.of_candidates, component=name) for name in SERIES.leases.elected}
"""What stands by acts tomorrow, and a load balancer gives each client another API server."""
PEER = one_of(PEERS)


@then(phrase("each {component:Peer} has the same settings", Peer=PEER))
def same_settings(cluster: Cluster, component: str) -> None:
    found = peer_settings.odd(PEERS[component](cluster))
    owner = "worker's " if component == "containerd" else ""
    must_be_none(found, f"each {owner}{component} is set as the others are")


@then("each controller has the same files for its API server")
def same_files(cluster: Cluster) -> None:
    found = peer_settings.odd(peer_settings.of_files(cluster))
    must_be_none(found, "each controller has the files of the others")
