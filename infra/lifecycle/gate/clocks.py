"""Health of the clocks and of the Leases that are renewed by them."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from infra import parallel
from infra.clients.controlplane import leases
from infra.clients.node import clocks
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import need

LATE = 5.0
"""Seconds a Lease may be over its duration: a takeover in progress is not a broken cluster yet."""
Readings = Mapping[str, clocks.Reading]


def problems(cluster: Cluster) -> list[str]:
    """Clocks first: one that differs is no reason to blame who renews a Lease by it."""
    readings, found = read(cluster)
    return [*found, *clocks.differing(readings), *lease_problems(cluster, readings)]


def read(cluster: Cluster) -> tuple[Readings, list[str]]:
    """Every machine's clock, and a sentence for each machine that did not tell it."""
    names = [str(machine.name) for machine in cluster.spec.machines]

    def look(name: str) -> clocks.Reading | NotJudged:
        try:
            return clocks.read(cluster.shell(name))
        except NotJudged as error:
            return error

    seen = parallel.by_item(names, look)
    readings = {name: one for name, one in seen.items() if isinstance(one, clocks.Reading)}
    return readings, [str(one) for one in seen.values() if isinstance(one, NotJudged)]


def lease_problems(cluster: Cluster, readings: Readings) -> list[str]:
    """A Lease's age is told by the clock of who renews it; the API server's may be another."""
    found: list[str] = []
    for name in cluster.layout.leases.elected:
        answer = cluster.api.ask("GET", leases.path(name))
        lease = leases.parse(need(answer))
        own = readings.get(lease.machine)
        found += stale(lease, own.now() if own else parsedate_to_datetime(answer.headers["Date"]))
    return found


def stale(lease: leases.Lease, now: datetime) -> list[str]:
    if not lease.holder or lease.renewed is None:
        return [f"nobody holds the Lease {lease.name}"]
    age = (now - lease.renewed).total_seconds()
    if age > (lease.duration or 0) + LATE:
        return [f"{lease.holder} renewed the Lease {lease.name} {age:.0f} s ago"]
    return []
