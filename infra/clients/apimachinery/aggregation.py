"""The aggregator and the second API server: its registration, its Pod, its own port.

Reasons: kube-aggregator pkg/controllers/status/remote/remote_available_controller.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.clients.instrumentation import component_metrics
from infra.clients.instrumentation.node_metrics import GROUP, NODES, given
from infra.clients.node import kubelet
from infra.clients.transport import http_answers, prometheus, tls_tunnel
from infra.clients.transport.prometheus import Sample
from infra.clients.transport.tls_tunnel import MachinePort
from infra.clients.workloads.pod_status import is_ready
from infra.cluster import Cluster
from infra.errors import NotPrepared, require
from infra.kube_api import WHO, Answer, Api, Credentials, JsonObject
from infra.timing import Bound, scaled
from infra.wait import eventually

NAME = f"v1beta1.{GROUP}"
REGISTRATIONS = "/apis/apiregistration.k8s.io/v1/apiservices"
DEPLOYMENT = "/apis/apps/v1/namespaces/kube-system/deployments/metrics-server"
PODS = "/api/v1/namespaces/kube-system/pods"
SERVICE = "/api/v1/namespaces/kube-system/services/metrics-server"
PUBLISHED = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"
ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:metrics-server"
SERVED = Bound(
    150, "metrics of every node are served", "T7 twice: a start, 20 s of delay, 2 scrapes"
)
UNAVAILABLE = "aggregator_unavailable_apiservice"
OUTAGES = f"{UNAVAILABLE}_total"
SCRAPES = "metrics_server_manager_tick_duration_seconds_count"
SCRAPED = "metrics_server_kubelet_request_duration_seconds_count"
"""Rounds of scraping, and requests to a ``node`` (metrics-server 0.9 pkg/server, pkg/scraper)."""
KUBELET_REQUESTS = "kubelet_http_requests_total"
EXTRA = "claim"


@dataclass(frozen=True)
class Said:
    """What a front proxy says of who asks: user, a group that nobody has, and the same as extra."""

    user: str
    group: str = "claim:61.7"

    def headers(self) -> dict[str, str]:
        return {
            "X-Remote-User": self.user,
            "X-Remote-Group": self.group,
            f"X-Remote-Extra-{EXTRA}": self.group,
        }


@dataclass(frozen=True)
class Second:
    """The second API server: its only Pod, reached from a controller."""

    cluster: Cluster
    pod: JsonObject

    @property
    def uid(self) -> str:
        return str(self.pod["metadata"]["uid"])

    @property
    def port(self) -> int:
        """In its Pod's network."""
        return self.cluster.layout.ports.metrics_server

    @property
    def address(self) -> str:
        return str(self.pod["status"]["podIP"])

    def ask(
        self, path: str, credentials: Credentials, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request on its own port, past the first API server. Errors: ApiUnreachable."""
        machine = self.cluster.spec.controllers[0].name
        got = tls_tunnel.exchange(
            MachinePort(self.cluster, machine, self.port, self.address),
            tls_tunnel.request("GET", path, at=self.address, headers=headers),
            context=tls_tunnel.trusting_anybody(credentials),  # it makes its own at its start
        )
        status, found, text = http_answers.parsed(got)
        return Answer("GET", f"https://{self.address}:{self.port}{path}", status, found, text)

    def requests(self) -> float:
        """Requests to its group that it has counted itself."""
        return component_metrics.requests(self.samples(component_metrics.REQUESTS), group=GROUP)

    def samples(self, name: str) -> list[Sample]:
        """Of one of its own metrics."""
        text = self.ask("/metrics", self.cluster.credentials("admin")).text
        return prometheus.parse(text, only=name)

    def inside(self) -> tuple[int, int]:
        """Of how many nodes it has metrics, and how often it has scraped then."""
        items = self.ask(NODES, self.cluster.credentials("admin")).body.get("items") or []
        return len(items), int(prometheus.value(self.samples(SCRAPES), SCRAPES) or 0)


def second(cluster: Cluster) -> Second:
    """The Pod that serves metrics. Errors: NotPrepared when there is not exactly one."""
    pods = cluster.api.get(PODS, labelSelector="k8s-app=metrics-server")["items"]
    ready = [pod for pod in pods if is_ready(pod)]
    if len(ready) != 1:
        raise NotPrepared(f"one Ready Pod of metrics-server is needed; there are {len(ready)}")
    return Second(cluster, ready[0])


def newest(cluster: Cluster) -> Second | None:
    """The Pod that is to serve metrics, Ready or not, once it has an address."""
    pods = cluster.api.get(PODS, labelSelector="k8s-app=metrics-server")["items"]
    found = [
        pod
        for pod in pods
        if "deletionTimestamp" not in pod["metadata"] and pod["status"].get("podIP")
    ]
    return Second(cluster, found[0]) if len(found) == 1 else None


def await_everywhere(cluster: Cluster, *, within: float) -> None:
    """Errors: WaitTimeout with what each API server gave, or said."""
    workers = sorted(str(machine.name) for machine in cluster.spec.workers)
    eventually(
        lambda: {machine: given(api) for machine, api in cluster.api_servers().items()},
        lambda seen: all(names == workers for names in seen.values()),
        within=scaled(within),
        every=2.0,
        what="every API server gives the metrics of every worker",
    )


def taken_for(server: Api, shown: Credentials, says: Said) -> str:
    """As whom an API server takes one that shows a certificate, or none, and says to be another."""
    api = Api(server.base, replace(shown, headers=tuple(says.headers().items())))
    answer = api.ask("POST", WHO, body={})
    info = answer.body.get("status", {}).get("userInfo", {}) if answer.ok else {}
    user = str(info.get("username", f"{answer.status} {answer.message}"))
    if user != says.user:
        return user
    groups, extra = info.get("groups") or [], info.get("extra") or {}
    lost = [f"group {says.group}"] if says.group not in groups else []
    lost += [f"extra {EXTRA}"] if extra.get(EXTRA) != [says.group] else []
    return f"{user} without {' and '.join(lost)}" if lost else user


def available(api: Api, name: str = NAME) -> tuple[str, str]:
    """Status and reason of an APIService's condition Available."""
    status = api.get(f"{REGISTRATIONS}/{name}").get("status", {})
    found = [c for c in status.get("conditions", []) if c["type"] == "Available"]
    return (found[0]["status"], found[0]["reason"]) if found else ("absent", "")


def not_local(api: Api) -> list[str]:
    """APIServices besides that of metrics which point somewhere, or are not local."""
    items = [i for i in api.get(REGISTRATIONS)["items"] if i["metadata"]["name"] != NAME]
    require(len(items) > 10, f"only {len(items)} APIServices of built-in groups")
    return [
        f"{item['metadata']['name']}: {item['spec'].get('service')}, {reasons}"
        for item in items
        for reasons in [[c["reason"] for c in item["status"]["conditions"]]]
        if item["spec"].get("service") or reasons != ["Local"]
    ]


def counted_out(cluster: Cluster) -> list[tuple[str, str]]:
    """API servers and the APIServices that each counts as unavailable."""
    found = component_metrics.of_api_servers(cluster, "/metrics")
    return [
        (machine, sample.labels.get("name", ""))
        for machine, samples in found.items()
        for sample in samples
        if sample.name == UNAVAILABLE and sample.value
    ]


def outages(cluster: Cluster, reason: str) -> float:
    """How many outages for that reason the API servers have counted in all.

    Each is counted by the API server whose verdict was stored first.
    """
    return sum(
        sample.value
        for samples in component_metrics.of_api_servers(cluster, "/metrics").values()
        for sample in samples
        if sample.name == OUTAGES
        and (sample.labels.get("name"), sample.labels.get("reason")) == (NAME, reason)
    )


def scraped(second: Second) -> dict[str, float]:
    """How often metrics-server has asked each kubelet, as it counts itself."""
    return {one.labels["node"]: one.value for one in second.samples(SCRAPED)}


def resource_reads(cluster: Cluster) -> dict[str, float]:
    """How often each kubelet was asked for /metrics/resource, as it counts itself."""
    found = {
        machine.name: kubelet.samples(cluster.api, machine.name, only=KUBELET_REQUESTS)
        for machine in cluster.spec.workers
    }
    return {
        node: sum(s.value for s in samples if s.labels.get("path") == "metrics/resource")
        for node, samples in found.items()
    }
