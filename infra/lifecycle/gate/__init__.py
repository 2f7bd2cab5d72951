"""The health gate: what has to be true of the cluster before any claim about it is judged."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from infra import parallel
from infra.cluster import Cluster
from infra.errors import ClaimError, ClusterBroken, NotJudged, NotPrepared
from infra.kube_api import ApiRefused
from infra.lifecycle.gate import (
    api_servers,
    clocks,
    etcd_members,
    load_balancer,
    pod_connectivity,
    workers,
)
from infra.timing import scaled
from infra.wait import eventually

WITHIN = 90.0
"""Seconds a cluster gets to become healthy: the longest is a node that reports Ready again
(heartbeat 10 s, status 10 s, a restarted kubelet about 30 s; T2, T5 of claims.md and half more)."""
Check = Callable[[Cluster], list[str]]
CHECKS: tuple[Check, ...] = (
    load_balancer.problems,
    clocks.problems,
    etcd_members.problems,
    api_servers.unready,
    api_servers.token_problems,
    api_servers.node_access_problems,
    api_servers.address_problems,
    workers.node_problems,
    workers.proxy_problems,
    workers.dns_problems,
)
"""In the order in which they are told: a cause before what comes of it."""
SERVING: tuple[Check, ...] = (api_servers.unready, workers.node_problems)
"""What is asked for by requests alone."""
WRITING: tuple[Check, ...] = (api_servers.token_use_problems, api_servers.secret_problems)
"""Only on a cluster that is well otherwise: a write that fails there may still come true later.

Not for the deep gate alone, which a run passes once: a key for signing that a disruptive scenario
or the sweep has not put back would show nowhere else before the next run. It costs no time: who is
asked for a token has answered before the Secrets, beside which it is asked, are gone again."""

OURS = "built_here"
NEEDED: Mapping[Check, tuple[str, ...]] = {
    clocks.problems: ("controller_shell", "worker_shell"),
    etcd_members.problems: ("etcdctl",),
    api_servers.unready: (),
    api_servers.token_problems: ("each_api_server", "controllers_1"),
    workers.node_problems: (),
    workers.proxy_problems: ("worker_shell", "kube_proxy"),
}
"""Means (infra/described/means.py) for each check that is made of others' clusters too; the others
are of what the series builds."""


def gate(cluster: Cluster, *, deep: bool = False, within: float = WITHIN) -> None:
    """Passes when the cluster is healthy, at once when it already is.

    A balancer that passes requests on, clocks that agree, etcd 3/3 with one leader and no alarm,
    three API servers ready by address, to which the Service kubernetes leads, which let kubelets
    renew their Leases and whose tokens and Secrets are good for one another, both Leases fresh,
    every worker a Ready node with a kube-proxy, CoreDNS available. ``deep`` also wants workers that
    take new Pods, which scenarios may prevent for a while, and lets Pods on each worker ask DNS, a
    Service of another worker and one of their own. A cluster that others built is asked for what is
    described of it, and has no Pods of the gate's.

    Errors: ClusterBroken with everything that is wrong.
    """
    with giving_up(cluster, within):
        await_none(partial(problems, cluster), "the cluster is healthy", within)
        if deep and cluster.is_ours:
            must_be_open(cluster)
            pod_connectivity.across_workers(cluster)


def serves(cluster: Cluster, *, within: float = WITHIN) -> None:
    """Passes when requests are answered and Pods can run and end: all that undoing needs, where the
    gate itself is still to come. It asks no machine for anything.

    Errors: as of ``gate``.
    """
    with giving_up(cluster, within):
        await_none(partial(found_by, SERVING, cluster), "the cluster serves", within)


def await_none(look: Callable[[], list[str]], what: str, within: float) -> None:
    eventually(look, lambda found: not found, within=scaled(within), every=0.5, what=what)


@contextmanager
def giving_up(cluster: Cluster, within: float) -> Iterator[None]:
    try:
        yield
    except (ClaimError, NotPrepared, ApiRefused) as error:
        # the first is on the first line, which is what reports show as the cause
        found = "\n  ".join(problems(cluster))
        wrong = f" after {scaled(within):g} s: {found}" if found else f": {error}"
        mend = "look with: ./kfs status; start over with: ./kfs down"
        raise ClusterBroken(
            f"the cluster is not healthy{wrong}\n"
            f"nothing can be judged on it; {mend if cluster.is_ours else 'mend it, and run again'}"
        ) from error


def must_be_open(cluster: Cluster) -> None:
    """Errors: ClaimError naming the workers that take no new Pods."""
    if found := workers.closed(cluster):
        raise ClaimError("\n  ".join(found))


def problems(cluster: Cluster) -> list[str]:
    """Everything that is wrong now, one sentence each; empty when healthy."""
    return found_by(checks_of(cluster), cluster) or found_by(writing_of(cluster), cluster)


def checks_of(cluster: Cluster) -> list[Check]:
    """Of a cluster that others built, those that its description has the means for."""
    return [check for check in CHECKS if all(map(cluster.has_means, NEEDED.get(check, (OURS,))))]


def writing_of(cluster: Cluster) -> tuple[Check, ...]:
    """Nothing is written into the namespaces of others."""
    return WRITING if cluster.is_ours else ()


def found_by(checks: Iterable[Check], cluster: Cluster) -> list[str]:
    asked = [partial(check, cluster) for check in checks]
    return parallel.found(asked, judged)


def judged(check: Callable[[], list[str]]) -> list[str]:
    """What a check found; one that could not look is a problem by itself."""
    try:
        return check()
    except NotJudged as error:
        return [str(error)]
