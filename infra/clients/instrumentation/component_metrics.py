"""What components expose of themselves: metrics by process, health checks and counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.clients.transport import plain_http, prometheus, tls_tunnel
from infra.clients.transport.prometheus import Sample
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.inventory import Role
from infra.kube_api import Api, ApiUnreachable
from infra.machine_layout import Ports
from infra.ssh import Shell

BUILD = "kubernetes_build_info"
REQUESTS = "apiserver_request_total"
HEALTHY = "kubernetes_healthcheck"
CHECKED = "kubernetes_healthchecks_total"


@dataclass(frozen=True)
class Check:
    """Where a component's processes are asked for their health."""

    role: Role
    port: int
    path: str = "/healthz"


INDICATORS = "/metrics/slis"


def checks(ports: Ports) -> dict[str, Check]:
    """By component."""
    return {
        "API server": Check(Role.CONTROLLER, ports.api_server, "/readyz"),
        "controller manager": Check(Role.CONTROLLER, ports.controller_manager),
        "scheduler": Check(Role.CONTROLLER, ports.scheduler),
        "kubelet": Check(Role.WORKER, ports.kubelet),
    }


@dataclass(frozen=True)
class Told:
    """The status of a process's answer, and the version that its metrics name."""

    status: int
    version: str


def of_api_servers(cluster: Cluster, path: str) -> dict[str, list[Sample]]:
    """Samples of each API server, as admin. Errors: ApiRefused."""
    servers = cluster.api_servers().items()
    return {machine: prometheus.parse(api.text(path)) for machine, api in servers}


def statuses(api: Api, paths: Iterable[str]) -> dict[str, int]:
    """What an API server answers somebody, by path."""
    return {path: api.ask("GET", path).status for path in paths}


def requests(samples: list[Sample], **labels: str) -> float:
    """Requests that were counted with these labels."""
    return sum(
        sample.value
        for sample in samples
        if sample.name == REQUESTS and labels.items() <= sample.labels.items()
    )


def gets_of(cluster: Cluster, group: str) -> dict[str, float]:
    """How often each API server was asked for a single object of an API group."""
    found = of_api_servers(cluster, "/metrics")
    return {machine: requests(s, verb="GET", group=group) for machine, s in found.items()}


def mislabelled(found: Mapping[str, list[Sample]], labels: set[str]) -> list[str]:
    """API servers that count no requests, or by other labels than these."""
    wrong = []
    for machine, samples in found.items():
        sets = {frozenset(s.labels) for s in samples if s.name == REQUESTS}
        if sets != {frozenset(labels)}:
            wrong.append(f"{machine} counts by {[sorted(one) for one in sets]}")
    return wrong


def version_in(text: str) -> str:
    built = prometheus.parse(text, only=BUILD)
    return built[0].labels.get("git_version", "") if built else ""


def ask_component(cluster: Cluster, port: int) -> dict[str, Told]:
    """A component of every controller, as admin. Errors: ApiUnreachable."""
    admin = cluster.credentials("admin")
    found: dict[str, Told] = {}
    for name in (str(machine.name) for machine in cluster.spec.controllers):
        here = MachinePort(cluster, name, port)
        status, text = tls_tunnel.fetch(here, path="/metrics", credentials=admin)
        found[name] = Told(status, version_in(text))
    return found


def ask_kube_proxies(cluster: Cluster) -> dict[str, Told]:
    """kube-proxy of every worker, asked on the worker itself."""
    found: dict[str, Told] = {}
    for machine in cluster.spec.workers:
        url = f"http://127.0.0.1:{cluster.layout.ports.kube_proxy_metrics}/metrics"
        got = cluster.shell(machine.name).run(["curl", "--silent", "--fail", url], check=False)
        found[machine.name] = Told(200 if got.exit_status == 0 else 0, version_in(got.stdout))
    return found


def of_proxy(shell: Shell, port: int) -> str:
    """What is wrong with a worker's kube-proxy, as it says itself there; empty when nothing is."""
    try:
        status, said = plain_http.get(shell, port, "/healthz")
    except ApiUnreachable:
        return f"does not answer on its health port {port}"
    return "" if status == 200 else f"says that it is not healthy ({status} {said[:200]})"


def unhealthy(samples: list[Sample]) -> list[str]:
    """Checks that are not 1; a process without checks names that."""
    checks = [s for s in samples if s.name == HEALTHY]
    return [str(dict(s.labels)) for s in checks if s.value != 1] or ([] if checks else ["no check"])


def successes(samples: list[Sample]) -> float:
    return sum(
        s.value for s in samples if s.name == CHECKED and s.labels.get("status") == "success"
    )


def indicators(cluster: Cluster, component: str) -> dict[str, list[Sample]]:
    """Health indicators of every process of a component, by machine. Errors: ApiUnreachable."""
    return {m: prometheus.parse(text) for m, text in each(cluster, component, INDICATORS).items()}


def ask_health(cluster: Cluster, component: str) -> None:
    each(cluster, component, checks(cluster.layout.ports)[component].path)


def each(cluster: Cluster, component: str, path: str) -> dict[str, str]:
    """What every process of a component gives admin at a path. Errors: NotJudged for a refusal."""
    check, admin = checks(cluster.layout.ports)[component], cluster.credentials("admin")
    ports = [MachinePort(cluster, m.name, check.port) for m in cluster.spec.of(check.role)]
    return {port.machine: prometheus.scrape(port, credentials=admin, path=path) for port in ports}


def successful_checks(cluster: Cluster, component: str) -> dict[str, float]:
    return {m: successes(found) for m, found in indicators(cluster, component).items()}


STARTED = "process_start_time_seconds"


def history(samples: list[Sample]) -> tuple[float, float]:
    """When a process started, in seconds since 1970, and how many requests it has counted."""
    return prometheus.value(samples, STARTED) or 0.0, requests(samples)


def not_begun_anew(
    before: Mapping[str, list[Sample]], after: Mapping[str, list[Sample]], restarted: str
) -> list[str]:
    """API servers that kept their count although they were restarted, or the reverse."""
    wrong = []
    for machine, samples in before.items():
        (began, counted), (begins, counts) = history(samples), history(after[machine])
        anew = begins > began and counts < counted
        going_on = begins == began and counts >= counted
        if not (anew if machine == restarted else going_on):
            wrong.append(f"{machine}: started {began} with {counted}, now {begins} with {counts}")
    return wrong
