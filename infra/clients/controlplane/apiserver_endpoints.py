"""The API servers as the cluster itself lists them: identity Leases and the kubernetes Service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.clients.controlplane import control_plane_snapshot, leases
from infra.clients.controlplane.control_plane_snapshot import Bystanders
from infra.clients.controlplane.leases import Lease
from infra.clients.workloads.pod_status import condition
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import Api, ApiUnreachable, JsonObject
from infra.wait import eventually

IDENTITY = "apiserver.kubernetes.io/identity=kube-apiserver"
HOSTNAME = "kubernetes.io/hostname"
"""Labels of an identity Lease (K pkg/controlplane/apiserver/server.go)."""
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
MIRROR = "kubernetes.io/config.mirror"
"""Annotation of a Pod that mirrors a static one (K pkg/kubelet/types/pod_update.go)."""


@dataclass(frozen=True)
class Server:
    """An API server about to be stopped, seen through another one. ``others`` stay."""

    machine: str
    api: Api
    bystanders: Bystanders
    others: tuple[str, ...]


def identity_leases(api: Api) -> dict[str, Lease]:
    """Identity Leases by machine."""
    return {
        lease.labels.get(HOSTNAME, lease.name): lease
        for lease in leases.listed(api, selector=IDENTITY)
    }


def service_endpoints(api: Api) -> list[tuple[str, bool]]:
    """Addresses of the Service ``kubernetes``, where Pods find API servers, and whether each is
    ready: each API server adds the address that it advertises.
    """
    items = api.get(SLICES, labelSelector="kubernetes.io/service-name=kubernetes")["items"]
    return [
        (str(address), bool((endpoint.get("conditions") or {}).get("ready", True)))
        for item in items
        for endpoint in item.get("endpoints") or ()
        for address in endpoint["addresses"]
    ]


def service_addresses(api: Api) -> list[str]:
    """Ready addresses of the Service ``kubernetes``, sorted."""
    return sorted(address for address, ready in service_endpoints(api) if ready)


def standing(api: Api) -> tuple[str, list[str]]:
    """Whether one API server says that it is ready, and the addresses that it lists."""
    try:
        answer = api.ask("GET", "/readyz")
        return ("ready", service_addresses(api)) if answer.ok else (answer.text[:200], [])
    except ApiUnreachable as error:
        return str(error), []


def await_addresses(api: Api, wanted: list[str], *, within: float) -> None:
    """Errors: WaitTimeout with what the Service listed."""
    eventually(
        lambda: service_addresses(api),
        lambda found: found == wanted,
        within=within,
        what=f"addresses of the Service kubernetes become {', '.join(wanted)}",
    )


def coordination_resources(api: Api) -> dict[str, list[str]]:
    """Resources of coordination.k8s.io by version, as one API server itself serves them.

    A version that another API server registered is listed by all of them, and answered with 404
    by those that do not serve it: it has no resources here.
    """
    home = "/apis/coordination.k8s.io"
    versions = [v["version"] for v in api.get(home)["versions"]]
    found = {version: api.find(f"{home}/{version}") for version in versions}
    return {
        version: [item["name"] for item in listed["resources"]] if listed else []
        for version, listed in found.items()
    }


UNSEEN = ("Pending", "", "no PodScheduled condition")
"""A Pod that no scheduler has looked at: one that found no room would leave the condition."""


def scheduling(pod: JsonObject | None) -> tuple[str, str, str]:
    """Phase, node, and what a scheduler wrote about it."""
    if pod is None:
        return "gone", "", ""
    said = condition(pod, "PodScheduled")
    wrote = f"PodScheduled={said['status']}" if said else UNSEEN[2]
    return pod["status"]["phase"], pod["spec"].get("nodeName", ""), wrote


def addresses(cluster: Cluster, machines: Sequence[str] = ()) -> list[str]:
    """Private addresses of these controllers, or of all, sorted."""
    names = machines or [machine.name for machine in cluster.spec.controllers]
    return sorted(str(cluster.spec.machine(name).private_ip) for name in names)


def without_leader(cluster: Cluster) -> Server:
    """A controller whose API server serves no leader. Errors: NotJudged when each one does."""
    seen = control_plane_snapshot.look(cluster)
    control_plane_snapshot.all_active(seen)
    leading = {holder.split("_", 1)[0] for holder in seen.holders.values()}
    names = [machine.name for machine in cluster.spec.controllers]
    free = [name for name in names if name not in leading]
    if not free:
        raise NotJudged(f"each of {', '.join(names)} leads something: {dict(seen.holders)}")
    others = tuple(name for name in names if name != free[0])
    return Server(free[0], cluster.api_of(others[0]), seen, others)


def balanced_answer(cluster: Cluster) -> str:
    """``200``, or what came instead, of one GET through the balancer on a new connection."""
    try:
        return str(cluster.api_as("admin").ask("GET", "/api/v1/namespaces/default").status)
    except ApiUnreachable as error:
        return f"no answer: {error}"


def parts_as_pods(pods: Sequence[JsonObject], units: tuple[str, ...]) -> list[str]:
    """Pods that are named like one of the units, or mirror a static Pod."""
    return [
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        for pod in pods
        if pod["metadata"]["name"].startswith(units)
        or MIRROR in (pod["metadata"].get("annotations") or {})
    ]


def wrong_identity(cluster: Cluster, found: Mapping[str, Lease], *, lasting: float) -> list[str]:
    """What is wrong with the identity Leases: one a controller, of that duration."""
    names = {machine.name for machine in cluster.spec.controllers}
    wrong = [f"{name} has no identity Lease" for name in sorted(names - set(found))]
    wrong += [f"a Lease names {name}, which is no controller" for name in set(found) - names]
    return wrong + [
        f"the Lease of {name} lasts {lease.duration} s"
        for name, lease in found.items()
        if lease.duration != lasting
    ]
