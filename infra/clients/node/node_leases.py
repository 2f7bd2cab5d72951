"""Leases that are renewed as a sign of life: one a node, one an API server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from infra.clients.controlplane import leases
from infra.clients.controlplane.leases import Lease, LeaseWatch
from infra.kube_api import Api, JsonObject

NODES = "kube-node-lease"


@dataclass(frozen=True)
class Status:
    """A node's status as it was ``sent``; ``told`` is all of it but the times of heartbeats."""

    sent: str
    told: str


@dataclass(frozen=True)
class Heartbeats:
    """Leases by what they speak for, each under watch.

    ``reported``: what each node's status was, and when it was sent, as far as we looked.
    """

    api: Api
    start: Mapping[str, Lease]
    watches: Mapping[str, LeaseWatch]
    reported: dict[str, list[Status]] = field(default_factory=dict)

    def close(self) -> None:
        for watch in self.watches.values():
            watch.close()

    def look(self) -> dict[str, int]:
        """Whole seconds since each was renewed, by our clock; notes the nodes' status too."""
        for name, item in nodes(self.api).items():
            seen, now = self.reported.setdefault(name, []), status_of(item)
            if now not in seen[-1:]:
                seen.append(now)
        return {
            name: round(watch.now() - watch.changes()[-1].at)
            for name, watch in self.watches.items()
        }

    def never_renewed(self) -> list[str]:
        """Those that we never saw renewed: a short age of a dead watch proves nothing."""
        return [name for name, watch in self.watches.items() if len(watch.changes()) < 2]

    def busy_reporters(self) -> dict[str, int]:
        """Nodes that sent their status more than once without any news, and how often.

        News (a volume, an image) is sent at once, and other scenarios may make some.
        """
        sent = {
            name: sum(a.sent != b.sent and a.told == b.told for a, b in pairwise(seen))
            for name, seen in self.reported.items()
        }
        return {name: count for name, count in sent.items() if count > 1}


def follow(api: Api, found: Mapping[str, Lease], *, namespace: str) -> Heartbeats:
    watches = {
        name: LeaseWatch(api, lease.name, namespace=namespace).open()
        for name, lease in found.items()
    }
    return Heartbeats(api, dict(found), watches)


def of_nodes(api: Api) -> Heartbeats:
    found = {lease.name: lease for lease in leases.listed(api, namespace=NODES)}
    return follow(api, found, namespace=NODES)


def nodes(api: Api) -> dict[str, JsonObject]:
    return {item["metadata"]["name"]: item for item in api.get("/api/v1/nodes")["items"]}


def status_of(node: JsonObject) -> Status:
    """When it was sent is the heartbeat of its Ready condition."""
    status = node["status"]
    conditions = [{**one, "lastHeartbeatTime": ""} for one in status["conditions"]]
    times = (c["lastHeartbeatTime"] for c in status["conditions"] if c["type"] == "Ready")
    told = json.dumps({**status, "conditions": conditions}, sort_keys=True)
    return Status(next(times, "never"), told)


def wrong_node_leases(
    found: Mapping[str, Lease], existing: Mapping[str, JsonObject], *, lasting: float
) -> list[str]:
    """What is wrong: a node without, another holder, duration or owner, or a stray Lease."""
    wrong = [f"node {name} has no Lease" for name in existing if name not in found]
    for name, lease in found.items():
        if name not in existing:
            wrong.append(f"Lease {name} belongs to no node")
            continue
        if lease.holder != name:
            wrong.append(f"Lease {name} is held by {lease.holder!r}")
        if lease.duration != lasting:
            wrong.append(f"Lease {name} lasts {lease.duration} s")
        if lease.owner_uids != (existing[name]["metadata"]["uid"],):
            wrong.append(f"Lease {name} is owned by {lease.owner_uids}, not by its Node")
    return wrong
