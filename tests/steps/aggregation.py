"""An API group that a second server answers: registration, answers, absence."""

from pytest_bdd import given, then, when

from fixtures.faults import Faults
from fixtures.mending import Fault
from fixtures.recording import Evidence
from infra.clients import aggregation
from infra.clients.aggregation import DEPLOYMENT, NODES, Second
from infra.clients.api import JsonObject
from infra.clients.running import must_be_none
from infra.cluster import Cluster
from infra.errors import ClaimError, require
from infra.timing import NAMESPACE_READY, POD_GONE, scaled
from infra.wait import eventually
from tests.steps.phrases import phrase

Metrics = dict[str, JsonObject]
"""Metrics of nodes by name."""


@given("metrics are served", target_fixture="second")
def metrics_served(cluster: Cluster) -> Second:
    return aggregation.await_metrics(cluster)


@given("the Pod of metrics-server is ready", target_fixture="second")
def metrics_server(cluster: Cluster) -> Second:
    """Whether anybody reaches it is what is judged."""
    return aggregation.second(cluster)


@given("a namespace that is deleted while they are is gone")
def namespace_goes(cluster: Cluster, namespace: str) -> None:
    """The control: an empty namespace goes when every group can be asked."""
    path = make_namespace(cluster, f"{namespace}-before")
    cluster.api.delete(path)
    eventually(
        lambda: cluster.api.find(path),
        lambda found: found is None,
        within=scaled(POD_GONE),
        what=f"{path} is gone",
    )


@when(phrase("the metrics of nodes are read {count:Count} times"), target_fixture="read")
def read_metrics(cluster: Cluster, second: Second, count: int) -> tuple[Metrics, float]:
    """The last answer, and how many requests metrics-server has counted meanwhile."""
    before = second.requests()
    for _ in range(count):
        found = aggregation.measured(cluster.api)
    return found, second.requests() - before


@when("its Pod is deleted")
def delete_second(cluster: Cluster, second: Second) -> None:
    replicas = cluster.api.get(DEPLOYMENT)["spec"]["replicas"]
    require(replicas == 1, f"{replicas} Pods serve metrics: another one would answer")
    cluster.api.delete(f"{aggregation.PODS}/{second.pod['metadata']['name']}", grace_seconds=0)


@when("metrics-server is scaled to none", target_fixture="scaled_away")
def scale_away(faults: Faults) -> Fault:
    return faults.edit(DEPLOYMENT, {"spec": {"replicas": 0}})


@when("metrics-server is scaled back")
def scale_back(faults: Faults, scaled_away: Fault) -> None:
    faults.undo(scaled_away)


@then(phrase('the APIService of metrics points at the Service "{name:Name}" and has passed'))
def points_at(cluster: Cluster, name: str) -> None:
    path = f"{aggregation.REGISTRATIONS}/{aggregation.NAME}"
    service = cluster.api.get(path)["spec"].get("service") or {}
    seen = aggregation.available(cluster.api)
    if (service.get("name"), service.get("namespace"), *seen) != (
        name, "kube-system", "True", "Passed",
    ):  # fmt: skip
        raise ClaimError(f"{path} should point at {name} and have passed: {service}, {seen}")


@then("those of the built-in groups point nowhere and are local")
def others_local(cluster: Cluster) -> None:
    must_be_none(aggregation.not_local(cluster.api), "built-in groups are local")


@then("a metric is read through every API server")
def read_everywhere(cluster: Cluster) -> None:
    wrong = aggregation.unreadable(cluster.api_servers())
    must_be_none(wrong, "every API server proxies to the second server")


@then("they are of both workers, with CPU, memory, a window and a time")
def of_both(cluster: Cluster, read: tuple[Metrics, float], evidence: Evidence) -> None:
    found, _ = read
    rows = [(n, m["usage"]["cpu"], m["usage"]["memory"], m["timestamp"]) for n, m in found.items()]
    evidence.table("metrics of nodes", "node, CPU, memory, time", rows)
    workers = [machine.name for machine in cluster.spec.workers]
    must_be_none(aggregation.incomplete(found, workers), "metrics are of both workers")


@then(phrase("metrics-server has counted {count:Count} requests more at least"))
def counted(read: tuple[Metrics, float], count: int) -> None:
    if read[1] < count:
        raise ClaimError(f"metrics-server should count {count} requests, it counted {read[1]:g}")


@then(phrase("within {limit:Duration} they are of a later time"))
def later(cluster: Cluster, read: tuple[Metrics, float], limit: float) -> None:
    """Times of one clock, metrics-server's: ours may differ."""
    first = {name: item["timestamp"] for name, item in read[0].items()}
    eventually(
        lambda: {n: item["timestamp"] for n, item in aggregation.measured(cluster.api).items()},
        lambda now: now.keys() == first.keys() and all(now[name] > first[name] for name in first),
        within=scaled(limit),
        what="metrics of every node are of a later time",
    )


