"""An API group that a second server answers: registration, answers, what it keeps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra.clients.apimachinery import aggregation
from infra.clients.apimachinery.aggregation import DEPLOYMENT, Second
from infra.clients.instrumentation import node_metrics
from infra.clients.instrumentation.node_metrics import NODES, Reading
from infra.cluster import Cluster
from infra.errors import ClaimError, NotPrepared, require
from infra.kube_api import Api, ApiUnreachable, JsonObject
from infra.timing import scaled
from infra.wait import eventually
from suite.apimachinery import metrics_registration
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

AVAILABLE = {"available": "True", "unavailable": "False"}
"""What an APIService is called, and its condition Available."""
ANSWERED: Mapping[str, Callable[[list[str] | str, Sequence[str]], bool]] = {
    "returns the metrics of both workers": lambda seen, workers: seen == workers,
    "answers 503": lambda seen, _: str(seen).startswith("503 "),
}
"""Whether an API server does it, by what it gave, or said instead, and the workers' names."""


@dataclass(frozen=True)
class Read:
    """What each API server gave last, and how many requests were made and counted for it."""

    by_server: dict[str, Reading]
    asked: int
    counted: float


@given("metrics-server serves node metrics", target_fixture="second")
def metrics_served(cluster: Cluster) -> Second:
    return metrics_registration.await_metrics(cluster)


@given("a Ready Pod of metrics-server", target_fixture="second")
def metrics_server(cluster: Cluster) -> Second:
    """Whether anybody reaches it is what is judged."""
    return aggregation.second(cluster)


@when(
    phrase("the node metrics are read {count:Count} times through every API server"),
    target_fixture="read",
)
def read_metrics(cluster: Cluster, second: Second, count: int) -> Read:
    before = second.requests()
    servers = cluster.api_servers()
    for _ in range(count):
        found = {machine: node_metrics.read(api) for machine, api in servers.items()}
    return Read(found, count * len(servers), second.requests() - before)


@when("the Pod of metrics-server is deleted")
def delete_second(cluster: Cluster, second: Second) -> None:
    replicas = cluster.api.get(DEPLOYMENT)["spec"]["replicas"]
    require(replicas == 1, f"{replicas} Pods serve metrics: another one would answer")
    cluster.api.delete(f"{aggregation.PODS}/{second.pod['metadata']['name']}", grace_seconds=0)


@then(phrase('the APIService of metrics.k8s.io references the Service "{name:Name}"'))
def points_at(cluster: Cluster, name: str) -> None:
    service = metrics_registration.registration(cluster.api)["spec"].get("service") or {}
    if (service.get("name"), service.get("namespace")) != (name, "kube-system"):
        raise ClaimError(f"{aggregation.NAME} should point at {name} of kube-system: {service}")


@then(
    phrase(
        'within {limit:Duration} the APIService is {state:State} with reason "{reason:Name}", '
        "and every API server {does:Does}",
        State=one_of(AVAILABLE),
        Does=one_of(ANSWERED),
    )
)
def is_available(cluster: Cluster, limit: float, state: str, reason: str, does: str) -> None:
    eventually(
        lambda: (aggregation.available(cluster.api), everywhere(cluster)),
        lambda seen: seen[0] == (AVAILABLE[state], reason) and all_do(cluster, does, seen[1]),
        within=scaled(limit),
        what=f"{aggregation.NAME} is {state} by {reason}, and every API server {does}",
    )


@then("the APIServices of the built-in groups have no service and are Local")
def others_local(cluster: Cluster) -> None:
    must_be_none(aggregation.not_local(cluster.api), "built-in groups are local")


@then(
    phrase(
        "the node metrics are of both workers, with CPU, memory, a window and a "
        "timestamp of the last {most:Duration}"
    )
)
def of_both(cluster: Cluster, read: Read, evidence: Evidence, most: float) -> None:
    evidence.table("metrics of nodes", "API server, node, CPU, memory, time", rows(read))
    workers = [machine.name for machine in cluster.spec.workers]
    wrong = [
        f"{machine}: {text}"
        for machine, one in read.by_server.items()
        for text in (*node_metrics.incomplete(one.found, workers), *one.old(scaled(most)))
    ]
    must_be_none(wrong, "metrics are of both workers")


@then("metrics-server has counted every one of the read requests")
def counted(read: Read) -> None:
    if read.counted < read.asked:
        raise ClaimError(
            f"metrics-server should count {read.asked} requests, it counted {read.counted:g}"
        )


