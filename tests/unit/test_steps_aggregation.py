"""A second API server: every Then-step goes red, as one understands."""

from typing import Any, cast

import pytest

from infra.clients import aggregation
from infra.clients.aggregation import NODES, Second
from infra.clients.api import Credentials
from infra.cluster import Cluster
from infra.errors import NotPrepared, WaitTimeout
from infra.inventory import series
from tests.steps import aggregation as steps
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red, no_time_passes
from tests.unit.test_steps_kubelet_access import NOTHING

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
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    no_time_passes(monkeypatch)
    mine = registration(aggregation.NAME, "True", "Passed", SERVICE)
    items = {"items": [*LOCAL, mine]}
    return FakeApi({NODES: BOTH, MINE: mine, aggregation.REGISTRATIONS: items})


@pytest.fixture
def live(api: FakeApi) -> Cluster:
    return cast("Cluster", Live(api))


def test_registrations(api: FakeApi, live: Cluster) -> None:
    steps.points_at(live, "metrics-server")
    steps.others_local(live)
    steps.read_everywhere(live)
    goes_red("should point at other", steps.points_at, live, "other")
    api.table[MINE] = registration(aggregation.NAME, "False", "MissingEndpoints", SERVICE)
    goes_red("MissingEndpoints", steps.points_at, live, "metrics-server")
    odd = registration("v1.odd", "True", "Passed", {"name": "x"})
    api.table[aggregation.REGISTRATIONS] = {"items": [*LOCAL, odd]}
    goes_red("built-in groups are local; instead: .*v1.odd", steps.others_local, live)
    api.table[NODES] = (503, {})
    goes_red("every API server proxies.*controller-0: 503", steps.read_everywhere, live)


def test_metrics_that_are_missing_or_not_counted(live: Cluster) -> None:
    found = {"worker-0": metric("worker-0"), "worker-1": metric("worker-1")}
    steps.of_both(live, (found, 5.0), evidence())
    steps.counted((found, 5.0), 5)
    goes_red("should count 5 requests, it counted 0", steps.counted, (found, 0.0), 5)
    goes_red(
        "worker-1 uses nothing",
        steps.of_both,
        live,
        ({"worker-0": found["worker-0"]}, 5.0),
        evidence(),
    )
    idle = {**found, "worker-1": {**found["worker-1"], "usage": {"cpu": "0", "memory": "1Mi"}}}
    goes_red("worker-1 uses {'cpu': '0'", steps.of_both, live, (idle, 5.0), evidence())


def test_metrics_that_do_not_move_or_can_be_written(api: FakeApi, live: Cluster) -> None:
    read = ({"worker-0": metric("worker-0"), "worker-1": metric("worker-1")}, 5.0)
    with pytest.raises(WaitTimeout, match="metrics of every node are of a later time"):
        steps.later(live, read, 60)
    api.table[NODES] = {"items": [metric("worker-0", NEW), metric("worker-1", NEW)]}
    steps.later(live, read, 60)
    goes_red(
        "405 for a watch and a write; instead: .*GET -> 200",
        steps.neither_watched_nor_written,
        live,
        read,
    )
    api.table[NODES] = (405, {})
    steps.neither_watched_nor_written(live, read)
    stored = ({"worker-0": metric("worker-0", uid="u")}, 5.0)
    goes_red("worker-0 has", steps.neither_watched_nor_written, live, stored)


def pods(*uids: str) -> Any:
    ready = {"conditions": [{"type": "Ready", "status": "True"}], "podIP": "10.200.0.9"}
    return {"items": [{"metadata": {"name": u, "uid": u}, "status": ready} for u in uids]}


def second(live: Cluster, uid: str = "a") -> Second:
    return Second(live, pods(uid)["items"][0])


def test_a_second_server_that_was_never_away(api: FakeApi, live: Cluster) -> None:
    with pytest.raises(WaitTimeout, match="metrics of the second server that is gone"):
        steps.none_at_first(live)
    api.table[aggregation.PODS] = pods("a")
    goes_red("the same Pod a serves metrics", steps.served_anew, live, second(live), 120)
    api.table[aggregation.PODS] = pods("b")
    steps.served_anew(live, second(live), 120)
    api.table[NODES] = (503, {})
    steps.none_at_first(live)
    with pytest.raises(WaitTimeout, match="metrics of every worker are served again"):
        steps.served_anew(live, second(live), 120)
    api.table[aggregation.PODS] = pods("a", "b")
    with pytest.raises(NotPrepared, match="one Ready Pod of metrics-server is needed; there are 2"):
        aggregation.second(live)
    with pytest.raises(NotPrepared, match="gives the metrics of every worker"):
        aggregation.await_metrics(live)


def test_an_outage_that_is_not_seen(api: FakeApi, live: Cluster) -> None:
    with pytest.raises(WaitTimeout, match="unavailable by MissingEndpoints and answered with 503"):
        steps.unavailable(live, 90, "MissingEndpoints", 503)
    api.table |= {MINE: registration("m", "False", "MissingEndpoints"), NODES: (503, {})}
    steps.unavailable(live, 90, "MissingEndpoints", 503)
    out = f'{aggregation.UNAVAILABLE}{{name="%s"}} 1\n'
    api.table |= {"/metrics": out % aggregation.NAME, "/apis/apps/v1": {}}
    steps.outage_counted(live)
    api.table["/apis/apps/v1"] = (503, {})
    goes_red("other groups should answer; apps/v1 said 503", steps.outage_counted, live)
    api.table["/metrics"] = out % "v1.apps"
    with pytest.raises(WaitTimeout, match="and of nothing else"):
        steps.outage_counted(live)
    with pytest.raises(WaitTimeout, match="the namespace is gone, no outage is counted"):
        steps.over(live, "/api/v1/namespaces/gone", 120)
    api.table |= {"/metrics": "", NODES: BOTH}
    steps.over(live, "/api/v1/namespaces/gone", 120)


def test_a_namespace_that_goes_although_it_should_stay(api: FakeApi, live: Cluster) -> None:
    path = "/api/v1/namespaces/ns-during"
    api.table |= {"POST /api/v1/namespaces": {}, f"{path}/serviceaccounts/default": {}}
    with pytest.raises(WaitTimeout, match="stays and says that discovery failed"):
        steps.stays(live, "ns", "DiscoveryFailed")
    told = {
        "type": "NamespaceDeletionDiscoveryFailure",
        "status": "True",
        "reason": "DiscoveryFailed",
    }
    api.table[path] = {"status": {"conditions": [told]}}
    assert steps.stays(live, "ns", "DiscoveryFailed") == path
