"""The health gate: what has to be true of the cluster before any claim about it is judged."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial

from infra import reach
from infra.clients import etcd, leases
from infra.clients.api import Api, need
from infra.cluster import Cluster
from infra.errors import ClusterBroken, LabError, WaitTimeout
from infra.timing import scaled
from infra.wait import eventually

WITHIN = 90.0
"""Seconds a cluster gets to become healthy: the longest is a node that reports Ready again
(heartbeat 10 s, status 10 s, a restarted kubelet about 30 s; T2, T5 of claims.md and half more)."""
ELECTED = ("kube-controller-manager", "kube-scheduler")
LATE = 5.0
"""Seconds a Lease may be over its duration: a takeover in progress is not a broken cluster yet."""
Check = Callable[[Cluster], list[str]]


def gate(cluster: Cluster, *, deep: bool = False, within: float = WITHIN) -> None:
    """Passes when the cluster is healthy, at once when it already is.

    etcd 3/3 with one leader, three API servers ready by address and of one key for tokens, both
    Leases fresh, every worker a Ready node, CoreDNS available; ``deep`` also lets Pods on each
    worker ask DNS and a Service of another worker.

    Errors: ClusterBroken with everything that is wrong.
    """
    try:
        eventually(
            lambda: problems(cluster),
            lambda found: not found,
            within=scaled(within),
            every=0.5,
            what="the cluster is healthy",
        )
        if deep:
            reach.across_workers(cluster)
    except WaitTimeout as error:
        # the first is on the first line, which is what reports show as the cause
        wrong = "\n  ".join(problems(cluster) or [str(error)])
        raise ClusterBroken(
            f"the cluster is not healthy after {scaled(within):g} s: {wrong}\n"
            "nothing can be judged on it; look with: python -m infra status; "
            "begin anew with: python -m infra down"
        ) from error


def problems(cluster: Cluster) -> list[str]:
    """Everything that is wrong now, one sentence each; empty when healthy."""
    checks: list[Callable[[], list[str]]] = [
        partial(api_server_problems, cluster, machine.name) for machine in cluster.spec.controllers
    ]
    checks += [partial(check, cluster) for check in CHECKS]
    with ThreadPoolExecutor(len(checks)) as pool:
        return [text for found in pool.map(judged, checks) for text in found]


def judged(check: Callable[[], list[str]]) -> list[str]:
    """What a check found; one that could not look is a problem by itself."""
    try:
        return check()
    except LabError as error:
        return [str(error)]


def api_server_problems(cluster: Cluster, machine: str) -> list[str]:
    answer = cluster.api_of(machine).ask("GET", "/readyz")
    return [] if answer.status == 200 else [f"API server of {machine}: {answer.text[:300]}"]


def token_problems(cluster: Cluster) -> list[str]:
    """A token made by one API server must be good for the others, or answers change by luck."""
    keys = {name: keys_of(api) for name, api in cluster.api_servers().items()}
    first, *others = keys
    return [
        f"API servers of {first} and {other} know different keys of service accounts"
        for other in others
        if keys[other] != keys[first]
    ]


def keys_of(api: Api) -> list[str]:
    """Public keys by which an API server knows tokens of service accounts (RFC 7517)."""
    return sorted(key["kid"] for key in api.get("/openid/v1/jwks")["keys"])


def etcd_problems(cluster: Cluster) -> list[str]:
    endpoints = etcd.endpoints_of(cluster.spec)
    shell = cluster.shell(cluster.spec.controllers[0].name)
    statuses = etcd.Etcdctl(shell, endpoints).statuses()
    return member_problems(endpoints, statuses)


def member_problems(endpoints: Iterable[str], statuses: Iterable[etcd.Status]) -> list[str]:
    """What is wrong with a set of members; pure."""
    seen = {status.endpoint: status for status in statuses}
    found = [f"etcd {one} does not answer" for one in endpoints if one not in seen]
    found += [f"etcd {s.endpoint}: {', '.join(s.errors)}" for s in seen.values() if s.errors]
    leaders = {status.leader for status in seen.values()}
    if len(leaders) > 1 or 0 in leaders:
        names = ", ".join(f"{s.endpoint} names {s.leader:x}" for s in seen.values())
        found.append(f"etcd has no leader that all agree on: {names}")
    return found


def lease_problems(cluster: Cluster) -> list[str]:
    found: list[str] = []
    for name in ELECTED:
        answer = cluster.api.ask("GET", leases.path(name))
        lease = leases.parse(need(answer))
        now = parsedate_to_datetime(answer.headers["Date"])  # the API server's own clock
        found += stale(lease, now)
    return found


def stale(lease: leases.Lease, now: datetime) -> list[str]:
    if not lease.holder or lease.renewed is None:
        return [f"nobody holds the Lease {lease.name}"]
    age = (now - lease.renewed).total_seconds()
    if age > (lease.duration or 0) + LATE:
        return [f"{lease.holder} renewed the Lease {lease.name} {age:.0f} s ago"]
    return []


def node_problems(cluster: Cluster) -> list[str]:
    items = cluster.api.get("/api/v1/nodes")["items"]
    ready = {item["metadata"]["name"] for item in items if condition(item, "Ready") == "True"}
    return [f"node {m.name} is not Ready" for m in cluster.spec.workers if m.name not in ready]


def dns_problems(cluster: Cluster) -> list[str]:
    found = cluster.api.get("/apis/apps/v1/namespaces/kube-system/deployments/coredns")
    return [] if condition(found, "Available") == "True" else ["CoreDNS is not available"]


def condition(item: dict[str, object], kind: str) -> str:
    status = item.get("status")
    conditions = status.get("conditions") if isinstance(status, dict) else None
    return next((c["status"] for c in conditions or () if c["type"] == kind), "absent")


CHECKS: tuple[Check, ...] = (
    token_problems,
    etcd_problems,
    lease_problems,
    node_problems,
    dns_problems,
)
