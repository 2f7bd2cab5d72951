"""What the health gate says of API servers that are not good for one another."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.clients.controlplane.apiserver_endpoints import SLICES
from infra.cluster import Cluster
from infra.kube_api import ApiUnreachable, Credentials
from infra.lifecycle.gate import api_servers, load_balancer
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi


def servers(**each: FakeApi) -> Cluster:
    live = {name.replace("_", "-"): api for name, api in each.items()}
    return cast("Cluster", SimpleNamespace(api_servers=lambda: live, spec=cluster().spec))


def tokens(kid: str = "a", issuer: str = "https://kubernetes") -> FakeApi:
    keys = {"keys": [{"kid": kid}]}
    return FakeApi({"/openid/v1/jwks": keys, api_servers.DISCOVERY: {"issuer": issuer}})


def test_api_servers_whose_tokens_are_not_good_for_one_another() -> None:
    def problems(other: FakeApi) -> list[str]:
        return api_servers.token_problems(servers(controller_0=tokens(), controller_1=other))

    assert problems(tokens()) == []
    assert problems(tokens(kid="b")) == [
        "API servers of controller-0 and controller-1 know different keys of service accounts"
    ]
    assert problems(tokens(issuer="https://10.0.1.12:6443")) == [
        (
            "API servers of controller-0 and controller-1 issue tokens by different names: "
            "https://kubernetes and https://10.0.1.12:6443"
        )
    ]


def test_an_api_server_without_the_node_authorizer() -> None:
    def reviewing(status: dict[str, Any]) -> FakeApi:
        return FakeApi({f"POST {api_servers.ACCESS_REVIEWS}": {"status": status}})

    good = {"controller_0": reviewing({"allowed": True})}
    assert api_servers.node_access_problems(servers(**good)) == []
    none = reviewing({"allowed": False})
    refused = reviewing({"allowed": False, "reason": "node 'worker-0' cannot update"})
    found = api_servers.node_access_problems(
        servers(**good, controller_1=none, controller_2=refused)
    )
    say = "API server of {} refuses the kubelet of {} its Lease: {}"
    assert found == [
        say.format(machine, node, why)
        for machine, why in (
            ("controller-1", "no authorizer allows it"),
            ("controller-2", "node 'worker-0' cannot update"),
        )
        for node in ("worker-0", "worker-1")
    ]


def test_an_api_server_that_signs_with_a_key_of_its_own() -> None:
    class Signing(FakeApi):
        """It signs with a key, and knows those who have another one as nobody."""

        def __init__(self, key: str) -> None:
            super().__init__({f"POST {api_servers.TOKENS}": {"status": {"token": key}}})

        def ask(self, method: str, path: str, **how: Any) -> Any:
            if path == api_servers.REVIEWS:
                known = how["body"]["spec"]["token"] == "right"
                status = {"authenticated": True} if known else {"error": "invalid bearer token"}
                self.table[f"POST {path}"] = {"status": status}
            return super().ask(method, path, **how)

    good = {"controller_0": Signing("right"), "controller_1": Signing("right")}
    assert api_servers.token_use_problems(servers(**good)) == []
    assert api_servers.token_use_problems(servers(**good, controller_2=Signing("other"))) == [
        (
            "a token that the API server of controller-2 issues is unknown to that of "
            "controller-0: invalid bearer token"
        )
    ]
    (refused,) = api_servers.token_use_problems(
        servers(controller_0=FakeApi({f"POST {api_servers.TOKENS}": (500, {"message": "no key"})}))
    )
    assert "no key" in refused


def test_an_api_server_that_advertises_another_address() -> None:
    def problems(*addresses: str) -> list[str]:
        slices = {"items": [{"endpoints": [{"addresses": [one]} for one in addresses]}]}
        return api_servers.address_problems(cluster(api=FakeApi({SLICES: slices})))

    assert problems("10.0.1.11", "10.0.1.12", "10.0.1.13") == []
    assert problems("10.0.1.10") == []  # all advertise the balancer
    assert problems("10.0.1.11", "10.0.1.12", "10.0.1.99") == [
        "the Service kubernetes leads to 10.0.1.99, which is no API server of ours",
        "the Service kubernetes does not lead to controller-2",
    ]
    nobody = cluster(api=FakeApi({SLICES: {"items": [{"endpoints": None}]}}))
    assert len(api_servers.address_problems(nobody)) == 3


def test_an_api_server_that_is_not_ready_is_named() -> None:
    ready, not_ready = FakeApi({"/readyz": "ok"}), FakeApi({"/readyz": (500, "[-]etcd failed")})
    found = api_servers.unready(servers(controller_0=ready, controller_1=not_ready))
    assert found == ["API server of controller-1: [-]etcd failed"]


class Store(FakeApi):
    """An API server over a store that all share, with a key of its own."""

    def __init__(self, store: dict[str, str], key: str, *, dead: bool = False) -> None:
        super().__init__({})
        self.store, self.key, self.dead = store, key, dead

    def ask(self, method: str, path: str, **how: Any) -> Any:
        if method == "POST":
            name = how["body"]["metadata"]["name"]
            self.store[f"{path}/{name}"] = self.key
            self.table[f"POST {path}"] = {"metadata": {"name": name}}
        elif self.dead and method == "DELETE":
            self.table[f"{method} {path}"] = (503, {"message": "apiserver is shutting down"})
        elif self.store.get(path) != self.key:
            said = {"message": "unable to transform key"}
            self.table[f"{method} {path}"] = (500, said)
        else:
            self.table[f"{method} {path}"] = {}
            if method == "DELETE":
                del self.store[path]
        return super().ask(method, path, **how)


def test_an_api_server_with_a_key_of_its_own_for_secrets() -> None:
    store: dict[str, str] = {}
    alike = {"controller_0": Store(store, "k"), "controller_2": Store(store, "k")}
    assert api_servers.secret_problems(servers(**alike)) == []
    found = api_servers.secret_problems(servers(**alike, controller_1=Store(store, "own")))
    assert found == [
        "controller-0 cannot read a Secret that controller-1 stored: 500 unable to transform key",
        "controller-2 cannot read a Secret that controller-1 stored: 500 unable to transform key",
        "controller-1 cannot read a Secret that controller-0 stored: 500 unable to transform key",
        "controller-1 cannot read a Secret that controller-2 stored: 500 unable to transform key",
    ]
    assert not store, "every Secret is gone again"


def test_a_secret_goes_also_when_its_writer_does() -> None:
    store: dict[str, str] = {}
    dying = Store(store, "k", dead=True)
    found = api_servers.secret_problems(servers(controller_0=dying, controller_1=Store(store, "k")))
    assert found == []
    assert not store


def test_an_api_server_that_stores_no_secret() -> None:
    full = FakeApi({f"POST {api_servers.SECRETS}": (500, {"message": "etcdserver: no space"})})
    found = api_servers.secret_problems(servers(controller_0=full))
    assert found == ["controller-0 cannot store a Secret: 500 etcdserver: no space"]


def test_a_secret_whose_answer_was_lost_is_removed_and_one_that_stays_is_told() -> None:
    store: dict[str, str] = {}

    class Lost(Store):
        def ask(self, method: str, path: str, **how: Any) -> Any:
            answer = super().ask(method, path, **how)
            if method == "POST":
                raise ApiUnreachable("the answer was lost")
            return answer

    live = servers(controller_0=Lost(store, "k"), controller_1=Store(store, "k"))
    assert api_servers.secret_problems(live) == [
        "controller-0 cannot store a Secret: the answer was lost"
    ]
    assert not store
    (left,) = api_servers.secret_problems(servers(controller_0=Store(store, "k", dead=True)))
    assert "no API server deletes /api/v1/namespaces/kube-system/secrets/health-gate-cont" in left


def test_a_balancer_that_passes_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(FakeApi):
        def ask(self, method: str, path: str, **how: Any) -> Any:
            raise ApiUnreachable("GET https://10.0.1.10:6443/readyz: reset")

    answers: dict[str, Any] = {"a": (401, "Unauthorized"), "b": (403, "no"), "c": None}

    def as_nobody(base: str, credentials: Credentials) -> FakeApi:
        assert credentials == Credentials(ca=Path("ca.pem")), "it shows no certificate"
        found = answers[base]
        return Closed({}) if found is None else FakeApi({load_balancer.CHECK: found})

    monkeypatch.setattr(load_balancer, "Api", as_nobody)
    live = SimpleNamespace(
        api=Closed({}),
        credentials=lambda _: Credentials(ca=Path("ca.pem"), cert=Path("admin.pem")),
        api_servers=lambda: {
            f"controller-{n}": SimpleNamespace(base=b) for n, b in enumerate("abc")
        },
    )
    assert load_balancer.problems(cast("Cluster", live)) == [
        (
            "the load balancer passes no request on; it asks each API server for /readyz without a "
            "certificate and wants 200, they say controller-0: 401, controller-1: 403, "
            "controller-2: no answer (GET https://10.0.1.10:6443/readyz: reset)"
        )
    ]
    answers["b"] = "ok"  # then it found one: what is wrong lies beyond
    assert load_balancer.problems(cast("Cluster", live)) == [
        "GET https://10.0.1.10:6443/readyz: reset"
    ]
    live.api = FakeApi({load_balancer.CHECK: (500, "not ready")})  # somebody answers
    assert load_balancer.problems(cast("Cluster", live)) == []
