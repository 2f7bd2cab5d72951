"""What every API server is and does, asked of each of them without a load balancer."""

from collections.abc import Callable, Iterable, Mapping

from pytest_bdd import then

from infra import observed_places
from infra.clients.controlplane import apiserver_endpoints, process_flags
from infra.clients.etcd import quorum_settings
from infra.cluster import Cluster
from infra.kube_api import Api
from suite.apimachinery import admission_policies
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

ROUTING = "--enable-aggregator-routing"
"""Off by default (kube-aggregator pkg/apiserver)."""


def not_routing(cluster: Cluster) -> list[str]:
    flags = process_flags.of_controllers(cluster, "kube-apiserver")
    for machine in flags:
        observed_places.looked(machine, observed_places.API_SERVER)
    wrong = [machine for machine, given in flags.items() if given.get(ROUTING) != "true"]
    return [f"{machine} runs without {ROUTING}=true" for machine in wrong]


def not_serving(cluster: Cluster) -> list[str]:
    wanted = apiserver_endpoints.addresses(cluster)
    return [
        f"{machine}: {found}"
        for machine, api in cluster.api_servers().items()
        if (found := apiserver_endpoints.standing(api)) != ("ready", wanted)
    ]


def with_candidates(cluster: Cluster) -> list[str]:
    """LeaseCandidate is served only with the gate CoordinatedLeaderElection (off, beta)."""
    return [
        f"{machine} serves leasecandidates of coordination.k8s.io/{version}"
        for machine, api in cluster.api_servers().items()
        for version, names in apiserver_endpoints.coordination_resources(api).items()
        if "leasecandidates" in names
    ]


def without_policies(cluster: Cluster) -> list[str]:
    wanted = collections(admission_policies.KINDS)
    found = {m: wanted - admission_policies.served(a) for m, a in cluster.api_servers().items()}
    return [f"{machine} lacks {sorted(names)}" for machine, names in found.items() if names]


def other_than_validating(cluster: Cluster) -> list[str]:
    wanted = collections(admission_policies.KINDS[:1])
    found = {m: collections_of(api) for m, api in cluster.api_servers().items()}
    odd = {machine: names for machine, names in found.items() if names != wanted}
    return [f"{machine} serves {sorted(names)}" for machine, names in odd.items()]


def other_statuses(cluster: Cluster) -> list[str]:
    wanted = {f"{admission_policies.plural(admission_policies.KINDS[0])}/status"}
    return [
        f"{machine} serves {names}"
        for machine, api in cluster.api_servers().items()
        if (names := subresources(api)) != wanted
    ]


PROPERTIES: Mapping[str, Callable[[Cluster], list[str]]] = {
    "is configured with all three members of etcd": quorum_settings.unknown_members,
    "is ready and has all three controllers in the endpoints of the kubernetes Service": (
        not_serving
    ),
    "routes aggregated requests to endpoints": not_routing,
    "serves both kinds of admission policy and of binding at v1": without_policies,
    "serves a status of validating admission policies only": other_statuses,
    "serves no lease candidates": with_candidates,
    "serves validating admission policies and bindings at v1, and no mutating ones": (
        other_than_validating
    ),
}
"""What is wrong with each API server, by what features call the property; nothing is good."""


@then(phrase("every API server {property_:Property}", Property=one_of(PROPERTIES)))
def each_does(cluster: Cluster, property_: str) -> None:
    must_be_none(PROPERTIES[property_](cluster), f"every API server {property_}")


def collections(kinds: Iterable[str]) -> set[str]:
    """Of policies and of their bindings."""
    return {admission_policies.plural(kind + end) for kind in kinds for end in ("", "Binding")}


def collections_of(api: Api) -> set[str]:
    return admission_policies.served(api) - subresources(api)


def subresources(api: Api) -> set[str]:
    return {name for name in admission_policies.served(api) if "/" in name}
