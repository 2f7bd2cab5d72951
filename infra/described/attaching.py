"""Attaches to a cluster that others built, by its description: nothing is entered that it has not.

Where it names no machine, the API's Ready nodes are the workers, and the one address of the API
stands for every API server (``ENDPOINT``): a claim about each of them is judged through it.
"""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from infra.cluster import Cluster, Entrance
from infra.described import kubeconfig, means
from infra.described.description import DescribedMachine, Description
from infra.described.kubeconfig import Access
from infra.described.shells import shells
from infra.errors import UserError
from infra.inventory import ClusterSpec, Machine, MachineName, Role
from infra.kube_api import Api, JsonObject
from infra.machine_layout import Layout

ENDPOINT = "api-endpoint"
"""The API servers of a cluster of which only one address is known."""
NODES = "/api/v1/nodes"
HTTPS = 443
CLOSING = ("NoSchedule", "NoExecute")
NO_ADDRESS = IPv4Address("0.0.0.0")
"""Of a machine that is not entered and not dialled."""


def attach(description: Description, state: Path) -> Cluster:
    """Errors: UserError naming what is not as the file says; ApiUnreachable, ApiRefused."""
    access = kubeconfig.read(description.kubeconfig, description.context)
    api = Api(access.server, access.credentials)
    must_be_of_version(api, description)
    nodes = {str(one["metadata"]["name"]): one for one in api.get(NODES)["items"]}
    servers = servers_of(description, access)
    addresses = {name: hostname(url) for name, url in servers.items()}
    spec = spec_of(description, access, nodes)
    closed = left_out(description, nodes)
    return Cluster(
        spec,
        state,
        shells(description, spec),
        addresses,
        Entrance(
            access.server,
            access.credentials,
            servers,
            description.kubeconfig,
            access.context,
            description.pki.directory if description.pki else None,
            means.lacks_of_nodes([one.name for one in spec.workers], closed)
            | means.lacks(description),
            closed,
        ),
    )


def must_be_of_version(api: Api, description: Description) -> None:
    """The claims are chosen by the version that the file names."""
    told = str(api.get("/version").get("gitVersion"))
    named = description.kubernetes
    if told != named and not told.startswith((f"{named}-", f"{named}+")):
        raise UserError(
            f'the cluster is of Kubernetes {told}, not {named}: write kubernetes = "{told}"'
        )


def servers_of(description: Description, access: Access) -> dict[str, str]:
    """Each API server's URL by its machine; the endpoint where no machine's own is known."""
    known = {one.name: one.api for one in description.machine if one.is_controller and one.api}
    if known or any(one.is_controller for one in description.machine):
        return known
    return {ENDPOINT: access.server}


def spec_of(
    description: Description, access: Access, nodes: Mapping[str, JsonObject]
) -> ClusterSpec:
    described = [machine for one in description.machine for machine in machines_of(one)]
    workers = [one for one in described if one.role is Role.WORKER]
    if strange := [one.name for one in workers if one.name not in nodes]:
        raise UserError(
            f"[[machine]] {strange[0]} is a worker and no node: write its node's name, one of "
            + ", ".join(nodes)
        )
    if not any(one.role is Role.CONTROLLER for one in described):
        described.append(Machine(MachineName(ENDPOINT), Role.CONTROLLER, NO_ADDRESS, ""))
    if not workers:
        described += [of_node(name, node) for name, node in nodes.items()]
    machines = tuple(
        one for one in described if one.role is not Role.WORKER or not closed(nodes[one.name])
    )
    return ClusterSpec(
        description.name,
        description.kubernetes,
        "existing",
        machines,
        layout=layout_of(description, access),
    )


def machines_of(one: DescribedMachine) -> list[Machine]:
    """One that is both stands in both lists."""
    roles = {
        Role.CONTROLLER: one.is_controller,
        Role.WORKER: one.is_worker,
        Role.LOAD_BALANCER: one.role == "load-balancer",
    }
    return [
        Machine(MachineName(one.name), role, one.private, "") for role, has in roles.items() if has
    ]


def of_node(name: str, node: JsonObject) -> Machine:
    addresses = {one["type"]: one["address"] for one in node["status"].get("addresses") or ()}
    try:
        private = IPv4Address(addresses.get("InternalIP", ""))
    except ValueError:
        private = NO_ADDRESS
    return Machine(MachineName(name), Role.WORKER, private, "")


def closed(node: JsonObject) -> str:
    """Why nothing is judged on a node; empty when Pods can be put there."""
    conditions = node["status"].get("conditions") or ()
    if not any(one["type"] == "Ready" and one["status"] == "True" for one in conditions):
        return "not Ready"
    if node["spec"].get("unschedulable"):
        return "cordoned"
    taints = node["spec"].get("taints") or ()
    return next((f"tainted {one['key']}" for one in taints if one["effect"] in CLOSING), "")


def left_out(description: Description, nodes: Mapping[str, JsonObject]) -> dict[str, str]:
    """Nodes on which nothing is judged, and why."""
    described = {one.name for one in description.machine if one.is_worker} or nodes.keys()
    return {name: why for name in nodes if name in described and (why := closed(nodes[name]))}


def layout_of(description: Description, access: Access) -> Layout:
    """With the port by which API servers are asked."""
    own = [one.api for one in description.machine if one.api]
    port = urlsplit(own[0] if own else access.server).port or HTTPS
    layout = description.layout.places
    return replace(layout, ports=replace(layout.ports, api_server=port))


def hostname(url: str) -> str:
    return urlsplit(url).hostname or ""
