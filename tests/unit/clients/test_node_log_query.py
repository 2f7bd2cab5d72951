"""Questions to a kubelet about logs, as they go over the wire."""

from typing import Any, cast

from infra.clients.instrumentation import node_log_query
from infra.kube_api import Answer


def test_queries_are_encoded() -> None:
    asked: list[Any] = []

    class Port:
        def ask(self, path: str, **how: Any) -> Answer:
            asked.append((path, how["timeout"]))
            return Answer("GET", path, 200, {}, "")

    real = node_log_query.NodeLogs(cast("Any", Port()))
    real.query("kubelet", "etcd", pattern="a b")
    assert asked == [("/logs/?query=kubelet&query=etcd&pattern=a+b", 40)]
