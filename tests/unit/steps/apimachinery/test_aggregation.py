"""A second API server: every Then-step goes red, as one understands."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from infra.clients.apimachinery import aggregation
from infra.clients.apimachinery.aggregation import Second
from infra.clients.instrumentation.node_metrics import NODES, Reading, read
from infra.cluster import Cluster
from infra.errors import NotPrepared, WaitTimeout
from infra.inventory import series
from infra.kube_api import Answer, ApiUnreachable, Credentials
from tests.steps.apimachinery import aggregation as steps
from tests.steps.apimachinery.aggregation import Read
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red, not_judged
from tests.unit.steps.auth.test_kubelet_api_access import NOTHING

MINE = f"{aggregation.REGISTRATIONS}/{aggregation.NAME}"
OLD, NEW = "2026-11-25T23:00:00Z", "2026-11-25T23:00:15Z"


def registration(name: str, status: str, reason: str, service: Any = None) -> Any:
    return {
        "metadata": {"name": name},
        "spec": {"service": service} if service else {},
        "status": {"conditions": [{"type": "Available", "status": status, "reason": reason}]},
    }


def metric(name: str, time: str = OLD, **metadata: str) -> Any:
    return {
        "metadata": {"name": name, **metadata},
        "usage": {"cpu": "120m", "memory": "300Mi"},
        "window": "15s",
        "timestamp": time,
    }


SERVICE = {"name": "metrics-server", "namespace": "kube-system"}
LOCAL = [registration(f"v1.g{number}", "True", "Local") for number in range(12)]
BOTH = {"items": [metric("worker-0"), metric("worker-1")]}


class Live:
    spec = series("series", kubernetes="v1.36.1", platform="local")
    layout = spec.layout

    def __init__(self, api: FakeApi, shell: FakeShell | None = None) -> None:
        self.api = api
        self._shell = shell or FakeShell()
        self.material = type("M", (), {"cert": lambda *_: b"CA\n"})()

    def shell(self, _name: str) -> FakeShell:
        return self._shell

    def api_servers(self) -> dict[str, FakeApi]:
        return {machine.name: self.api for machine in self.spec.controllers}

    def credentials(self, _identity: str) -> Credentials:
        return NOTHING


@pytest.fixture
def api() -> FakeApi:
    mine = registration(aggregation.NAME, "True", "Passed", SERVICE)
    items = {"items": [*LOCAL, mine]}
    return FakeApi({NODES: BOTH, MINE: mine, aggregation.REGISTRATIONS: items})


@pytest.fixture
def live(api: FakeApi) -> Cluster:
    return cast("Cluster", Live(api))


DISCOVERY = "/apis/metrics.k8s.io/v1beta1"
READ = "returns the metrics of both workers"
AT = datetime(2026, 11, 25, 23, 0, 30, tzinfo=UTC)


def test_registrations(api: FakeApi, live: Cluster) -> None:
    steps.points_at(live, "metrics-server")
    steps.others_local(live)
    steps.is_available(live, 150, "available", "Passed", READ)
    goes_red("should point at other", steps.points_at, live, "other")
    api.table[MINE] = registration(aggregation.NAME, "False", "MissingEndpoints", SERVICE)
    with pytest.raises(WaitTimeout, match=r"last seen: \(\('False', 'MissingEndpoints'"):
        steps.is_available(live, 150, "available", "Passed", READ)
    api.table[MINE] = registration(aggregation.NAME, "True", "Passed", SERVICE)
    odd = registration("v1.odd", "True", "Passed", {"name": "x"})
    api.table[aggregation.REGISTRATIONS] = {"items": [*LOCAL, odd]}
    goes_red("built-in groups are local; instead: .*v1.odd", steps.others_local, live)
    api.table[NODES] = (503, {"message": "no endpoints"})
    with pytest.raises(WaitTimeout, match=r"last seen: .*'controller-0': '503 no endpoints'"):
        steps.is_available(live, 150, "available", "Passed", READ)


def test_a_group_that_nobody_registered(api: FakeApi, live: Cluster) -> None:
    """Not a bad start: every claim on the group is false then, and names what is missing."""
    del api.table[MINE]
    says = "there is no APIService v1beta1.metrics.k8s.io: nobody has registered the group"
    goes_red(says, steps.points_at, live, "metrics-server")
    goes_red(says, steps.metrics_served, live)


def test_an_api_server_that_gives_no_metrics(api: FakeApi, live: Cluster) -> None:
    api.table[NODES] = {"items": [metric("worker-0")]}
    not_judged("gives the metrics of every worker: not within", steps.metrics_served, live)


def a_read(*items: Any, counted: float = 15.0) -> Read:
    found = {item["metadata"]["name"]: item for item in items}
    servers = [str(machine.name) for machine in Live.spec.controllers]
    return Read(dict.fromkeys(servers, Reading(found, AT)), 15, counted)


def test_metrics_that_are_missing_old_or_not_counted(live: Cluster) -> None:
    both, step, told = (metric("worker-0"), metric("worker-1")), steps.of_both, evidence()
    step(live, a_read(*both), told, 90)
    steps.counted(a_read(*both))
    goes_red("should count 15 requests, it counted 10", steps.counted, a_read(counted=10.0))
    goes_red("controller-0: worker-1 uses nothing", step, live, a_read(both[0]), told, 90)
    idle = {**both[1], "usage": {"cpu": "0", "memory": "1Mi"}}
    goes_red("worker-1 uses {'cpu': '0'", step, live, a_read(both[0], idle), told, 90)
    goes_red("worker-0's are 30 s old", step, live, a_read(*both), told, 20)


def test_a_reading_has_the_clock_of_its_api_server() -> None:
    class Dated(FakeApi):
        def ask(self, *given: Any, **how: Any) -> Answer:
            got = super().ask(*given, **how)
            return Answer(
                "GET", NODES, got.status, {"Date": "Wed, 25 Nov 2026 23:00:30 GMT"}, got.text
            )

    assert read(Dated({NODES: BOTH})).now == AT
    assert read(Dated({NODES: BOTH})).old(29) == [
        "worker-0's are 30 s old",
        "worker-1's are 30 s old",
    ]


def test_metrics_that_do_not_move_or_can_be_written(api: FakeApi, live: Cluster) -> None:
    before = a_read(metric("worker-0"), metric("worker-1"))
    with pytest.raises(WaitTimeout, match="gives metrics of every node with a later time"):
        steps.later(live, before, 60)
    api.table[NODES] = {"items": [metric("worker-0", NEW), metric("worker-1", NEW)]}
    steps.later(live, before, 60)
    api.table[DISCOVERY] = {"resources": [{"name": "nodes", "verbs": ["get", "list"]}]}
    step = steps.neither_watched_nor_written
    goes_red("405 for a watch and a write; instead: controller-0: GET -> 200", step, live, before)
    api.table[NODES] = (405, {})
    step(live, before)
    goes_red("controller-0: worker-0 has", step, live, a_read(metric("worker-0", uid="u")))
    api.table[DISCOVERY] = {"resources": [{"name": "nodes", "verbs": ["get", "list", "watch"]}]}
    goes_red("discovery lists .*'watch'", step, live, before)


def pods(*uids: str) -> Any:
    ready = {"conditions": [{"type": "Ready", "status": "True"}], "podIP": "10.200.0.9"}
    return {"items": [{"metadata": {"name": u, "uid": u}, "status": ready} for u in uids]}


def second(live: Cluster, uid: str = "a") -> Second:
    return Second(live, pods(uid)["items"][0])


def serves(monkeypatch: pytest.MonkeyPatch, *looks: tuple[int, int] | None) -> None:
    """What the new Pod has on each look, of which the last stays; None: it does not listen yet."""
    left = list(looks)

    def inside(_: Second) -> tuple[int, int]:
        look = left.pop(0) if len(left) > 1 else left[0]
        if look is None:
            raise ApiUnreachable("refused")
        return look

    monkeypatch.setattr(Second, "inside", inside)


def test_a_second_server_that_was_never_away(
    api: FakeApi, live: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WaitTimeout, match="metrics of the second server that is gone"):
        steps.returned_by(live, 30, "no")
    steps.returned_by(live, 30, "every")
    api.table[aggregation.PODS] = pods("a")
    serves(monkeypatch, (2, 2))
    with pytest.raises(WaitTimeout, match="another Pod than a has the metrics of every worker"):
        steps.scraped_twice(live, second(live), evidence(), 120)
    api.table[aggregation.PODS] = pods("b")
    serves(monkeypatch, None, (0, 0), (0, 1), (2, 2))
    steps.scraped_twice(live, second(live), evidence(), 120)
    serves(monkeypatch, (0, 0), (2, 1))
    says = "instead: metrics of 2 nodes by 1"
    goes_red(says, steps.scraped_twice, live, second(live), evidence(), 120)
    serves(monkeypatch, (2, 9))
    not_judged("seen too late", steps.scraped_twice, live, second(live), evidence(), 120)
    api.table[NODES] = (503, {})
    steps.returned_by(live, 30, "no")
    with pytest.raises(WaitTimeout, match="every API server gives the metrics of every worker"):
        steps.returned_by(live, 120, "every")
    api.table[aggregation.PODS] = pods("a", "b")
    with pytest.raises(NotPrepared, match="one Ready Pod of metrics-server is needed; there are 2"):
        aggregation.second(live)


def test_what_the_second_server_has_inside(live: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {NODES: BOTH, "/metrics": f"{aggregation.SCRAPES} 3\n"}

    def ask(_: Second, path: str, *__: Any) -> Answer:
        return FakeApi(answers).ask("GET", path)

    monkeypatch.setattr(Second, "ask", ask)
    assert second(live).inside() == (2, 3)
