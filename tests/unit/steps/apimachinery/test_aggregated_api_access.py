"""Who is answered by a second API server, and how it is reached: what goes red, and how."""

from pathlib import Path
from typing import Any, cast

import pytest

from infra.clients.apimachinery import aggregation
from infra.clients.apimachinery.aggregation import Second
from infra.clients.auth import published_client_cas
from infra.clients.etcd.etcdctl import Entry
from infra.clients.instrumentation.node_metrics import NODES
from infra.clients.transport.kubectl import Told
from infra.cluster import Cluster
from infra.errors import Unreachable, WaitTimeout
from infra.kube_api import Answer
from suite.apimachinery.policy_params import Parameters
from suite.auth.service_accounts import TokenAccount
from tests.steps.apimachinery import aggregated_api_access as access
from tests.steps.apimachinery import api_servers
from tests.steps.apimachinery.aggregated_api_access import Reads, Users
from tests.steps.auth import component_permissions as permissions
from tests.steps.etcd import stored_kinds as kinds
from tests.steps.etcd.members import Stored
from tests.steps.network import pod_routes
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red
from tests.unit.steps.apimachinery.test_aggregation import Live, second
from tests.unit.steps.auth.test_kubelet_api_access import NOTHING

USERS = Users(TokenAccount("ns", "reader", "t"), TokenAccount("ns", "stranger", "t"))


@pytest.fixture
def api() -> FakeApi:
    return FakeApi({})


@pytest.fixture
def live(api: FakeApi) -> Cluster:
    return cast("Cluster", Live(api))


class Dialled(FakeShell):
    """A machine that connects to these addresses."""

    def __init__(self, *reached: str) -> None:
        super().__init__("controller-0")
        self.reached = reached

    def dial(self, address: str, port: int) -> Any:
        if address not in self.reached:
            raise Unreachable(self.name, address, "refused")
        return type("Channel", (), {"close": lambda _: None})()


class Asked(Second):
    """A second server that answers all alike."""

    answers: Any = Answer("GET", NODES, 200, {}, "")

    def ask(self, *_: Any, **__: Any) -> Answer:
        return cast("Answer", self.answers)


NOBODY: Any = None
OWN_PORT = "at metrics-server, asserted by the front-proxy certificate"
PROXY = "through every API server"


