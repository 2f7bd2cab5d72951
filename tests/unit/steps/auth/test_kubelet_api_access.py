"""Who may ask a kubelet what: every Then-step goes red with a message that one understands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from infra import observed_places
from infra.clients.node import kubelet_api
from infra.clients.node.kubelet_api import RIGHTS, Port
from infra.clients.transport.prometheus import Sample
from infra.cluster import Cluster
from infra.errors import Unreachable
from infra.inventory import series
from infra.kube_api import Answer, Credentials
from suite.auth.service_accounts import TokenAccount
from tests.steps.auth import kubelet_api_access as steps
from tests.steps.auth.kubelet_api_access import Caller
from tests.steps.instrumentation import component_configz as settings
from tests.steps.node import workers
from tests.unit.fakes import FakeApi, evidence, goes_red, not_judged

USER = "system:serviceaccount:ns:may-metrics"
NOTHING = Credentials(ca=Path("ca.pem"))
NODE_NAME = 'kubelet_node_name{node="worker-0"} 1\n'


@dataclass(frozen=True)
class FakePort(Port):
    """Opens what ``right`` opens; ``ran`` is what a command by GET brings."""

    right: str = "metrics"
    ran: tuple[int, str] = (403, "Forbidden")
    post: int = 403
    refusal: int = 403
    words: str = f"Forbidden (user={USER}, subresource(s)=[%s])"
    text: str = NODE_NAME

    def ask(self, path: str, method: str = "GET", **_: Any) -> Answer:
        if method == "POST":
            return Answer(method, f"https://{self.node}:10250{path}", self.post, {}, "")
        where = f"https://{self.node}:10250{path}"
        opened = path in kubelet_api.opened_by(self.right)
        text = self.text if opened else self.words.replace("%s", RIGHTS.get(path, ""))
        return Answer(method, where, 200 if opened else self.refusal, {}, text)

    def run_by_get(self, pod: str, container: str, command: Sequence[str]) -> tuple[int, str]:
        return self.ran


@dataclass
class Machines:
    """A cluster of machines without a network; the second API server may answer otherwise, and a
    worker may listen on the read-only port.
    """

    api: FakeApi = field(default_factory=lambda: FakeApi({}))
    second: FakeApi | None = None
    listens: str = ""
    spec: Any = series("series", kubernetes="v1.36.1", platform="local")

    def shell(self, name: str) -> "Dialing":
        return Dialing(name, is_open=name == self.listens)

    def credentials(self, identity: str) -> Credentials:
        return Credentials(ca=Path("ca.pem"), cert=Path(identity))

    def api_servers(self) -> dict[str, FakeApi]:
        return {"controller-0": self.api, "controller-1": self.second or self.api}


@dataclass
class Dialing:
    name: str
    is_open: bool

    def dial(self, address: str, port: int) -> Any:
        if not self.is_open:
            raise Unreachable(self.name, address, "refused")
        return cast("Any", type("Channel", (), {"close": lambda _: None})())


class TokenApi(FakeApi):
    def with_token(self, token: str) -> "TokenApi":
        return self


def caller(second: dict[str, Any] | None = None, **port: Any) -> Caller:
    """Both kubelets alike, or worker-1's as ``second`` says."""
    live = cast("Cluster", Machines())
    account = TokenAccount("ns", "may-metrics", "t")
    ports = [FakePort(live, "worker-0", NOTHING, **port)]
    ports += [FakePort(live, "worker-1", NOTHING, **{**port, **(second or {})})]
    return Caller(account, tuple(ports))


def cluster_of(table: dict[str, Any], second: dict[str, Any] | None = None) -> Cluster:
    """API servers that answer alike, or the second as it is given."""
    other = None if second is None else TokenApi(second)
    return cast("Cluster", Machines(TokenApi(table), other))


LIVE = cast("Cluster", Machines())


@pytest.mark.parametrize(
    ("kubernetes", "more"),
    [("v1.35.8", set()), ("v1.36.5", {"/flagz", "/statusz"}), ("v1.37.2", {"/flagz", "/statusz"})],
)
def test_a_kubelet_is_asked_for_what_its_minor_has(kubernetes: str, more: set[str]) -> None:
    live = cast("Cluster", Machines(spec=series("s", kubernetes=kubernetes, platform="local")))
    answers = steps.ask_everything(live, caller(), evidence())
    asked = {kubelet_api.path_of(one) for one in answers}
    assert asked == (set(RIGHTS) - {"/flagz", "/statusz"}) | more
    steps.exactly_these(caller(), answers, "metrics")


