"""Load balancers that somebody has changed by mistake (articles 9 and 64)."""

from collections.abc import Callable

from infra.cluster import Cluster
from tests.mutants.changes import OTHER, edit, restart
from tests.mutants.mutant import Mutant

SERVER = f"server {OTHER} 10.0.1.13:6443"


def balancer_with(old: str, new: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        machine = cluster.spec.load_balancer.name
        edit(cluster, machine, "/etc/haproxy/haproxy.cfg", old, new)
        restart(cluster, machine, "haproxy")

    return change


MUTANTS = (
    Mutant(
        "a balancer that notices late",
        "64.12",
        "controller-0 is asked for GET /readyz each 15 s, and left after 5 failures",
        balancer_with("inter 2s fastinter 1s fall 3", "inter 15s fastinter 5s fall 5"),
        or_says="s of failures, 9 allowed",
    ),
    Mutant(
        "a balancer that asks for a version",
        "64.12",
        "controller-0 is asked for GET /version",
        balancer_with("option httpchk GET /readyz", "option httpchk GET /version"),
        or_says="s of failures, 9 allowed",
    ),
    Mutant(
        "a balancer that leaves an API server aside",
        "64.12",
        f"{OTHER} has none, it is backup",
        balancer_with(SERVER, f"{SERVER} backup"),
    ),
    Mutant(
        "a balancer that cuts silent watches off",
        "64.12",
        "timeout server is 10 s",
        balancer_with("timeout server 1h", "timeout server 10s"),
    ),
    Mutant(
        "a balancer that asks one API server for the health of another",
        "64.12",
        f"{OTHER} is asked for GET /readyz at addr 10.0.1.11",
        balancer_with(SERVER, f"{SERVER} addr 10.0.1.11"),
    ),
    Mutant(
        "a balancer that takes any answer for readiness",
        "64.12",
        "wanting ! status 404",
        balancer_with("http-check expect status 200", "http-check expect ! status 404"),
    ),
    Mutant(
        "a balancer that gives one API server everything",
        "64.12",
        "controller-0 has none, it is chosen by balance first",
        balancer_with("balance roundrobin", "balance first"),
    ),
)
