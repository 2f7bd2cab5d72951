"""Phrases about API servers and schedulers as processes, and what else runs on controllers."""

from pytest_bdd import given, then, when

from fixtures.worlds.faults import Faults
from infra.clients.controlplane import apiserver_endpoints, control_plane_snapshot, leases
from infra.clients.controlplane.apiserver_endpoints import Server
from infra.clients.controlplane.control_plane_snapshot import Stopped
from infra.cluster import Cluster
from infra.errors import require
from infra.timing import scaled
from infra.wait import consistently
from tests.steps.phrases import one_of, phrase

ALL_THREE = "all three controllers"


@given(
    "a controller whose controller manager and scheduler are standbys", target_fixture="leaderless"
)
def server_without_leader(cluster: Cluster) -> Server:
    return apiserver_endpoints.without_leader(cluster)


@given("API servers that serve Leases")
def leases_are_served(cluster: Cluster) -> None:
    for machine, api in cluster.api_servers().items():
        served = apiserver_endpoints.coordination_resources(api)
        require("leases" in served.get("v1", []), f"{machine} serves {served} (control)")


@when(
    phrase("the API server of that controller {acts:Acts}", Acts=one_of(["starts", "stops"])),
    target_fixture="stopped",
)
def api_server_acts(cluster: Cluster, leaderless: Server, faults: Faults, acts: str) -> Stopped:
    place = leaderless.machine, cluster.layout.units.api_server
    act = faults.stop if acts == "stops" else faults.start
    act(*place)
    return Stopped(place, leaderless.bystanders)


@when(phrase("all three schedulers {action:Action}", Action=one_of(["start", "stop"])))
def schedulers_act(cluster: Cluster, faults: Faults, action: str) -> None:
    for machine in cluster.spec.controllers:
        act = faults.stop if action == "stop" else faults.start
        act(machine.name, cluster.layout.units.scheduler)


@then(
    phrase(
        "within {limit:Duration} the endpoints of the kubernetes Service are {which:Which}",
        Which=one_of([ALL_THREE, "the other two controllers"]),
    )
)
def service_lists(cluster: Cluster, leaderless: Server, limit: float, which: str) -> None:
    wanted = apiserver_endpoints.addresses(cluster, () if which == ALL_THREE else leaderless.others)
    apiserver_endpoints.await_addresses(leaderless.api, wanted, within=scaled(limit))


@then("the identity Lease of that API server no longer exists")
def identity_gone(leaderless: Server) -> None:
    left = apiserver_endpoints.identity_leases(leaderless.api)
    assert set(left) == set(leaderless.others), f"identity Leases: {', '.join(left)}"


@then(phrase("for {lasting:Duration} every request through the load balancer is answered"))
def balancer_answers(cluster: Cluster, lasting: float) -> None:
    consistently(
        lambda: apiserver_endpoints.balanced_answer(cluster),
        lambda answer: answer == "200",
        lasting=scaled(lasting),
        every=0.2,
        what="answers of GETs through the load balancer, each on a new connection",
    )


@then("every other control-plane process is the same")
def others_run_on(cluster: Cluster, stopped: Stopped) -> None:
    now = control_plane_snapshot.look(cluster)
    found = control_plane_snapshot.differences(
        stopped.before, now, but=[stopped.place], lease=stopped.lease
    )
    assert not found, f"the stop of {stopped.place} touched: {'; '.join(found)}"


@then("no Lease in kube-system has a strategy")
def no_strategy(cluster: Cluster) -> None:
    found = {lease.name: lease.strategy for lease in leases.listed(cluster.api)}
    scheduler = cluster.layout.leases.scheduler
    require(scheduler in found, f"Leases of kube-system: {', '.join(found)} (control)")
    strategic = {name: strategy for name, strategy in found.items() if strategy}
    assert not strategic, f"a strategy is set on {strategic}"
