"""Metrics: what components tell of themselves, whom they tell it, and what a counter counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest
from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra import observed_places
from infra.clients.instrumentation import component_metrics
from infra.clients.node import kubelet
from infra.clients.transport import prometheus, systemd
from infra.clients.transport.prometheus import Sample
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.machine_layout import SERIES
from infra.timing import scaled
from infra.wait import eventually
from suite.apimachinery.policy_params import Parameters
from suite.expect import must_be_none
from suite.workloads.pod_under_test import RunningPod
from tests.steps.lifecycle.rolling_restart import await_ready
from tests.steps.phrases import one_of, phrase

LABELS = {
    "code", "component", "dry_run", "group", "resource", "scope", "subresource", "verb", "version",
}  # fmt: skip
"""Of apiserver_request_total: apiserver pkg/endpoints/metrics/metrics.go (1.36, STABLE)."""
IN_FLIGHT = "apiserver_current_inflight_requests"
CHECKED = one_of(component_metrics.checks(SERIES.ports))
THAT = "that"
FROM_0 = "the restarted API server restart from 0"
Samples = dict[str, list[Sample]]
"""By machine."""


def without_in_flight(samples: Samples) -> list[str]:
    return [
        f"{machine} has no {IN_FLIGHT} of kind {kind}"
        for machine, found in samples.items()
        for kind in ("mutating", "readOnly")
        if prometheus.value(found, IN_FLIGHT, request_kind=kind) is None
    ]


def without_nodes(samples: Samples) -> list[str]:
    return [
        machine
        for machine, found in samples.items()
        if not component_metrics.requests(found, resource="nodes")
    ]


EXPORTS: Mapping[str, Callable[[Samples], list[str]]] = {
    "exports its in-flight requests, mutating and read-only": without_in_flight,
    "counts requests with the documented labels": (
        lambda samples: component_metrics.mislabelled(samples, LABELS)
    ),
    "counts requests for Nodes separately": without_nodes,
}
"""API servers that do not; nothing is good."""


@pytest.fixture
def own_kind(cluster: Cluster, namespace: str) -> Iterator[Parameters]:
    """A kind that nobody else reads: controllers would count too."""
    kind = Parameters(cluster.api, namespace)
    try:
        kind.define(cluster.api_servers())
        yield kind
    finally:
        cluster.api.delete(kind.definition)


@given("the metrics of each API server", target_fixture="samples")
def metrics_of_api_servers(cluster: Cluster) -> dict[str, list[Sample]]:
    return component_metrics.of_api_servers(cluster, "/metrics")


@given(
    phrase("the SLI metrics of each {component:Checked}", Checked=CHECKED),
    target_fixture="samples",
)
def indicators_of(cluster: Cluster, component: str) -> dict[str, list[Sample]]:
    """After a first question: a check that was never made is not counted."""
    component_metrics.ask_health(cluster, component)
    return component_metrics.indicators(cluster, component)


@given("a CustomResourceDefinition that every API server serves", target_fixture="kind")
def kind_of_its_own(own_kind: Parameters) -> Parameters:
    return own_kind


@given(
    "the number of requests for the custom resource on each API server",
    target_fixture="request_counts",
)
def counted_before(cluster: Cluster, kind: Parameters) -> dict[str, float]:
    return component_metrics.gets_of(cluster, kind.group)


@when(phrase("the custom resource is requested {count:Count} times from one API server"))
def ask_one(cluster: Cluster, kind: Parameters, count: int) -> None:
    first, *_ = cluster.api_servers().values()
    for _ in range(count):
        first.ask("GET", kind.path("absent"))


@when(phrase("the health of each {component:Checked} is requested", Checked=CHECKED))
def ask_health(cluster: Cluster, component: str) -> None:
    component_metrics.ask_health(cluster, component)


@then(phrase("each API server {exports:Exports}", Exports=one_of(EXPORTS)))
def exports_it(samples: dict[str, list[Sample]], exports: str) -> None:
    looked_at(samples)
    must_be_none(EXPORTS[exports](samples), f"each API server {exports}")


@then(
    phrase(
        "the request counter of {which:Which} API server has grown by {count:Count}",
        Which=one_of([THAT, "every other"]),
    )
)
def counter_grew(
    cluster: Cluster, kind: Parameters, request_counts: dict[str, float], which: str, count: int
) -> None:
    now = component_metrics.gets_of(cluster, kind.group)
    first, *others = ((machine, seen - request_counts[machine]) for machine, seen in now.items())
    judged = [first] if which == THAT else others
    wrong = [f"{machine}: {grown:g} more" for machine, grown in judged if grown != count]
    must_be_none(wrong, f"the counter of {which} API server grows by {count}")


@then("every health check of each component is healthy")
def checks_healthy(samples: dict[str, list[Sample]]) -> None:
    wrong = [f"{m}: {component_metrics.unhealthy(found)}" for m, found in samples.items()]
    must_be_none([line for line in wrong if not line.endswith("[]")], "every check is healthy")


@then(
    phrase(
        "within {limit:Duration} each {component:Checked} has counted more successful checks",
        Checked=CHECKED,
    )
)
def checks_counted(
    cluster: Cluster, samples: dict[str, list[Sample]], component: str, limit: float
) -> None:
    before = {machine: component_metrics.successes(found) for machine, found in samples.items()}
    eventually(
        lambda: component_metrics.successful_checks(cluster, component),
        lambda now: all(now[machine] > count for machine, count in before.items()),
        within=scaled(limit),
        what=f"each {component} counts more successful checks than {before}",
    )


@then(phrase("within {limit:Duration} the kubelet counts containers by state as the runtime does"))
def counts_as_runtime(cluster: Cluster, pod: RunningPod, limit: float, evidence: Evidence) -> None:
    """States that the runtime has now: a gauge of a state that is over keeps its last number."""
    seen = eventually(
        lambda: kubelet.both_counts(cluster.api, pod.shell),
        lambda both: both[1].items() <= both[0].items(),
        within=scaled(limit),
        what=f"the kubelet of {pod.node} counts containers as the runtime does",
    )
    evidence.table("containers by state", "state, count", seen[0].items())


@then("at least two of the running containers are the Pod's")
def pods_own_run(pod: RunningPod) -> None:
    running = kubelet.containers_of_runtime(pod.shell).get("running", 0)
    own = len(pod.first.cgroups.containers)
    if own != 2 or running < own:
        raise ClaimError(f"{pod.name} runs {own} containers; {pod.node} runs {running} in all")


@when("the API server of one controller restarts", target_fixture="restarted")
def restart_one(cluster: Cluster) -> str:
    machine = str(cluster.spec.controllers[-1].name)
    unit = cluster.layout.units.api_server
    systemd.restart(cluster.shell(machine), unit, reread=False, killing=True)
    await_ready(machine, cluster.api_of(machine))
    return machine


@then(
    phrase(
        "the counters of {which:Which}", Which=one_of([FROM_0, "every other API server continue"])
    )
)
def counts_anew(
    cluster: Cluster, samples: dict[str, list[Sample]], restarted: str, which: str
) -> None:
    now = component_metrics.of_api_servers(cluster, "/metrics")
    before = {m: seen for m, seen in samples.items() if (m == restarted) == (which == FROM_0)}
    wrong = component_metrics.not_begun_anew(before, now, restarted)
    must_be_none(wrong, f"the counters of {which}")


def looked_at(machines: Iterable[str]) -> None:
    """What their API servers said before is judged now."""
    for machine in machines:
        observed_places.looked(machine, observed_places.API_SERVER)