@then(
    phrase("within {limit:Duration} every API server returns node metrics with a later timestamp")
)
def later(cluster: Cluster, read: Read, limit: float) -> None:
    """Times of one clock, the kubelet's: ours may differ."""
    eventually(
        lambda: {m: times(node_metrics.measured(a)) for m, a in cluster.api_servers().items()},
        lambda now: all(is_later(times(read.by_server[m].found), now[m]) for m in now),
        within=scaled(limit),
        what="every API server gives metrics of every node with a later time",
    )


@then("the node metrics have no UID, and support neither watch nor write")
def neither_watched_nor_written(cluster: Cluster, read: Read) -> None:
    wrong = [
        f"{machine}: {text}"
        for machine, api in cluster.api_servers().items()
        for text in (*named(read.by_server[machine]), *allowed(api))
    ]
    must_be_none(wrong, "metrics are computed, not stored: 405 for a watch and a write")


@then(
    phrase(
        "within {limit:Duration} {who:Who} API server returns node metrics",
        Who=one_of(["every", "no"]),
    )
)
def returned_by(cluster: Cluster, limit: float, who: str) -> None:
    if who == "every":
        aggregation.await_everywhere(cluster, within=limit)
    else:
        await_none(cluster, limit)


@then(
    phrase(
        "within {limit:Duration} another Pod of metrics-server has the metrics of both workers, "
        "after two scrapes"
    )
)
def scraped_twice(cluster: Cluster, second: Second, evidence: Evidence, limit: float) -> None:
    seen = scrapes_until_served(cluster, second, limit)
    evidence.table("the new Pod", "nodes with metrics, rounds of scraping", seen)
    early = [f"metrics of {nodes} nodes by {rounds}" for nodes, rounds in seen if rounds < 2]
    must_be_none([one for one in early if " of 0 " not in one], "two rounds make a figure")


def await_none(cluster: Cluster, limit: float) -> None:
    eventually(
        lambda: {m: sorted(node_metrics.measured(a)) for m, a in cluster.api_servers().items()},
        lambda seen: not any(seen.values()),
        within=scaled(limit),
        every=0.3,
        what="metrics of the second server that is gone are gone too",
    )


def everywhere(cluster: Cluster) -> dict[str, list[str] | str]:
    """Nodes whose metrics each API server gives, or what it says instead."""
    return {machine: node_metrics.given(api) for machine, api in cluster.api_servers().items()}


def all_do(cluster: Cluster, does: str, given: Mapping[str, list[str] | str]) -> bool:
    workers = sorted(str(machine.name) for machine in cluster.spec.workers)
    return all(ANSWERED[does](one, workers) for one in given.values())


def scrapes_until_served(cluster: Cluster, gone: Second, limit: float) -> list[tuple[int, int]]:
    """What the Pod in place of another had of nodes, and in how many rounds, on every look."""
    looks: list[tuple[int, int]] = []

    def look() -> tuple[int, int]:
        now = aggregation.newest(cluster)
        if now is None or now.uid == gone.uid:
            raise NotPrepared(f"no Pod has replaced the deleted {gone.uid}")
        looks.append(now.inside())
        return looks[-1]

    eventually(
        look,
        lambda seen: seen[0] == len(cluster.spec.workers),
        within=scaled(limit),
        what=f"another Pod than {gone.uid} has the metrics of every worker",
        transient=(ApiUnreachable, NotPrepared),
    )
    require(looks[0][0] == 0, f"the new Pod was seen too late, with metrics: {looks}")
    return looks


def rows(read: Read) -> list[tuple[str, ...]]:
    return [
        (machine, name, item["usage"]["cpu"], item["usage"]["memory"], item["timestamp"])
        for machine, one in read.by_server.items()
        for name, item in one.found.items()
    ]


def times(found: dict[str, JsonObject]) -> dict[str, str]:
    return {name: item["timestamp"] for name, item in found.items()}


def is_later(first: dict[str, str], now: dict[str, str]) -> bool:
    return now.keys() == first.keys() and all(now[name] > first[name] for name in first)


def named(read: Reading) -> list[str]:
    """Metrics that have what stored objects have."""
    found = {name: item["metadata"] for name, item in read.found.items()}
    return [f"{n} has {m}" for n, m in found.items() if {"uid", "resourceVersion"} & m.keys()]


def allowed(api: Api) -> list[str]:
    """What one API server lets be done with metrics of nodes besides reading them."""
    verbs = node_metrics.verbs(api)
    wrong = [] if verbs == ["get", "list"] else [f"discovery lists {verbs}"]
    watch = api.ask("GET", NODES, params={"watch": "true", "timeoutSeconds": "2"})
    write = api.ask("POST", NODES, body={"metadata": {"name": "n"}})
    return wrong + [f"{a.method} -> {a.status}" for a in (watch, write) if a.status != 405]
