"""Metrics and logs of nodes, by two ways: every Then-step goes red, as one understands."""

import pytest

from infra.errors import WaitTimeout
from tests.steps.auth import node_reads as steps
from tests.steps.auth.node_reads import ACCOUNT, ADMIN, ON_PORT, THROUGH
from tests.steps.phrases import NOW, Time
from tests.unit.fakes import goes_red
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


def test_metrics_and_logs_through_each_api_server() -> None:
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
    both, admin = ', naming "kube" and "log"', ', naming "admin" and "log"'
    steps.refused(cluster_of(no), caller(), NOW, THROUGH, "logs", 403, both)
    words = 'refused each node\'s logs with 403, naming "admin" and "log"; it is .*Forbidden'
    goes_red(words, steps.refused, cluster_of(no), caller(), NOW, THROUGH, "logs", 403, admin)
    one = cluster_of(no, {**no, "/api/v1/nodes/worker-1/proxy/logs/": "<pre>"})
    words = 'naming "kube" and "log"; it is .*worker-1.*-> 200'
    goes_red(words, steps.refused, one, caller(), NOW, THROUGH, "logs", 403, both)


def test_a_deleted_account_that_one_kubelet_goes_on_answering() -> None:
    later, none = Time("within", 180), cluster_of({})
    steps.refused(none, caller(right="log"), later, ON_PORT, "metrics", 403, "")
    one = caller(right="log", second={"right": "metrics"})
    with pytest.raises(WaitTimeout, match=r"metrics with 403: not within 180 s.*worker-1.*-> 200"):
        steps.refused(none, one, later, ON_PORT, "metrics", 403, "")
