"""What a step has changed, as the components themselves report it."""

from infra.build.ready import READY_WITHIN, ready_nodes
from infra.clients.etcd import members
from infra.clients.instrumentation import component_metrics
from infra.clients.lifecycle import version_skew
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import need
from infra.lifecycle.upgrade.steps import Kind, Step
from infra.timing import scaled
from infra.wait import eventually


def versions(cluster: Cluster, step: Step) -> dict[str, str]:
    """By component of the step's machine; only of those that are ready. Errors: NotJudged."""
    match step.kind:
        case Kind.ETCD:
            return dict.fromkeys(step.components, of_member(cluster, step.machine))
        case Kind.API_SERVER:
            api = cluster.api_of(step.machine)
            need(api.ask("GET", "/readyz"))
            return {version_skew.API: version_skew.serving(api.get("/version"))}
        case Kind.MANAGERS:
            ports = (cluster.layout.ports.controller_manager, cluster.layout.ports.scheduler)
            told = (component_metrics.ask_component(cluster, port) for port in ports)
            return dict(
                zip(version_skew.MANAGERS, (t[step.machine].version for t in told), strict=True)
            )
        case Kind.NODE:
            return of_node(cluster, step.machine)


def of_member(cluster: Cluster, machine: str) -> str:
    """Of the machine's own member, asked alone; empty while it does not answer."""
    statuses = members.client_of(cluster, machine).statuses()
    return f"v{statuses[0].version}" if statuses else ""


def of_node(cluster: Cluster, machine: str) -> dict[str, str]:
    """The kubelet's once its node is Ready, and has that version too."""
    kubelet, written = (
        version_skew.built(cluster.api, machine),
        version_skew.kubelets(cluster.api).get(machine),
    )
    ready = machine in ready_nodes(cluster.api.get("/api/v1/nodes")) and kubelet == written
    proxy = component_metrics.ask_kube_proxies(cluster)[machine].version
    return dict(zip(version_skew.NODES, (kubelet if ready else "", proxy), strict=True))


def is_done(cluster: Cluster, step: Step) -> bool:
    """Whether every component of the step has its version now."""
    try:
        return versions(cluster, step) == step.versions
    except NotJudged:
        return False


def await_done(cluster: Cluster, step: Step) -> None:
    """Errors: WaitTimeout with the versions that were seen."""
    eventually(
        lambda: versions(cluster, step),
        lambda seen: seen == step.versions,
        within=scaled(READY_WITHIN),
        what=f"{step}: every component is ready and has that version",
        transient=(NotJudged,),
    )
