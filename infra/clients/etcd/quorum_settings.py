"""What lets one member of etcd be lost: API servers that know them all, members that notice soon.

Read from what the running processes were started with: which member a scenario loses is luck, and
an API server that knows only another one would never be asked to do without.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from infra.clients.controlplane import process_flags
from infra.cluster import Cluster

SERVERS = "--etcd-servers"
TIMES: Mapping[str, str] = {"--heartbeat-interval": "100", "--election-timeout": "1000"}
"""Milliseconds, etcd's defaults (T19 of claims.md); "the same for all members in one cluster"."""
OWN = ("127.0.0.1", "localhost")


def unknown_members(cluster: Cluster) -> list[str]:
    """API servers that were not told of each member, and of which not."""
    names, wrong = cluster.names_by_address(), []
    for machine, given in process_flags.of_controllers(cluster, "kube-apiserver").items():
        urls = given.get(SERVERS, "").split(",")
        hosts = [urlsplit(url).hostname or "" for url in urls]
        known = {machine if host in OWN else names.get(host, host) for host in hosts}
        if missing := [str(m.name) for m in cluster.spec.controllers if m.name not in known]:
            wrong.append(
                f"that of {machine} knows nothing of etcd on {' and '.join(missing)}: "
                f"{SERVERS}={','.join(urls)}"
            )
    return wrong


def slow_members(cluster: Cluster) -> list[str]:
    """Members that beat or wait for a leader in other times than etcd's own."""
    return [
        f"{machine} has {name}={given[name]} ms, must be {must}"
        for machine, given in process_flags.of_controllers(cluster, "etcd").items()
        for name, must in TIMES.items()
        if given.get(name, must) != must
    ]