def test_identities(live: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    backend = Asked(live, {})
    believed = (live, backend, USERS, evidence(), tmp_path, "metrics-server")
    says = "refused with 403, naming .*stranger: "
    goes_red(says, access.told_apart, live, NOBODY, backend, USERS, OWN_PORT)
    goes_red("only the front proxy may say", access.front_proxy_only, *believed)
    refused = Answer("GET", NODES, 403, {}, 'User "system:anonymous" cannot list')
    monkeypatch.setattr(Asked, "answers", refused)
    access.front_proxy_only(*believed)
    says = "the user who may read metrics should be answered 200"
    goes_red(says, access.told_apart, live, NOBODY, backend, USERS, OWN_PORT)
    named = Answer("GET", NODES, 403, {}, f'User "{USERS.stranger.user}" cannot list')
    access.must_differ(Answer("GET", NODES, 200, {}, ""), named, USERS.stranger.user)
    monkeypatch.setattr(Asked, "answers", named)
    goes_red("only the front proxy", access.front_proxy_only, *believed)


class Server(FakeApi):
    """An API server that knows who may read; ``open`` to everybody where it is wrong."""

    def __init__(self, *, opens: bool = False, who: str = "reader") -> None:
        allowed = opens or who == "reader"
        message = {"message": f'User "{USERS.stranger.user}" cannot list'}
        super().__init__({NODES: (200, {}) if allowed else (403, message)})
        self.base = "https://open" if opens else "https://strict"

    def at(self, base: str) -> "Server":
        return Server(opens=base == "https://open", who=self.who)

    who = "reader"


def test_identities_by_the_proxy(live: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    class Accounts:
        def api(self, account: TokenAccount) -> Server:
            made = Server()
            made.who = account.name
            return made

    servers = {"controller-0": Server(), "controller-1": Server()}
    monkeypatch.setattr(Live, "api_servers", lambda _: servers)
    known, backend = cast("Any", Accounts()), Asked(live, {})
    access.told_apart(live, known, backend, USERS, PROXY)
    turned = Users(USERS.stranger, USERS.reader)
    says = "the user who may read metrics should be answered 200"
    goes_red(says, access.told_apart, live, known, backend, turned, PROXY)
    servers["controller-1"] = Server(opens=True)
    says = "refused with 403, naming .*stranger: "
    goes_red(says, access.told_apart, live, known, backend, USERS, PROXY)


def test_what_is_published_and_routed(api: FakeApi, live: Cluster) -> None:
    data = {key: f'["{own}"]' for key, own in published_client_cas.LISTS.items()}
    data["requestheader-client-ca-file"] = "CA"
    api.table[aggregation.PUBLISHED] = {"data": data}
    access.published(live)
    api.table[aggregation.PUBLISHED] = {"data": {**data, "requestheader-allowed-names": "[]"}}
    goes_red("are published; instead: requestheader-allowed-names is", access.published, live)
    users = '["X-Remote-User", "X-User"]'
    api.table[aggregation.PUBLISHED] = {"data": {**data, "requestheader-username-headers": users}}
    goes_red(r"username-headers is \['X-Remote-User', 'X-User'\]", access.published, live)
    api.table[aggregation.PUBLISHED] = {"data": {**data, "requestheader-client-ca-file": "another"}}
    goes_red("is not front-proxy-ca, and it alone", access.published, live)


def test_an_api_server_that_routes_to_services(api: FakeApi) -> None:
    shell = FakeShell(answers={"systemctl show": "ActiveState=active\nMainPID=7\n"})
    started, routes = "cat /proc/7/cmdline", "routes aggregated requests to endpoints"
    for given in ("--enable-aggregator-routing=true", "--enable-aggregator-routing"):
        shell.answers[started] = f"kube-apiserver\0{given}\0"
        api_servers.each_does(cast("Cluster", Live(api, shell)), routes)
    for given in ("--enable-aggregator-routing=false", "--v=2"):
        shell.answers[started] = f"kube-apiserver\0{given}\0"
        goes_red(
            "instead: controller-0 runs without --enable-aggregator-routing=true",
            api_servers.each_does, cast("Cluster", Live(api, shell)), routes,
        )  # fmt: skip


def test_ways_of_controllers(api: FakeApi) -> None:
    api.table[aggregation.SERVICE] = {"spec": {"clusterIP": "10.32.0.77"}}
    right = cast("Cluster", Live(api, Dialled("10.200.0.9")))
    pod, service = (f"the address of the metrics-server {kind}" for kind in ("Pod", "Service"))
    pod_routes.connect(right, second(right), [], "every", pod)
    pod_routes.connect(right, second(right), [], "no", service)
    wrong = cast("Cluster", Live(api, Dialled("10.32.0.77")))
    says = "every controller connects .*; instead: controller-0 and 10.200.0.9:10250"
    goes_red(says, pod_routes.connect, wrong, second(wrong), [], "every", pod)
    says = "no controller connects .*; instead: controller-0 and 10.32.0.77:443"
    goes_red(says, pod_routes.connect, wrong, second(wrong), [], "no", service)


def test_the_role_and_the_reads(api: FakeApi, live: Cluster) -> None:
    rule = {"resources": ["nodes/metrics"], "verbs": ["get"]}
    api.table[aggregation.ROLE] = {"rules": [rule]}
    permissions.role_holds(live, "nodes/metrics", "nodes/proxy")
    api.table[aggregation.ROLE] = {
        "rules": [rule, {"resources": ["nodes/proxy"], "verbs": ["get"]}]
    }
    says = "nothing on nodes/proxy is needed"
    goes_red(says, permissions.role_holds, live, "nodes/metrics", "nodes/proxy")


def test_what_kubelets_and_metrics_server_count(
    api: FakeApi, live: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f'{aggregation.KUBELET_REQUESTS}{{path="metrics/resource"}} 7\n'
    api.table |= {f"/api/v1/nodes/worker-{n}/proxy/metrics": text for n in range(2)}
    asked = {"worker-0": 9.0, "worker-1": 9.0}
    monkeypatch.setattr(aggregation, "scraped", lambda _: dict(asked))
    backend = second(live)
    before = access.reads_before(live, backend)
    with pytest.raises(WaitTimeout, match="how often metrics-server asked and the kubelet counted"):
        access.asked_again(live, backend, before, 60)
    earlier = Reads(dict.fromkeys(asked, 5.0), dict.fromkeys(asked, 7.0))
    access.asked_again(live, backend, earlier, 60)
    asked["worker-1"] = 12.0  # what it asked the kubelet did not count: it reads something else
    with pytest.raises(WaitTimeout, match=r"'worker-1': \(5.0, 2.0\)"):
        access.asked_again(live, backend, earlier, 60)
    sample = f'{aggregation.SCRAPED}{{node="worker-0"}} 4\n'
    monkeypatch.undo()
    monkeypatch.setattr(Asked, "answers", Answer("GET", "/metrics", 200, {}, sample))
    monkeypatch.setattr(Live, "credentials", lambda *_: NOTHING)
    assert aggregation.scraped(Asked(live, {})) == {"worker-0": 4.0}


def test_what_etcd_holds(api: FakeApi, live: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Parameters(api, "ns")
    key = "/registry/limits/ns/kept"
    one = Stored(own.path("kept"), key)
    mine = f"/registry/apiregistration.k8s.io/apiservices/{aggregation.NAME}"
    stored: dict[str, Any] = {key: Entry(key, b'{"uid":"u"}', 1)}
    listed = [mine, key]

    class Store:
        def find(self, wanted: str) -> Any:
            return stored.get(wanted)

        def keys(self, _prefix: str) -> list[str]:
            return listed

    monkeypatch.setattr(kinds.members, "client", lambda _: Store())
    api.table[own.path("kept")] = {"metadata": {"uid": "u"}}
    kinds.etcd_holds(live, one)
    kinds.no_metrics_in_etcd(live)
    listed.append("/registry/metrics.k8s.io/nodes/worker-0")
    goes_red("metrics are not stored; instead: .*nodes/worker-0", kinds.no_metrics_in_etcd, live)
    listed.clear()
    goes_red("the listing shows none", kinds.no_metrics_in_etcd, live)
    stored.clear()
    goes_red("should hold the object u", kinds.etcd_holds, live, one)


def test_a_client_that_is_told_nothing(live: Cluster) -> None:
    class Program:
        status, text = 0, "worker-0 120m 5%\nworker-1 90m 4%\n"

        def run(self, *argv: str) -> Told:
            return Told(argv, self.status, self.text)

    program = cast("Any", Program())
    access.kubectl_top(live, program, evidence())
    program.text = "worker-0 120m 5%\n"
    goes_red(
        "should show every worker; it said 'worker-0", access.kubectl_top, live, program, evidence()
    )
    program.status, program.text = 1, "error: Metrics API not available"
    goes_red("Metrics API not available", access.kubectl_top, live, program, evidence())


def test_a_token_of_an_account_that_is_there(api: FakeApi, live: Cluster) -> None:
    path = "/api/v1/namespaces/kube-system/serviceaccounts/metrics-server/token"
    api.table[f"POST {path}"] = {"status": {"token": "t"}}
    api.credentials = NOTHING
    caller = access.metrics_server_at_kubelets(live)
    assert caller.account.user == "system:serviceaccount:kube-system:metrics-server"
    assert [port.node for port in caller.ports] == ["worker-0", "worker-1"]
