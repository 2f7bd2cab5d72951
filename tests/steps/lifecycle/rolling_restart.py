"""API servers restarted in turn, under a client that never retries and watches that go on."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import pytest
from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra import observed_places
from infra.clients.apimachinery.informer import Watching
from infra.clients.controlplane import control_plane_snapshot
from infra.clients.controlplane.control_plane_snapshot import Bystanders
from infra.clients.controlplane.lease_holders import Holders, Restarts
from infra.clients.lifecycle import availability_probe
from infra.clients.lifecycle.availability_probe import Asked, Asking, counted, trouble, worst
from infra.clients.transport import systemd
from infra.cluster import Cluster
from infra.computer import load
from infra.errors import ClaimError, claimed, require
from infra.kube_api import Api
from infra.timing import scaled
from infra.wait import SYSTEM, eventually
from suite.etcd.configmap_writer import Writer
from suite.expect import must_be_none
from tests.steps.controlplane.leader_election import TAKEOVER
from tests.steps.phrases import phrase

READY_AGAIN = 120
"""Seconds for a restarted API server: 10 to 45 s were measured on two busy cores."""
ANSWERED = 5.0
"""Seconds for one answer: a client that does not ask twice gives up then."""
AT_ONCE = 50
"""Questions of the client that may be open: more than it asks in the time for one answer."""
OBJECT = "/api/v1/namespaces/default"
"""Read from etcd on each request, so that only an API server that is ready can answer."""
NEEDS_NOTHING = "/version"
WATCHES = 6
"""So many that the balancer gives each API server some."""
QUORUM = 2


@dataclass(frozen=True)
class Drill:
    """What was before the restarts, when they were, and who held Leases meanwhile."""

    before: Bystanders
    restarts: Restarts
    holders: Holders


@dataclass(frozen=True)
class Watched:
    """Objects that are made at a pace, and watches that are to tell of each."""

    writer: Writer
    watches: tuple[Watching, ...]

    def missing(self) -> list[str]:
        """What watches have not told of, of the objects that an API server took."""
        made = {one.name for one in self.writer.written}
        gaps = [sorted(made - watch.names) for watch in self.watches]
        return [f"watch {n} missed {', '.join(gap)}" for n, gap in enumerate(gaps) if gap]


@pytest.fixture
def direct(cluster: Cluster) -> Iterator[dict[str, Asking]]:
    """The same client at each API server, past the balancer, by machine: the control of what the
    one at the balancer loses. It asks for what needs no etcd: that is not the computer's either.
    """
    with ExitStack() as stack:
        begun = {}
        for machine, api in cluster.api_servers().items():
            ask = partial(trouble, api, NEEDS_NOTHING, alone=True, timeout=scaled(ANSWERED))
            begun[machine] = Asking(ask, a_second=2).open()
            stack.callback(begun[machine].close)
        yield begun


@given(
    phrase(
        "a client that requests an object from the load balancer {pace:Count} times a "
        "second without a retry"
    ),
    target_fixture="client",
)
def steady_client(cluster: Cluster, direct: dict[str, Asking], pace: int) -> Iterator[Asking]:
    """``direct`` begins here, too."""
    ask = partial(trouble, cluster.api, OBJECT, alone=True, timeout=scaled(ANSWERED))
    client = Asking(ask, a_second=pace, at_once=AT_ONCE).open()
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def probes(cluster: Cluster) -> Iterator[dict[str, Asking]]:
    """Clients that ask each API server whether it is ready, by machine."""
    with ExitStack() as stack:
        begun = {}
        for machine, api in cluster.api_servers().items():
            probe = Asking(partial(trouble, api, "/readyz", timeout=scaled(ANSWERED)), a_second=2)
            begun[machine] = probe.open()
            stack.callback(probe.close)
        yield begun


@given(
    "watches through the load balancer, and a client that creates an object every second",
    target_fixture="watches",
)
def watches(cluster: Cluster, namespace: str) -> Iterator[Watched]:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    with ExitStack() as stack:
        kept = tuple(Watching(cluster.api, path).open() for _ in range(WATCHES))
        for watch in kept:
            stack.callback(watch.close)
        writer = writer_of(cluster, namespace).open()
        stack.callback(writer.close)
        yield Watched(writer, kept)


def writer_of(cluster: Cluster, namespace: str) -> Writer:
    """One that keeps its pace, and asks no server twice."""
    timeout = scaled(ANSWERED)
    return Writer(cluster.api, namespace, a_second=1, timeout=timeout, at_once=AT_ONCE)


@when(
    "the API servers restart in turn, each after the previous one is ready",
    target_fixture="rolled",
)
def restart_in_turn(cluster: Cluster, probes: dict[str, Asking]) -> Iterator[Drill]:
    before, restarts = members_of_etcd(cluster), Restarts()
    holders = Holders(cluster.api, cluster.layout.leases.elected).open()
    try:
        for machine, api in cluster.api_servers().items():
            restart(cluster, machine, api, restarts)
        yield Drill(before, restarts, holders)
    finally:
        holders.close()


def members_of_etcd(cluster: Cluster) -> Bystanders:
    return control_plane_snapshot.look(cluster, names=[cluster.layout.units.etcd])


def restart(cluster: Cluster, machine: str, api: Api, restarts: Restarts) -> None:
    """An API server that does not come back is an outage. Errors: ClaimError."""
    restarts.begun[machine] = SYSTEM.now()
    systemd.restart(cluster.shell(machine), cluster.layout.units.api_server, reread=False)
    with claimed():
        await_ready(machine, api)
    restarts.ready[machine] = SYSTEM.now()


def await_ready(machine: str, api: Api) -> None:
    eventually(
        partial(trouble, api, "/readyz", timeout=scaled(ANSWERED)),
        lambda wrong: not wrong,
        within=scaled(READY_AGAIN),
        what=f"the API server of {machine} is ready again",
    )


@then(phrase("the client had no outage longer than {limit:Duration}"))
def no_outage(
    client: Asking, direct: dict[str, Asking], rolled: Drill, evidence: Evidence, limit: float
) -> None:
    client.close()
    lost = availability_probe.lost_anyway(client, direct, rolled.restarts.span)
    gross, net = (worst(client.asked, apart=scaled(limit), lost=one) for one in ((), lost))
    failed = [one for one in client.asked if one.wrong]
    record(evidence, client, gross=gross, net=net, limit=limit)
    if net > scaled(limit):
        raise ClaimError(f"{net:.1f} s of failures, {limit:g} allowed: {failed[:3]}")
    require(gross <= scaled(limit), outside(gross, lost))


def record(evidence: Evidence, client: Asking, *, gross: float, net: float, limit: float) -> None:
    failed = sum(bool(one.wrong) for one in client.asked)
    figures = {"asked": len(client.asked), "failed": failed, "longest outage, s": gross}
    more = {"without outside load, s": net, "allowed, s": limit}
    evidence.record("a client that does not retry", "figures", {**figures, **more})


def outside(gross: float, lost: list[availability_probe.Span]) -> str:
    seconds = sum(end - begin for begin, end in lost)
    return (
        f"outside load, not the balancer: {load.here()}; {gross:.1f} s of failures, but API "
        f"servers that were not restarted did not answer for {seconds:.1f} s either"
    )


def closed(cluster: Cluster, probes: dict[str, Asking]) -> dict[str, tuple[Asked, ...]]:
    """What each API server answered until now; nothing is asked any more."""
    for machine, probe in probes.items():
        probe.close()
        observed_places.looked(machine, observed_places.API_SERVER)
    return {machine: probe.asked for machine, probe in probes.items()}


@then("at least two API servers were always ready")
def ready_at_any_time(
    cluster: Cluster,
    probes: dict[str, Asking],
    direct: dict[str, Asking],
    rolled: Drill,
    evidence: Evidence,
) -> None:
    asked = closed(cluster, probes)
    evidence.table("answers on readiness", "machine, asked, not ready", counted(asked))
    spared = availability_probe.without_load(probes, direct, rolled.restarts.span)
    fewest, when = availability_probe.fewest_at_once(spared)
    if fewest < QUORUM:
        raise ClaimError(f"{fewest} API servers were ready at {when:.1f} s, {QUORUM} wanted")
    seen, _ = availability_probe.fewest_at_once(asked)
    require(seen >= QUORUM, f"outside load: {load.here()}; {seen} API servers answered in time")


@then(phrase("within {limit:Duration} every watch has reported every object"))
def watches_saw_all(watches: Watched, evidence: Evidence, limit: float) -> None:
    watches.writer.close()
    breaks = [(n, len(w.names), len(w.broken)) for n, w in enumerate(watches.watches)]
    evidence.table("watches", "watch, objects, times broken off", breaks)
    require(sum(row[2] for row in breaks), "no watch was broken off by the restarts (control)")
    require(watches.writer.written, f"no object was made: {watches.writer.failures[:1]}")
    what = "every watch goes on where it broke off"
    eventually(watches.missing, lambda gaps: not gaps, within=scaled(limit), what=what)


@then(
    "no etcd member has restarted, and Leases moved only from machines whose API server restarted"
)
def others_untouched(cluster: Cluster, rolled: Drill) -> None:
    rolled.holders.close()
    now = members_of_etcd(cluster)
    changed = list(control_plane_snapshot.process_differences(rolled.before, now).values())
    moves = rolled.holders.moves()
    strange = [m for m in moves if not rolled.restarts.explain(m, within=scaled(TAKEOVER))]
    must_be_none([*changed, *map(str, strange)], "restarts of API servers touch nothing else")
