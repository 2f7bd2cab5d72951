"""A step is done when each of its components is ready and reports the version itself."""

from types import SimpleNamespace
from typing import Any

import pytest

from infra.clients.etcd import members
from infra.clients.instrumentation import component_metrics
from infra.clients.instrumentation.component_metrics import Told
from infra.errors import WaitTimeout
from infra.lifecycle.upgrade import observed
from infra.lifecycle.upgrade.steps import Kind, Step
from infra.machine_layout import SERIES
from tests.unit.fakes import FakeApi, no_time_passes

NEW, OLD = "v1.37.2", "v1.36.5"
METRICS = "/api/v1/nodes/worker-0/proxy/metrics"


def build(version: str) -> str:
    return f'kubernetes_build_info{{git_version="{version}"}} 1\n'


def node(version: str, ready: str = "True") -> dict[str, Any]:
    status = {
        "nodeInfo": {"kubeletVersion": version},
        "conditions": [{"type": "Ready", "status": ready}],
    }
    return {"items": [{"metadata": {"name": "worker-0"}, "status": status}]}


def live(**answers: Any) -> Any:
    api = FakeApi({path.replace("__", "/"): found for path, found in answers.items()})
    return SimpleNamespace(api=api, api_of=lambda _: api, layout=SERIES)


def test_an_api_server_that_is_not_ready_is_not_done() -> None:
    step = Step(Kind.API_SERVER, "controller-1", NEW)
    served = live(__readyz="ok", __version={"gitVersion": NEW})
    assert observed.is_done(served, step)
    assert not observed.is_done(live(__readyz="ok", __version={"gitVersion": OLD}), step)
    assert not observed.is_done(
        live(__readyz=(500, "etcd failed"), __version={"gitVersion": NEW}), step
    )


@pytest.mark.parametrize(
    ("manager", "scheduler", "done"), [(NEW, NEW, True), (NEW, OLD, False), ("", NEW, False)]
)
def test_both_managers_of_a_machine_count(
    monkeypatch: pytest.MonkeyPatch, manager: str, scheduler: str, *, done: bool
) -> None:
    told = {SERIES.ports.controller_manager: manager, SERIES.ports.scheduler: scheduler}
    monkeypatch.setattr(
        component_metrics,
        "ask_component",
        lambda _, port: {"controller-0": Told(200, told[port]), "controller-1": Told(200, OLD)},
    )
    assert observed.is_done(live(), Step(Kind.MANAGERS, "controller-0", NEW)) == done


@pytest.mark.parametrize(
    ("kubelet", "nodes", "proxy", "done"),
    [
        (NEW, node(NEW), NEW, True),
        (OLD, node(OLD), NEW, False),
        (NEW, node(OLD), NEW, False),  # it has not registered anew yet
        (NEW, node(NEW, "False"), NEW, False),
        (NEW, node(NEW), OLD, False),
    ],
)
def test_a_worker_is_done_when_its_node_is_ready(
    monkeypatch: pytest.MonkeyPatch, kubelet: str, nodes: Any, proxy: str, *, done: bool
) -> None:
    monkeypatch.setattr(
        component_metrics, "ask_kube_proxies", lambda _: {"worker-0": Told(200, proxy)}
    )
    cluster = live()
    cluster.api.table |= {METRICS: build(kubelet), "/api/v1/nodes": nodes}
    assert observed.is_done(cluster, Step(Kind.NODE, "worker-0", NEW)) == done


@pytest.mark.parametrize(("version", "done"), [("3.7.0", True), ("3.6.8", False), ("", False)])
def test_a_member_is_asked_alone(
    monkeypatch: pytest.MonkeyPatch, version: str, *, done: bool
) -> None:
    asked: list[str] = []

    def client_of(_: object, machine: str) -> Any:
        asked.append(machine)
        found = (SimpleNamespace(version=version),) if version else ()
        return SimpleNamespace(statuses=lambda: found)

    monkeypatch.setattr(members, "client_of", client_of)
    assert observed.is_done(live(), Step(Kind.ETCD, "controller-2", "v3.7.0")) == done
    assert asked == ["controller-2"]


def test_what_does_not_come_is_told_with_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    old = live(__readyz="ok", __version={"gitVersion": OLD})
    words = r"API server of controller-1 to v1.37.2: .*not within 180 s; .*v1.36.5"
    with pytest.raises(WaitTimeout, match=words):
        observed.await_done(old, Step(Kind.API_SERVER, "controller-1", NEW))
