"""What a restored member holds, compared with the running etcd and with the API."""

from collections.abc import Iterable, Mapping

from infra.clients.etcd.etcdctl import Entry, Etcdctl
from infra.kube_api import Api
from suite.etcd.configmap_writer import Written

NODES = "/registry/minions/"
"""Where API servers store Nodes, by a name older than theirs."""
SHOWN = 5
"""How many keys a message names."""


def different(live: Mapping[str, Entry], restored: Mapping[str, Entry]) -> list[str]:
    """Keys that only one of the two has, or whose bytes or revisions differ.

    A key with a lease may be gone: in the restored member nobody renews it, and the API servers'
    own end after 15 s (T21 of claims.md).
    """
    found = [
        f"{key} is not in the restored member"
        for key, entry in live.items()
        if key not in restored and not entry.lease
    ]
    found += [f"{key} is only in the restored member" for key in restored if key not in live]
    found += [
        f"{key}: {len(live[key].value)} bytes of revision {live[key].mod_revision} became "
        f"{len(restored[key].value)} bytes of revision {restored[key].mod_revision}"
        for key in live
        if key in restored
        and (live[key].value, live[key].mod_revision)
        != (restored[key].value, restored[key].mod_revision)
    ]
    more = [f"... and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return found[:SHOWN] + more


def wrong_nodes(api: Api, restored: Mapping[str, Entry]) -> list[str]:
    """Nodes of the API whose UID is not in the bytes that the restored member holds."""
    items = api.get("/api/v1/nodes")["items"]
    found = [] if items else ["the API tells of no Node"]
    for item in items:
        name, uid = item["metadata"]["name"], item["metadata"]["uid"]
        entry = restored.get(NODES + name)
        if entry is None or uid.encode() not in entry.value:
            found.append(f"Node {name} with UID {uid}")
    return found


def misplaced(written: Iterable[Written], restored: Iterable[str], *, revision: int) -> list[str]:
    """Writes up to ``revision`` that are missing, and later ones that are there."""
    names = {key.rsplit("/", 1)[1] for key in restored}
    found = []
    for one in written:
        if one.revision <= revision and one.name not in names:
            found.append(f"{one.name} of revision {one.revision} is missing")
        if one.revision > revision and one.name in names:
            found.append(f"{one.name} of later revision {one.revision} is there")
    return found


def sides(written: Iterable[Written], revision: int) -> tuple[int, int]:
    """How many were written up to a revision, and how many later."""
    revisions = [one.revision for one in written]
    early = sum(1 for one in revisions if one <= revision)
    return early, len(revisions) - early


def not_alone(restored: Etcdctl, live: Etcdctl) -> list[str]:
    """Why a restored member is not a healthy cluster of its own beside the running one."""
    own, theirs = restored.statuses(), live.statuses()
    found = [f"{h.endpoint} is not healthy: {h.error}" for h in restored.health() if not h.healthy]
    if {s.cluster for s in own} & {s.cluster for s in theirs} or not own:
        found.append(f"its cluster is {[s.cluster for s in own]}")
    if set(restored.members()) & set(live.members()):
        found.append("it has a member of the running cluster")
    if len(live.members()) != 3:
        found.append(f"the running cluster has {len(live.members())} members now")
    return found
