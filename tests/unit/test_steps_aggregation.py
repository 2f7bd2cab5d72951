"""A second API server: every Then-step goes red, as one understands."""

from typing import Any, cast

import pytest

from infra.clients import aggregation
from infra.clients.accounts import TokenAccount
from infra.clients.aggregation import NODES, Second
from infra.clients.api import Answer, Credentials
from infra.clients.etcd import Entry
from infra.clients.parameters import Parameters
from infra.clients.pods import NotPrepared
from infra.cluster import Cluster
from infra.errors import Unreachable, WaitTimeout
from infra.inventory import series
from tests.steps import aggregated_access as access
from tests.steps import aggregation as steps
from tests.steps.aggregated_access import Users
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red, no_time_passes
from tests.unit.test_steps_kubelet_access import NOTHING

MINE = f"{aggregation.REGISTRATIONS}/{aggregation.NAME}"
OLD, NEW = "2026-11-25T23:00:00Z", "2026-11-25T23:00:15Z"
USERS = Users(TokenAccount("ns", "reader", "t"), TokenAccount("ns", "stranger", "t"))


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


class Dialled(FakeShell):
    """A machine that connects to these addresses."""

    def __init__(self, *reached: str) -> None:
        super().__init__("controller-0")
        self.reached = reached

    def dial(self, address: str, port: int) -> Any:
        if address not in self.reached:
            raise Unreachable(self.name, address, "refused")
        return type("Channel", (), {"close": lambda _: None})()


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
    goes_red("built-in groups are local; .*\n.*v1.odd", steps.others_local, live)
    api.table[NODES] = (503, {})
    goes_red("every API server proxies.*\n.*controller-0: 503", steps.read_everywhere, live)


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
        "405 for a watch and a write; .*\n.*GET -> 200",
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


class Asked(Second):
    """A second server that answers all alike."""

    answers: Any = Answer("GET", NODES, 200, {}, "")

    def ask(self, *_: Any, **__: Any) -> Answer:
        return cast("Answer", self.answers)


def test_identities(live: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Asked(live, {})
    goes_red("403 naming .*stranger was expected", access.by_its_own_port, live, backend, USERS)
    goes_red("only the front proxy may say", access.not_believed, live, backend, USERS, evidence())
    refused = Answer("GET", NODES, 403, {}, 'User "system:anonymous" cannot list')
    monkeypatch.setattr(Asked, "answers", refused)
    access.not_believed(live, backend, USERS, evidence())
    goes_red(
        "who may read metrics should be answered", access.by_its_own_port, live, backend, USERS
    )
    named = Answer("GET", NODES, 403, {}, f'User "{USERS.stranger.user}" cannot list')
    access.must_differ(Answer("GET", NODES, 200, {}, ""), named, USERS.stranger.user)
    monkeypatch.setattr(Asked, "answers", named)
    goes_red("only the front proxy", access.not_believed, live, backend, USERS, evidence())


def test_identities_by_the_proxy(live: Cluster) -> None:
    class Accounts:
        def api(self, account: TokenAccount) -> FakeApi:
            return FakeApi(
                {NODES: (200, {}) if account == USERS.reader else (403, {"message": account.user})}
            )

    access.by_the_proxy(cast("Any", Accounts()), USERS)
    turned = Users(USERS.stranger, USERS.reader)
    goes_red(
        "who may read metrics should be answered",
        access.by_the_proxy,
        cast("Any", Accounts()),
        turned,
    )


def test_what_is_published_and_routed(api: FakeApi, live: Cluster) -> None:
    data = {
        "requestheader-client-ca-file": "CA",
        "requestheader-allowed-names": '["front-proxy-client"]',
    }
    api.table |= {
        aggregation.PUBLISHED: {"data": data},
        "/flagz": "enable-aggregator-routing=true\n",
    }
    access.published(live)
    access.routes_to_endpoints(live)
    api.table["/flagz"] = "enable-aggregator-routing:false\n"
    goes_red(
        "--enable-aggregator-routing=true; .*\n.*controller-0", access.routes_to_endpoints, live
    )
    api.table[aggregation.PUBLISHED] = {"data": {**data, "requestheader-allowed-names": "[]"}}
    goes_red("CA and name should be published", access.published, live)


def test_ways_of_controllers(api: FakeApi) -> None:
    api.table[aggregation.SERVICE] = {"spec": {"clusterIP": "10.32.0.77"}}
    right = cast("Cluster", Live(api, Dialled("10.200.0.9")))
    access.connects_to_pod(right, second(right))
    access.not_to_service(right)
    wrong = cast("Cluster", Live(api, Dialled("10.32.0.77")))
    goes_red("controllers reach 10.200.0.9:10250", access.connects_to_pod, wrong, second(wrong))
    goes_red("nobody on a controller answers for 10.32.0.77", access.not_to_service, wrong)


def test_the_role_and_the_reads(api: FakeApi, live: Cluster) -> None:
    rule = {"resources": ["nodes/metrics"], "verbs": ["get"]}
    api.table[aggregation.ROLE] = {"rules": [rule]}
    access.role_holds(live, "nodes/metrics", "nodes/proxy")
    api.table[aggregation.ROLE] = {
        "rules": [rule, {"resources": ["nodes/proxy"], "verbs": ["get"]}]
    }
    goes_red(
        "nothing on nodes/proxy is needed", access.role_holds, live, "nodes/metrics", "nodes/proxy"
    )
    text = f'{aggregation.KUBELET_REQUESTS}{{path="metrics/resource"}} 7\n'
    api.table |= {f"/api/v1/nodes/worker-{n}/proxy/metrics": text for n in range(2)}
    before = access.reads_before(live)
    with pytest.raises(WaitTimeout, match="each kubelet is asked for its resource metrics again"):
        access.asked_again(live, before, 60)
    access.asked_again(live, dict.fromkeys(before, 6.0), 60)


def test_what_etcd_holds(api: FakeApi, live: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Parameters(api, "ns")
    key = access.key_of(own)
    mine = f"/registry/apiregistration.k8s.io/apiservices/{aggregation.NAME}"
    stored: dict[str, Any] = {key: Entry(key, b'{"uid":"u"}', 1)}
    listed = [mine, key]

    class Store:
        def find(self, wanted: str) -> Any:
            return stored.get(wanted)

        def keys(self, _prefix: str) -> list[str]:
            return listed

    monkeypatch.setattr(access.members, "client", lambda _: Store())
    api.table[own.path("kept")] = {"metadata": {"uid": "u"}}
    access.etcd_holds(live, own)
    access.no_metrics_in_etcd(live)
    with pytest.raises(WaitTimeout, match="is gone"):
        access.etcd_forgot(live, own)
    listed.append("/registry/metrics.k8s.io/nodes/worker-0")
    goes_red("metrics are not stored; .*\n.*nodes/worker-0", access.no_metrics_in_etcd, live)
    listed.clear()
    goes_red("the listing shows none", access.etcd_holds, live, own)
    stored.clear()
    access.etcd_forgot(live, own)
    goes_red("should hold the object u", access.etcd_holds, live, own)
