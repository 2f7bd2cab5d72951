"""The aggregator and the second API server: its registration, its Pod, its own port.

Reasons: kube-aggregator pkg/controllers/status/remote/remote_available_controller.go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.clients import exposed, kubelet, metrics, tls
from infra.clients.api import Answer, Api, Credentials, JsonObject
from infra.clients.pods import is_ready
from infra.cluster import Cluster
from infra.errors import NotPrepared, preparing, require
from infra.timing import Bound, scaled
from infra.wait import eventually

GROUP = "metrics.k8s.io"
NAME = f"v1beta1.{GROUP}"
REGISTRATIONS = "/apis/apiregistration.k8s.io/v1/apiservices"
NODES = f"/apis/{GROUP}/v1beta1/nodes"
DEPLOYMENT = "/apis/apps/v1/namespaces/kube-system/deployments/metrics-server"
PODS = "/api/v1/namespaces/kube-system/pods"
SERVICE = "/api/v1/namespaces/kube-system/services/metrics-server"
PUBLISHED = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"
ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:metrics-server"
PORT = 10250
"""--secure-port of metrics-server, in its Pod's network."""
SERVED = Bound(
    150, "metrics of every node are served", "T7 twice: a start, 20 s of delay, 2 scrapes"
)
UNAVAILABLE = "aggregator_unavailable_apiservice"
KUBELET_REQUESTS = "kubelet_http_requests_total"


@dataclass(frozen=True)
class Second:
    """The second API server: its only Pod, reached from a controller."""

    cluster: Cluster
    pod: JsonObject

    @property
    def uid(self) -> str:
        return str(self.pod["metadata"]["uid"])

    @property
    def address(self) -> str:
        return str(self.pod["status"]["podIP"])

    def ask(
        self, path: str, credentials: Credentials, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request on its own port, past the first API server. Errors: ApiUnreachable."""
        machine = self.cluster.spec.controllers[0].name
        got = tls.exchange(
            self.cluster,
            machine,
            PORT,
            tls.request("GET", path, at=self.address, headers=headers),
            context=tls.trusting_anybody(credentials),  # its certificate is made at its start
            address=self.address,
        )
        status, found, text = tls.parsed(got)
        return Answer("GET", f"https://{self.address}:{PORT}{path}", status, found, text)

    def requests(self) -> float:
        """Requests to its group that it has counted itself."""
        text = self.ask("/metrics", self.cluster.credentials("admin")).text
        return exposed.requests(metrics.parse(text, only=exposed.REQUESTS), group=GROUP)


def second(cluster: Cluster) -> Second:
    """The Pod that serves metrics. Errors: NotPrepared when there is not exactly one."""
    pods = cluster.api.get(PODS, labelSelector="k8s-app=metrics-server")["items"]
    ready = [pod for pod in pods if is_ready(pod)]
    if len(ready) != 1:
        raise NotPrepared(f"one Ready Pod of metrics-server is needed; there are {len(ready)}")
    return Second(cluster, ready[0])


def await_metrics(cluster: Cluster) -> Second:
    """Once every API server gives metrics of every worker. Errors: NotPrepared."""
    workers = {machine.name for machine in cluster.spec.workers}
    with preparing():
        eventually(
            lambda: [sorted(measured(api)) for api in cluster.api_servers().values()],
            lambda seen: all(set(names) == workers for names in seen),
            within=scaled(SERVED),
            every=2.0,
            what="every API server gives the metrics of every worker",
        )
    return second(cluster)


def measured(api: Api) -> dict[str, JsonObject]:
    """Metrics of nodes by name; none while there is no answer."""
    answer = api.ask("GET", NODES)
    return {item["metadata"]["name"]: item for item in answer.body.get("items", [])}


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


def unreadable(servers: Mapping[str, Api]) -> list[str]:
    """API servers that give no metrics."""
    answers = {machine: api.ask("GET", NODES) for machine, api in servers.items()}
    return [f"{m}: {a.status} {a.message}" for m, a in answers.items() if not a.ok]


def incomplete(found: Mapping[str, JsonObject], workers: Sequence[str]) -> list[str]:
    """What is missing of the metrics of workers, and whose metrics should not be there."""
    wrong = [f"metrics of {name}" for name in found if name not in workers]
    for name in workers:
        item = found.get(name, {})
        usage = item.get("usage", {})
        if not all(usage.get(key, "0")[0] in "123456789" for key in ("cpu", "memory")):
            wrong.append(f"{name} uses {usage or 'nothing'}")
        if not (item.get("window") and item.get("timestamp")):
            wrong.append(f"{name} has no window or time")
    return wrong


def counted_out(cluster: Cluster) -> list[tuple[str, str]]:
    """API servers and the APIServices that each counts as unavailable."""
    found = exposed.of_api_servers(cluster, "/metrics")
    return [
        (machine, sample.labels.get("name", ""))
        for machine, samples in found.items()
        for sample in samples
        if sample.name == UNAVAILABLE and sample.value
    ]


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
