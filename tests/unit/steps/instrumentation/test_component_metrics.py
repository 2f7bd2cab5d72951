"""Metrics: every Then-step goes red with a message that one understands."""

import json
from typing import Any, cast

import pytest

from infra.clients.instrumentation import component_metrics
from infra.clients.transport import prometheus
from infra.clients.transport.prometheus import Sample
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from infra.inventory import series
from infra.kube_api import Api
from suite.apimachinery.policy_params import Parameters
from tests.steps.instrumentation import component_metrics as steps
from tests.unit import elections_fake
from tests.unit.fakes import (
    FakeApi,
    cluster_of,
    evidence,
    goes_red,
    running_pod,
)  # fmt: skip

GROUP = "ns.example.com"
ONE = "controller-0"


class FakeCluster:
    def __init__(self, *tables: dict[str, Any]) -> None:
        self.spec = series("series", kubernetes="v1.36.1", platform="local")
        self.layout = self.spec.layout
        self.apis = [FakeApi(table) for table in tables] or [FakeApi({})]
        self.api = self.apis[0]

    def api_servers(self) -> dict[str, Api]:
        return {f"controller-{n}": api for n, api in enumerate(self.apis)}


def cluster(*tables: dict[str, Any]) -> Cluster:
    return cast("Cluster", FakeCluster(*tables))


def counted(count: int) -> dict[str, Any]:
    return {"/metrics": f'apiserver_request_total{{verb="GET",group="{GROUP}"}} {count}\n'}


def test_what_an_api_server_tells() -> None:
    flight = "apiserver_current_inflight_requests"
    both = [Sample(flight, 0, {"request_kind": kind}) for kind in ("mutating", "readOnly")]
    in_flight, labels, nodes = steps.EXPORTS
    steps.exports_it({ONE: both}, in_flight)
    words = "no .*inflight_requests of kind readOnly"
    goes_red(words, steps.exports_it, {ONE: both[:1]}, in_flight)
    request = Sample("apiserver_request_total", 3, dict.fromkeys(steps.LABELS, "x"))
    steps.exports_it({ONE: [request]}, labels)
    bare = Sample("apiserver_request_total", 3, {"verb": "GET"})
    goes_red(r"controller-0 counts by \[\['verb'\]\]", steps.exports_it, {ONE: [bare]}, labels)
    goes_red(r"counts by \[\]", steps.exports_it, {ONE: []}, labels)
    words = "counts requests for Nodes separately; instead: controller-0"
    goes_red(words, steps.exports_it, {ONE: [bare]}, nodes)


def test_a_counter_that_counts_wrong() -> None:
    live = cluster(counted(9), counted(2))
    kind = Parameters(FakeApi({}), "ns")
    before = {ONE: 2.0, "controller-1": 2.0}
    steps.counter_grew(live, kind, before, steps.THAT, 7)
    steps.counter_grew(live, kind, before, "every other", 0)
    words = "that API server grows by 6; instead: controller-0: 7 more"
    goes_red(words, steps.counter_grew, live, kind, before, steps.THAT, 6)
    elsewhere = {ONE: 2.0, "controller-1": 1.0}
    words = "every other API server grows by 0; instead: controller-1: 1 more"
    goes_red(words, steps.counter_grew, live, kind, elsewhere, "every other", 0)


def test_health_indicators(monkeypatch: pytest.MonkeyPatch) -> None:
    ill = Sample(component_metrics.HEALTHY, 0, {"name": "etcd", "type": "readyz"})
    goes_red("controller-0: .*etcd", steps.checks_healthy, {ONE: [ill]})
    goes_red("no check", steps.checks_healthy, {ONE: []})
    steps.checks_healthy({ONE: [Sample(component_metrics.HEALTHY, 1, {"name": "etcd"})]})
    line = f'{component_metrics.CHECKED}{{name="etcd",status="success"}} 4\n'
    asked: list[tuple[str, int, str]] = []

    def scrape(port: MachinePort, *, credentials: Any, path: str) -> str:
        asked.append((port.machine, port.number, path))
        return line

    monkeypatch.setattr(prometheus, "scrape", scrape)
    live = elections_fake.cluster(credentials=lambda _: None)
    before = {"worker-1": [Sample(component_metrics.CHECKED, 4, {"status": "success"})]}
    wrong = "each kubelet counts more successful checks than .*4.*: not within"
    goes_red(wrong, steps.checks_counted, live, before, "kubelet", 30)
    steps.checks_counted(live, {"worker-1": []}, "kubelet", 30)
    assert asked[-1] == ("worker-1", 10250, "/metrics/slis")
    steps.ask_health(live, "scheduler")
    assert asked[-1] == ("controller-2", 10259, "/healthz")


def test_containers_that_are_counted_otherwise() -> None:
    listed = {"containers": [{"state": "CONTAINER_RUNNING"}] * 2 + [{"state": "CONTAINER_EXITED"}]}
    pod, api, _ = running_pod(crictl=json.dumps(listed))
    text = 'kubelet_running_containers{container_state="%s"} %d\n'
    path = "/api/v1/nodes/worker-0/proxy/metrics"
    api.table[path] = text % ("running", 2) + text % ("exited", 1) + text % ("created", 1)
    steps.counts_as_runtime(cluster_of(api), pod, 60, evidence())
    api.table[path] = text % ("running", 3)
    with pytest.raises(WaitTimeout, match="counts containers as the runtime does"):
        steps.counts_as_runtime(cluster_of(api), pod, 60, evidence())
    goes_red("runs 1 containers; worker-0 runs 2 in all", steps.pods_own_run, pod)


def test_a_counter_that_keeps_its_history() -> None:
    before = {machine: prometheus.parse(told(100, 50)) for machine in (ONE, "controller-1")}

    def judge(which: str, *now: tuple[float, float]) -> None:
        live = FakeCluster(*({"/metrics": told(*seen)} for seen in now))
        steps.counts_anew(cast("Cluster", live), before, "controller-1", which)

    others, words = "every other API server continue", "started 100.0 with 50.0, now 200"
    judge(steps.FROM_0, (200, 5), (200, 5))
    judge(others, (100, 60), (200, 55))
    goes_red(f"from 0; instead: controller-1: {words}", judge, steps.FROM_0, (100, 60), (200, 55))
    goes_red(f"continue; instead: controller-0: {words}", judge, others, (200, 5), (200, 5))


def told(started: float, count: float) -> str:
    return f"{component_metrics.STARTED} {started}\n{component_metrics.REQUESTS} {count}\n"
