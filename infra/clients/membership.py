"""Whether a machine is a node, and what is bound to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from infra.clients import leases
from infra.clients.api import Api, JsonObject
from infra.clients.heartbeats import NODES as NODE_LEASES
from infra.clients.pods import condition, is_ready


@dataclass(frozen=True)
class Member:
    """A Node's UID, and the status of its condition Ready (``True``, ``False``, ``Unknown``)."""

    uid: str
    ready: str


def member(api: Api, name: str) -> Member | None:
    """None when there is no such Node."""
    found = api.find(f"/api/v1/nodes/{name}")
    if found is None:
        return None
    return Member(found["metadata"]["uid"], str(condition(found, "Ready").get("status", "absent")))


def members(api: Api) -> dict[str, Member]:
    names = [item["metadata"]["name"] for item in api.get("/api/v1/nodes")["items"]]
    return {name: found for name in names if (found := member(api, name))}


def bound(api: Api, node: str) -> list[str]:
    """Pods and Lease that name the node, like ``Pod ns/name``; sorted."""
    pods = api.get("/api/v1/pods", fieldSelector=f"spec.nodeName={node}")["items"]
    found = [f"Pod {p['metadata']['namespace']}/{p['metadata']['name']}" for p in pods]
    if api.find(leases.path(node, namespace=NODE_LEASES)) is not None:
        found.append(f"Lease {node}")
    return sorted(found)


def addresses(pods: Iterable[JsonObject], node: str) -> list[str]:
    """Of the Ready ones among these Pods that run on the node."""
    return [p["status"]["podIP"] for p in pods if p["spec"]["nodeName"] == node and is_ready(p)]


def within(address: str, network: IPv4Network | None) -> bool:
    return network is not None and IPv4Address(address) in network


def is_missed(line: str, node: str) -> bool:
    """Whether a kubelet says here that its Node is not in the API."""
    return node in line and "not found" in line
