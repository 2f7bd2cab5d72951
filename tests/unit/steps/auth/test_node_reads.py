"""Metrics and logs of nodes, by two ways: every Then-step goes red, as one understands."""

import pytest

from infra.errors import WaitTimeout
from tests.steps.auth import node_reads as steps
from tests.steps.auth.node_reads import ACCOUNT, ADMIN, ON_PORT, THROUGH
from tests.steps.phrases import NOW, Time
from tests.unit.fakes import goes_red, no_time_passes
from tests.unit.steps.auth.test_kubelet_api_access import NODE_NAME, caller, cluster_of

METRICS = {f"/api/v1/nodes/worker-{n}/proxy/metrics": NODE_NAME for n in (0, 1)}
LOGS = {f"/api/v1/nodes/worker-{n}/proxy/logs/": "<pre>" for n in (0, 1)}
SOON = Time("within", 90)


def test_metrics_on_the_port_of_each_kubelet() -> None:
    none = cluster_of({})
    steps.reads(none, caller(), NOW, ON_PORT, ACCOUNT, "metrics")
    one = caller(second={"right": "log"})
    words = "port the ServiceAccount reads each node's metrics; it is .*worker-1.*-> 403"
    goes_red(words, steps.reads, none, one, NOW, ON_PORT, ACCOUNT, "metrics")
    other = caller(text="<html>")
    goes_red("reads each node's", steps.reads, none, other, NOW, ON_PORT, ACCOUNT, "metrics")


def test_metrics_and_logs_through_each_api_server(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    steps.reads(cluster_of(METRICS), caller(), NOW, THROUGH, ADMIN, "metrics")
    steps.reads(cluster_of(LOGS), caller(), SOON, THROUGH, ACCOUNT, "logs")
    broken = cluster_of(METRICS, {**METRICS, next(iter(METRICS)): (503, "no kubelet")})
    words = "server admin reads each node's metrics; it is .*-> 503"
    goes_red(words, steps.reads, broken, caller(), NOW, THROUGH, ADMIN, "metrics")
    refused = cluster_of(dict.fromkeys(LOGS, (403, "Forbidden")))
    with pytest.raises(WaitTimeout, match="the ServiceAccount reads each node's logs"):
        steps.reads(refused, caller(), SOON, THROUGH, ACCOUNT, "logs")


def test_a_refusal_by_another_or_for_another_reason() -> None:
    no = dict.fromkeys(LOGS, (403, "Forbidden (user=kube, nodes/log)"))
    words = ("kube", "log")
    steps.refused(cluster_of(no), caller(), THROUGH, "logs", 403, words)
    told = "logs are refused with 403, naming admin and log"
    goes_red(told, steps.refused, cluster_of(no), caller(), THROUGH, "logs", 403, ("admin", "log"))
    one = cluster_of(no, {**no, "/api/v1/nodes/worker-1/proxy/logs/": "<pre>"})
    told = "naming kube and log; instead: .*worker-1.*-> 200"
    goes_red(told, steps.refused, one, caller(), THROUGH, "logs", 403, words)
