"""Kubelets with other settings: what a scenario sees of them goes red, as one understands."""

from pathlib import Path
from typing import Any, cast

import pytest

from fixtures.worlds.fault_types import Fault
from fixtures.worlds.faults import Faults
from infra.clients.node import kubelet
from infra.clients.transport import journal
from infra.clients.transport.journal import Exit
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from infra.inventory import series
from infra.machine_layout import SERIES
from suite.node import kubelet_restarts
from tests.steps.node import kubelet_config_change as steps
from tests.steps.node.kubelet_config_change import Ended
from tests.unit.fakes import (
    FakeApi,
    FakeShell,
    cluster_of,
    goes_red,
    running_pod,
)  # fmt: skip

NODE = "/api/v1/nodes/worker-0"
ENDED = Ended("worker-0", "s=1")
RULE = {"apiGroups": [""], "resources": ["nodes/log", "nodes/metrics"], "verbs": ["*"]}


class Live:
    """``api`` as it is given, and one shell."""

    spec = series("series", kubernetes="v1.36.1", platform="local")
    layout = SERIES

    def __init__(self, api: FakeApi, shell: FakeShell) -> None:
        self.api = api
        self._shell = shell

    def shell(self, _name: str) -> FakeShell:
        return self._shell

    def api_servers(self) -> dict[str, FakeApi]:
        return {"controller-0": self.api}


def test_settings_are_merged_into_the_file() -> None:
    shell = FakeShell(answers={f"cat {SERIES.files.kubelet}": "kind: K\nclusterDomain: x\n"})
    got = kubelet.with_settings(shell, {"enableSystemLogQuery": True})
    assert got == b"clusterDomain: x\nenableSystemLogQuery: true\nkind: K\n"


def test_a_kubelet_that_does_not_end_or_does_not_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    live = cast("Cluster", Live(FakeApi({}), FakeShell()))
    found: list[Exit] = []
    lines = [{"MESSAGE": "handler is required for query"}]
    monkeypatch.setattr(journal, "exits", lambda *_, **__: found)
    monkeypatch.setattr(journal, "after", lambda *_, **__: lines)
    with pytest.raises(WaitTimeout, match="the kubelet of worker-0 ends with an error"):
        steps.ended_naming(live, ENDED, 30, "handler", "query")
    found.append(Exit("exited", "1"))
    steps.ended_naming(live, ENDED, 30, "handler", "query")
    goes_red("names swap and query", steps.ended_naming, live, ENDED, 30, "swap", "query")


def test_a_node_that_is_not_ready() -> None:
    pod, _, _ = running_pod()
    node = {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}
    live = cluster_of(FakeApi({NODE: node}))
    goes_red("its condition Ready is Unknown", steps.node_is_ready, live, pod)


def test_a_right_is_taken_and_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    role: dict[str, Any] = {"metadata": {"resourceVersion": "1"}, "rules": [RULE]}
    review = {"status": {"allowed": False}}
    api = FakeApi({
        steps.ROLE: role,
        "/apis/authorization.k8s.io/v1/subjectaccessreviews": review,
    })  # fmt: skip
    live = Live(api, FakeShell())
    live.state = tmp_path  # type: ignore[attr-defined]
    monkeypatch.setattr(kubelet_restarts, "restart_all", lambda *_: None)
    monkeypatch.setattr(steps, "await_listening", lambda *_: None)
    caused = Faults(cast("Cluster", live), gate=lambda _: None)
    taken = steps.take_right(cast("Cluster", live), caused, "log")
    method, path, body = next(one for one in api.asked if one[0] == "PATCH")
    assert (method, path) == ("PATCH", steps.ROLE)
    assert body["rules"][0]["resources"] == ["nodes/metrics"]
    assert isinstance(taken, Fault)
    steps.give_right_back(caused, taken)
    assert api.asked[-1][0] == "PUT"
    assert api.asked[-1][2]["rules"] == [RULE]
