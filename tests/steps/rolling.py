"""API servers restarted in turn, under a client that never retries."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from pytest_bdd import given, then, when

from fixtures.recording import Evidence
from infra.clients import asking, bystanders, units
from infra.clients.api import Api
from infra.clients.asking import Asking, trouble
from infra.clients.bystanders import Bystanders
from infra.clients.running import must_be_none
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.timing import scaled
from infra.wait import eventually
from tests.steps.phrases import phrase

READY_AGAIN = 120
"""Seconds for a restarted API server: 10 to 45 s were measured on two busy cores."""
ANSWERED = 5.0
"""Seconds for one answer: a client that does not ask twice gives up then."""
QUORUM = 2
MARGIN = 1.5
"""Of the time the balancer takes by its constants (claims.md, section c)."""


@given(
    phrase("a client that asks the load balancer {pace:Count} times a second and never again"),
    target_fixture="client",
)
def steady_client(cluster: Cluster, pace: int) -> Iterator[Asking]:
    api = cluster.api
    client = Asking(
        partial(trouble, api, "/version", alone=True, timeout=ANSWERED), a_second=pace
    ).open()
    try:
        yield client
    finally:
        client.close()


@given("each API server is asked whether it is ready", target_fixture="probes")
def probes(cluster: Cluster) -> Iterator[dict[str, Asking]]:
    with ExitStack() as stack:
        begun = {}
        for machine, api in cluster.api_servers().items():
            probe = Asking(partial(trouble, api, "/readyz", timeout=ANSWERED), a_second=2)
            begun[machine] = probe.open()
            stack.callback(probe.close)
        yield begun


@when(
    "the API servers are restarted in turn, each once the one before is ready",
    target_fixture="before",
)
def restart_in_turn(cluster: Cluster, probes: dict[str, Asking]) -> Bystanders:
    before = bystanders.look(cluster, names=["etcd"])
    for machine, api in cluster.api_servers().items():
        units.restart(cluster.shell(machine), units.API_SERVER)
        await_ready(machine, api)
    return before


def await_ready(machine: str, api: Api) -> None:
    eventually(
        partial(trouble, api, "/readyz", timeout=ANSWERED),
        lambda wrong: not wrong,
        within=scaled(READY_AGAIN),
        what=f"the API server of {machine} is ready again",
    )


@then("the client was never without an answer for longer than the load balancer takes to notice")
def no_outage(cluster: Cluster, client: Asking, evidence: Evidence) -> None:
    client.close()
    allowed = asking.noticing(cluster.shell(cluster.spec.load_balancer.name)) * MARGIN
    worst = asking.worst(client.asked, apart=allowed)
    failed = [one for one in client.asked if one.wrong]
    figures = {"asked": len(client.asked), "failed": len(failed), "longest outage, s": worst}
    evidence.record("a client that does not retry", "figures", {**figures, "allowed, s": allowed})
    if worst > scaled(allowed):
        raise ClaimError(f"{worst:.1f} s of failures, {allowed:.1f} allowed: {failed[:3]}")


@then("two API servers were ready at any time")
def ready_at_any_time(probes: dict[str, Asking], evidence: Evidence) -> None:
    for probe in probes.values():
        probe.close()
    asked = {machine: probe.asked for machine, probe in probes.items()}
    evidence.table("answers on readiness", "machine, asked, not ready", asking.counted(asked))
    fewest, when = asking.fewest_at_once(asked)
    if fewest < QUORUM:
        raise ClaimError(f"{fewest} API servers were ready at {when:.1f} s, {QUORUM} wanted")


@then("a watch through the load balancer sees a new object")
def watch_sees(cluster: Cluster, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    version = cluster.api.get(path)["metadata"]["resourceVersion"]
    cluster.api.create(path, {"metadata": {"name": "later"}})
    events = cluster.api.watch(path, seconds=20, resourceVersion=version)
    seen = next((event["object"]["metadata"]["name"] for event in events), "nothing")
    if seen != "later":
        raise ClaimError(f"a watch through the balancer should see the new ConfigMap; saw {seen}")


@then("no member of etcd was restarted")
def etcd_untouched(cluster: Cluster, before: Bystanders) -> None:
    now = bystanders.look(cluster, names=["etcd"])
    changed = bystanders.process_differences(before, now)
    must_be_none(list(changed.values()), "restarts of API servers touch no member of etcd")
