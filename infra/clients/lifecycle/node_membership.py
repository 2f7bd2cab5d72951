"""Whether a machine is a node, and what is bound to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from infra.clients.controlplane import leases
from infra.clients.node import node_leases
from infra.clients.workloads.pod_status import condition, is_ready
from infra.kube_api import Api, JsonObject


@dataclass(frozen=True)
class Member:
    """A Node's UID, and the status of its condition Ready (``True``, ``False``, ``Unknown``)."""

    uid: str
    ready: str


def member(api: Api, name: str) -> Member | None:
    """None when there is no such Node."""
    found = api.find(f"/api/v1/nodes/{name}")
    return None if found is None else read(found)


def members(api: Api) -> dict[str, Member]:
    return {name: read(node) for name, node in node_leases.nodes(api).items()}


def read(node: JsonObject) -> Member:
    return Member(node["metadata"]["uid"], str(condition(node, "Ready").get("status", "absent")))


def on_node(api: Api, node: str) -> dict[str, JsonObject]:
    """Pods of a node by UID, also those that are ending."""
    items = api.get("/api/v1/pods", fieldSelector=f"spec.nodeName={node}")["items"]
    return {pod["metadata"]["uid"]: pod for pod in items}


def bound(api: Api, node: str, namespace: str = "") -> list[str]:
    """Lease and Pods, all or a namespace's, that name the node, like ``Pod ns/name``; sorted."""
    metadata = [pod["metadata"] for pod in on_node(api, node).values()]
    found = [
        f"Pod {one['namespace']}/{one['name']}"
        for one in metadata
        if namespace in ("", one["namespace"])
    ]
    if api.find(leases.path(node, namespace=node_leases.NODES)) is not None:
        found.append(f"Lease {node}")
    return sorted(found)


def standing(api: Api, node: str, namespace: str) -> tuple[str, list[str]]:
    """Status of its condition Ready, or ``no Node``; what of that namespace is bound to it."""
    found = member(api, node)
    return found.ready if found else "no Node", bound(api, node, namespace)


def is_kept_unready(seen: tuple[str, list[str]]) -> bool:
    """Whether a node is there and not Ready, with its Lease and one Pod still bound to it."""
    ready, things = seen
    return ready in {"False", "Unknown"} and len(things) == 2


def addresses(pods: Iterable[JsonObject], node: str) -> list[str]:
    """Of the Ready ones among these Pods that run on the node."""
    return [p["status"]["podIP"] for p in pods if is_ready(p) and p["spec"]["nodeName"] == node]


def within(address: str, network: IPv4Network | None) -> bool:
    return network is not None and IPv4Address(address) in network


def is_missed(line: str, node: str) -> bool:
    """Whether a kubelet says here that its Node is not in the API."""
    return node in line and "not found" in line
