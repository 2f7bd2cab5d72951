"""Phrases about Leases as signs of life: nodes and API servers."""

from collections.abc import Iterator

from pytest_bdd import given, then

from infra.clients.controlplane import apiserver_endpoints, leases
from infra.clients.node import node_leases
from infra.clients.node.node_leases import Heartbeats
from infra.cluster import Cluster
from infra.errors import require
from infra.timing import scaled
from infra.wait import consistently
from tests.steps.phrases import one_of, phrase

API_SERVERS = "API servers"


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


@then(phrase("each controller has an identity Lease with a duration of {lasting:Duration}"))
def one_a_controller(cluster: Cluster, beats: Heartbeats, lasting: float) -> None:
    wrong = apiserver_endpoints.wrong_identity(cluster, beats.start, lasting=lasting)
    assert not wrong, "; ".join(wrong)


@then(phrase("each node has a Lease with a duration of {lasting:Duration} that it holds and owns"))
def one_a_node(beats: Heartbeats, lasting: float) -> None:
    existing = node_leases.nodes(beats.api)
    wrong = node_leases.wrong_node_leases(beats.start, existing, lasting=lasting)
    assert not wrong, "; ".join(wrong)


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


@then("no node has updated its status more than once in that time")
def status_is_rare(beats: Heartbeats) -> None:
    """At most once: it is sent each 5 min when nothing changes (T5)."""
    require(beats.reported, "nobody looked at the nodes in that time")
    busy = beats.busy_reporters()
    assert not busy, f"status was sent again and again, not only Leases: {busy}"