@then("they have no identity, and can neither be watched nor written")
def neither_watched_nor_written(cluster: Cluster, read: tuple[Metrics, float]) -> None:
    named = {name: item["metadata"] for name, item in read[0].items()}
    wrong = [f"{n} has {m}" for n, m in named.items() if "uid" in m or "resourceVersion" in m]
    watch = cluster.api.ask("GET", NODES, params={"watch": "true", "timeoutSeconds": "2"})
    write = cluster.api.ask("POST", NODES, body={"metadata": {"name": "n"}})
    wrong += [f"{a.method} -> {a.status}" for a in (watch, write) if a.status != 405]
    must_be_none(wrong, "metrics are computed, not stored: 405 for a watch and a write")


@then("at first there are no metrics of nodes")
def none_at_first(cluster: Cluster) -> None:
    eventually(
        lambda: sorted(aggregation.measured(cluster.api)),
        lambda names: not names,
        within=scaled(30),
        every=0.3,
        what="metrics of the second server that is gone are gone too",
    )


@then(phrase("within {limit:Duration} another Pod serves the metrics of both workers"))
def served_anew(cluster: Cluster, second: Second, limit: float) -> None:
    eventually(
        lambda: len(aggregation.measured(cluster.api)),
        lambda count: count == len(cluster.spec.workers),
        within=scaled(limit),
        what="metrics of every worker are served again",
    )
    if aggregation.second(cluster).uid == second.uid:
        raise ClaimError(f"the same Pod {second.uid} serves metrics: it was never away")


@then(
    phrase(
        'within {limit:Duration} its APIService is unavailable by "{reason:Name}" and its group '
        "answers {status:Count}"
    )
)
def unavailable(cluster: Cluster, limit: float, reason: str, status: int) -> None:
    eventually(
        lambda: (*aggregation.available(cluster.api), cluster.api.ask("GET", NODES).status),
        lambda seen: seen == ("False", reason, status),
        within=scaled(limit),
        what=f"metrics are unavailable by {reason} and answered with {status}",
    )


@then(
    phrase('an empty namespace that is deleted stays, naming "{reason:Name}"'),
    target_fixture="stuck",
)
def stays(cluster: Cluster, namespace: str, reason: str) -> str:
    cluster.api.delete(path := make_namespace(cluster, f"{namespace}-during"))
    eventually(
        lambda: conditions(cluster, path),
        lambda seen: ("NamespaceDeletionDiscoveryFailure", "True", reason) in seen,
        within=scaled(60),
        what=f"{path} stays and says that discovery failed",
    )
    return path


@then("the aggregator counts the outage of that group only, and other groups answer")
def outage_counted(cluster: Cluster) -> None:
    await_outages(cluster)
    answer = cluster.api.ask("GET", "/apis/apps/v1")
    if answer.status != 200:
        raise ClaimError(f"other groups should answer; apps/v1 said {answer.status}")


@then(
    phrase(
        "within {limit:Duration} its group answers, the namespace is gone and no outage is counted"
    )
)
def over(cluster: Cluster, stuck: str, limit: float) -> None:
    eventually(
        lambda: state(cluster, stuck),
        lambda seen: seen == (len(cluster.spec.workers), "gone", []),
        within=scaled(limit),
        every=2.0,
        what="metrics are served, the namespace is gone, no outage is counted",
    )


def make_namespace(cluster: Cluster, name: str) -> str:
    """Path of a new namespace with nothing in it but what controllers put there."""
    path = f"/api/v1/namespaces/{name}"
    cluster.api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    eventually(
        lambda: cluster.api.find(f"{path}/serviceaccounts/default"),
        lambda found: found is not None,
        within=scaled(NAMESPACE_READY),
        what=f"namespace {name} has its ServiceAccount",
    )
    return path


def conditions(cluster: Cluster, path: str) -> list[tuple[str, str, str]]:
    """Type, status and reason of what an object says of itself; nothing of one that is gone."""
    found = cluster.api.find(path) or {}
    told = found.get("status", {}).get("conditions", [])
    return [(one["type"], one["status"], one["reason"]) for one in told]


def state(cluster: Cluster, path: str) -> tuple[int, str, list[tuple[str, str]]]:
    """How many nodes have metrics, whether the object is there, who counts an outage."""
    there = "gone" if cluster.api.find(path) is None else "there"
    return len(aggregation.measured(cluster.api)), there, aggregation.counted_out(cluster)


def await_outages(cluster: Cluster) -> None:
    """Each API server probes by itself."""
    everywhere = [(machine.name, aggregation.NAME) for machine in cluster.spec.controllers]
    eventually(
        lambda: aggregation.counted_out(cluster),
        lambda seen: seen == everywhere,
        within=scaled(60),
        what=f"every API server counts an outage of {aggregation.NAME} and of nothing else",
    )
