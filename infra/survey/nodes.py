"""What the API tells of a cluster's machines: nodes, API servers, Pods that are components.

Only reads: docs/your-cluster-role.yaml has the rights, and a test holds it equal to the calls.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from infra.kube_api import Api, ApiRefused, JsonObject
from infra.survey.command_lines import Started, of_pod

VERSION = "/version"
NODES = "/api/v1/nodes"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
PODS = "/api/v1/namespaces/kube-system/pods"
OF_THE_API = {"labelSelector": "kubernetes.io/service-name=kubernetes"}
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
"""Label and taint; kubernetes.io, "Well-Known Labels, Annotations and Taints"."""
T = TypeVar("T")


@dataclass(frozen=True)
class Node:
    """``address`` is its InternalIP, empty without one; ``others`` are all its other addresses."""

    name: str
    address: str
    others: tuple[str, ...]
    is_control_plane: bool
    takes_pods: bool
    kubelet: str
    system: str


@dataclass(frozen=True)
class Answers:
    """``refused`` are sentences on what could not be asked; ``servers`` are addresses and ports of
    API servers, as they publish themselves.
    """

    version: str
    nodes: tuple[Node, ...]
    servers: tuple[tuple[str, int], ...]
    components: tuple[Started, ...]
    refused: tuple[str, ...]


def look(api: Api) -> Answers:
    """Errors: ApiUnreachable; ApiRefused when not even the version is told."""
    refused: list[str] = []

    def asked(what: str, ask: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        try:
            return ask()
        except ApiRefused as error:
            refused.append(f"{what} could not be listed: {error.answer.message}")
            return ()

    return Answers(
        version=str(api.get(VERSION)["gitVersion"]),
        nodes=asked("nodes", lambda: tuple(map(node, api.get(NODES)["items"]))),
        servers=asked(
            "addresses of API servers", lambda: tuple(servers(api.get(SLICES, **OF_THE_API)))
        ),
        components=asked("Pods of kube-system", lambda: tuple(components(api.get(PODS)))),
        refused=tuple(refused),
    )


def node(told: JsonObject) -> Node:
    meta, spec, status = told["metadata"], told.get("spec", {}), told.get("status", {})
    addresses = [(one["type"], str(one["address"])) for one in status.get("addresses", [])]
    internal = [address for kind, address in addresses if kind == "InternalIP"]
    address = next((one for one in internal if ":" not in one), "")
    taints = {one["key"] for one in spec.get("taints", []) if one["effect"] != "PreferNoSchedule"}
    info = status.get("nodeInfo", {})
    return Node(
        str(meta["name"]),
        address,
        tuple(dict.fromkeys(one for _, one in addresses if one != address)),
        is_control_plane=CONTROL_PLANE in (meta.get("labels") or {}),
        takes_pods=CONTROL_PLANE not in taints,
        kubelet=str(info.get("kubeletVersion", "")),
        system=str(info.get("osImage", "")),
    )


def servers(slices: JsonObject) -> Iterator[tuple[str, int]]:
    """Those of IPv4: a machine's private address is one."""
    for one in slices["items"]:
        ports = [port["port"] for port in one.get("ports") or [] if port.get("name") == "https"]
        if one.get("addressType") == "IPv4" and ports:
            for endpoint in one.get("endpoints") or []:
                yield from ((str(address), int(ports[0])) for address in endpoint["addresses"])


def components(pods: JsonObject) -> Iterator[Started]:
    """Of Pods that run: a DaemonSet's for a node that is gone stays Pending."""
    for pod in pods["items"]:
        if pod.get("status", {}).get("phase") == "Running":
            yield from of_pod(pod)
