"""Health of etcd: three members that answer, one leader, no alarm."""

from collections.abc import Iterable, Mapping

from infra.clients.etcd import etcdctl
from infra.cluster import Cluster

FULL = (
    "it refuses every write until somebody disarms the alarm: `./kfs up` does, once its "
    "quota is back (etcdctl alarm disarm)"
)


def problems(cluster: Cluster) -> list[str]:
    endpoints = etcdctl.endpoints_of(cluster.spec)
    shell = cluster.shell(cluster.spec.controllers[0].name)
    statuses = etcdctl.Etcdctl(shell, endpoints).statuses()
    return member_problems(endpoints, statuses)


def member_problems(endpoints: Iterable[str], statuses: Iterable[etcdctl.Status]) -> list[str]:
    """What is wrong with a set of members; pure."""
    seen = {status.endpoint: status for status in statuses}
    found = [f"etcd {one} does not answer" for one in endpoints if one not in seen]
    found += error_problems(seen)
    leaders = {status.leader for status in seen.values()}
    if len(leaders) > 1 or 0 in leaders:
        names = ", ".join(f"{s.endpoint} names {s.leader:x}" for s in seen.values())
        found.append(f"etcd has no leader that all agree on: {names}")
    return found


def error_problems(seen: Mapping[str, etcdctl.Status]) -> list[str]:
    """Every member tells the alarms of all: each is told once, at the member that raised it."""
    found = []
    for status in seen.values():
        others = {f"memberID:{one.member} " for one in seen.values() if one is not status}
        own = [text.strip() for text in status.errors if not text.startswith(tuple(others))]
        if own:
            what = f"etcd {status.endpoint}: {', '.join(own)}"
            found.append(
                f"{what}; {FULL}" if any(etcdctl.NO_SPACE in text for text in own) else what
            )
    return found
