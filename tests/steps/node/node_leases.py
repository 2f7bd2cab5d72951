"""Phrases about Leases as signs of life: nodes and API servers."""

from collections.abc import Callable, Iterator, Mapping

from pytest_bdd import given, then

from infra.clients.controlplane import apiserver_endpoints, leases
from infra.clients.node import node_leases
from infra.clients.node.node_leases import Heartbeats
from infra.cluster import Cluster
from infra.errors import require
from infra.timing import scaled
from infra.wait import consistently
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

API_SERVERS = "API servers"


def wrong_of_controllers(cluster: Cluster, beats: Heartbeats, lasting: float) -> list[str]:
    return apiserver_endpoints.wrong_identity(cluster, beats.start, lasting=lasting)


def wrong_of_nodes(_: Cluster, beats: Heartbeats, lasting: float) -> list[str]:
    existing = node_leases.nodes(beats.api)
    return node_leases.wrong_node_leases(beats.start, existing, lasting=lasting)


HAS: Mapping[str, Callable[[Cluster, Heartbeats, float], list[str]]] = {
    "controller has an identity": wrong_of_controllers,
    "node holds and owns a": wrong_of_nodes,
}
"""What is wrong with the Leases of all; nothing is good."""


@given(
    phrase("the Leases of the {whose:Whose}", Whose=one_of([API_SERVERS, "nodes"])),
    target_fixture="beats",
)
def followed_leases(cluster: Cluster, whose: str) -> Iterator[Heartbeats]:
    """Of API servers those of their identity; of nodes those of their heartbeat."""
    if whose == API_SERVERS:
        found = apiserver_endpoints.identity_leases(cluster.api)
        beats = node_leases.follow(cluster.api, found, namespace=leases.SYSTEM_NAMESPACE)
    else:
        beats = node_leases.of_nodes(cluster.api)
    yield beats
    beats.close()


@then(phrase("each {has:Has} Lease with a duration of {lasting:Duration}", Has=one_of(HAS)))
def one_each(cluster: Cluster, beats: Heartbeats, has: str, lasting: float) -> None:
    wrong = HAS[has](cluster, beats, lasting)
    must_be_none(wrong, f"each {has} Lease with a duration of {lasting:g} s")


@then(phrase("for {lasting:Duration} each Lease is renewed at least every {limit:Duration}"))
def each_is_renewed(beats: Heartbeats, lasting: float, limit: float) -> None:
    consistently(
        beats.look,
        lambda ages: max(ages.values()) <= scaled(limit),
        lasting=scaled(lasting),
        what=f"seconds since each Lease was renewed, at most {limit:g}",
    )
    silent = beats.never_renewed()
    assert not silent, f"not renewed once in {lasting:g} s: {', '.join(silent)}"


@then("no node has updated its status more than once while its Lease was renewed")
def status_is_rare(beats: Heartbeats) -> None:
    """At most once: it is sent each 5 min when nothing changes (T5)."""
    require(beats.reported, "the nodes were not read in that time")
    busy = beats.busy_reporters()
    assert not busy, f"status was sent again and again, not only Leases: {busy}"