def test_a_right_that_opens_more_or_less_on_one_worker() -> None:
    good = steps.ask_everything(LIVE, caller(), evidence())
    steps.exactly_these(caller(), good, "metrics")
    steps.refusals_name(good, caller())
    more = steps.ask_everything(LIVE, caller(second={"right": "proxy"}), evidence())
    goes_red(
        r"no other; instead: https://worker-1:10250/metrics -> 403(?s:.*)-1:10250/pods -> 200",
        steps.exactly_these, caller(), more, "metrics",
    )  # fmt: skip
    goes_red(
        "/stats/summary -> 403 .*must be answered", steps.exactly_these, caller(), good, "stats"
    )


def test_a_refusal_that_does_not_say_why() -> None:
    silent = steps.ask_everything(LIVE, caller(second={"words": "Forbidden"}), evidence())
    goes_red(
        f"worker-1:10250/logs/ .*'Forbidden' names not both {USER} and log",
        steps.refusals_name, silent, caller(),
    )  # fmt: skip


def test_a_control_that_fails_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    live = cast("Cluster", Machines())
    monkeypatch.setattr(steps, "admin_ports", lambda *_: caller().ports)
    not_judged("admin should be answered everywhere", steps.admin_is_answered, live)


def test_an_account_that_no_kubelet_answers_is_not_deleted() -> None:
    not_judged(
        "should be answered before it is deleted",
        steps.delete_account, cast("Cluster", Machines()), caller(right="log"),
    )  # fmt: skip


def test_strangers_are_nobody_and_the_two_other_authorities() -> None:
    found = steps.strangers(cast("Cluster", Machines()))
    assert [name for name, one in found.items() if one.cert] == ["etcd", "front-proxy-client"]
    assert found["nobody"] == NOTHING


def test_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    live, some = cast("Cluster", Machines()), {"front-proxy-client": NOTHING}
    known = caller(right="none", refusal=401, second={"refusal": 403}).ports
    monkeypatch.setattr(steps, "ports", lambda *_: known)
    goes_red(
        "with 401; instead: front-proxy-client: https://worker-1:10250/metrics -> 403",
        steps.strangers_refused, live, some,
    )  # fmt: skip
    monkeypatch.setattr(steps, "ports", lambda *_: caller(right="none", refusal=401).ports)
    steps.strangers_refused(live, some)
    port = "the read-only port of its kubelet closed"
    workers.each_has(live, port)
    for worker in ("worker-0", "worker-1"):
        opened = cast("Cluster", Machines(listens=worker))
        goes_red(f"{worker} listens on port 10255", workers.each_has, opened, port)


def test_a_gate_that_is_off_on_one_worker() -> None:
    def seen(value: float) -> list[Sample]:
        return [Sample("kubernetes_feature_enabled", value, {"name": "NodeLogQuery"})]

    steps.gate_is({"worker-0": seen(1), "worker-1": seen(1)}, "NodeLogQuery", "on")
    for other, words in ((seen(0), "off"), ([], "not told of")):
        found = {"worker-0": seen(1), "worker-1": other}
        goes_red(
            f"every kubelet has the gate NodeLogQuery on; instead: worker-1: it is {words}",
            steps.gate_is, found, "NodeLogQuery", "on",
        )  # fmt: skip


def test_a_gate_that_is_on_on_one_worker() -> None:
    found = {n: [Sample("kubernetes_feature_enabled", 0, {"name": "X"})] for n in ("a", "b")}
    steps.gate_is(found, "X", "off")
    found["b"] = [Sample("kubernetes_feature_enabled", 1, {"name": "X"})]
    goes_red("has the gate X off; instead: b: it is on", steps.gate_is, found, "X", "off")
    found["b"] = []
    goes_red("has the gate X off; instead: b: it is not told of", steps.gate_is, found, "X", "off")


def test_what_was_asked_before_is_judged_of_each_worker() -> None:
    """Else the record would say that the claim was judged nowhere."""
    heard: list[str] = []

    def listen(host: str, _port: int) -> None:
        heard.append(host)

    answers = steps.ask_everything(LIVE, caller(), evidence())
    samples = {w: [Sample("kubernetes_feature_enabled", 1, {"name": "X"})] for w in ("a", "b")}
    observed_places.listeners.append(listen)
    try:
        steps.exactly_these(caller(), answers, "metrics")
        steps.gate_is(samples, "X", "on")
        settings.set_to({"c": {"x": 1}}, "kubelet", [["setting", "value"], ["x", "1"]])
    finally:
        observed_places.listeners.remove(listen)
    assert heard == ["worker-0", "worker-1", "a", "b", "c"]
