"""Who may ask a kubelet what: every Then-step goes red with a message that one understands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from fixtures.accounts import Accounts
from infra.clients import kubelet_port, websocket
from infra.clients.accounts import TokenAccount
from infra.clients.api import Answer, Api, Credentials
from infra.clients.kubelet_port import RIGHTS, Port
from infra.clients.metrics import Sample
from infra.cluster import Cluster
from infra.errors import Unreachable, WaitTimeout
from infra.inventory import series
from tests.steps import kubelet_access as steps
from tests.steps import kubelet_commands as commands
from tests.steps.kubelet_access import Caller
from tests.unit.fakes import FakeApi, evidence, goes_red, no_time_passes, running_pod

USER = "system:serviceaccount:ns:may-metrics"
NOTHING = Credentials(ca=Path("ca.pem"))
PROXIED = "/api/v1/nodes/worker-0/proxy/metrics"
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

    def ask(self, path: str, method: str = "GET") -> Answer:
        if method == "POST":
            return Answer(method, path, self.post, {}, "")
        opened = path in kubelet_port.opened_by(self.right)
        text = self.text if opened else self.words.replace("%s", RIGHTS.get(path, ""))
        return Answer(method, path, 200 if opened else self.refusal, {}, text)

    def run_by_get(self, pod: str, container: str, command: Sequence[str]) -> tuple[int, str]:
        return self.ran


@dataclass
class FakeAccounts:
    found: Api

    def api(self, account: TokenAccount) -> Api:
        return self.found


@dataclass
class Machines:
    """A cluster of machines without a network; ``listens`` on the read-only port or not."""

    api: FakeApi = field(default_factory=lambda: FakeApi({}))
    listens: bool = False
    spec: Any = series("series", kubernetes="v1.36.1", platform="local")
    name: str = "worker-0"

    def shell(self, name: str) -> "Machines":
        return self

    def credentials(self, identity: str) -> Credentials:
        return NOTHING

    def dial(self, address: str, port: int) -> Any:
        if not self.listens:
            raise Unreachable("worker-0", address, "refused")
        return cast("Any", type("Channel", (), {"close": lambda _: None})())


def caller(**port: Any) -> Caller:
    live = cast("Cluster", Machines())
    account = TokenAccount("ns", "may-metrics", "t")
    return Caller(account, FakePort(live, "worker-0", NOTHING, **port))


def accounts(**table: Any) -> Accounts:
    return cast("Accounts", FakeAccounts(FakeApi(table)))


def test_a_right_that_opens_more_or_less() -> None:
    good = steps.ask_everything(caller(), evidence())
    steps.exactly_these(good, "metrics")
    steps.refusals_name(good, caller())
    more = steps.ask_everything(caller(right="proxy"), evidence())
    goes_red(
        r"(?s)/metrics -> 403.*must be answered.*/pods -> 200", steps.exactly_these, more, "metrics"
    )
    goes_red("/stats/summary -> 403 .*must be answered", steps.exactly_these, good, "stats")


def test_a_refusal_that_does_not_say_why() -> None:
    silent = steps.ask_everything(caller(words="Forbidden"), evidence())
    goes_red(
        f"/logs/: 'Forbidden' names not both {USER} and log", steps.refusals_name, silent, caller()
    )


def test_the_control_goes_red_too(monkeypatch: pytest.MonkeyPatch) -> None:
    live = cast("Cluster", Machines())
    monkeypatch.setattr(steps, "admin_port", lambda *_: caller().port)
    goes_red("admin is answered everywhere", steps.admin_is_answered, live)


def test_a_deleted_account_that_goes_on_being_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    with pytest.raises(WaitTimeout, match="answers a deleted account with 401"):
        steps.port_refuses(caller(), 180, 401)
    steps.port_refuses(caller(right="log"), 180, 403)


def test_the_way_to_metrics() -> None:
    steps.port_gives_metrics(caller())
    goes_red(
        "should give its metrics; it said .*-> 403", steps.port_gives_metrics, caller(right="log")
    )
    goes_red("should give its metrics", steps.port_gives_metrics, caller(text="<html>"))
    named = {"message": 'cannot get resource "nodes/proxy" in API group ""'}
    steps.proxy_refuses(accounts(**{PROXIED: (403, named)}), caller(), "nodes/proxy")
    served = accounts(**{PROXIED: (200, NODE_NAME)})
    goes_red(
        "should answer 403, naming nodes/proxy",
        steps.proxy_refuses,
        served,
        caller(),
        "nodes/proxy",
    )
    live = Machines(api=FakeApi({PROXIED: (503, "no kubelet")}))
    goes_red("admin should read metrics", steps.proxy_serves_admin, cast("Cluster", live), caller())


def test_commands_by_get_and_by_post() -> None:
    pod, _, _ = running_pod()
    right = caller(ran=(101, "rz\n"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "on_node_of", lambda _, found: found.port)
        commands.get_runs(right, pod, evidence())
        goes_red(
            "a GET should run cat", commands.get_runs, caller(ran=(101, "other")), pod, evidence()
        )
        goes_red("gave 403", commands.get_runs, caller(), pod, evidence())
        commands.post_refused(right, pod)
        goes_red("POST to /run should be refused", commands.post_refused, caller(post=200), pod)
        commands.bystander_refused(caller(), pod)
        goes_red("GET to /exec should be", commands.bystander_refused, right, pod)
        goes_red("POST to /run should", commands.bystander_refused, caller(post=200), pod)


def test_the_ordinary_path() -> None:
    pod, api, _ = running_pod()
    log, run = pod.pods.path("rz", "log"), pod.pods.path("rz", "exec")
    command = f"POST {run}?command=id&stdout=true"
    goes_red(
        "pods/exec should be", commands.ordinary_refused, accounts(**{command: {}}), caller(), pod
    )
    refused = {command: (403, {}), f"GET {log}": {}}
    goes_red("pods/log should be", commands.ordinary_refused, accounts(**refused), caller(), pod)
    review = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    all_of_it = accounts(**{review: {"status": {"allowed": True}}})
    goes_red(
        "should review its rights as .*False", commands.review_agrees, all_of_it, caller(), pod
    )
    api.table[log] = (500, {"message": "no kubelet"})
    goes_red("admin should read the Pod's log", commands.admin_reads_log, pod)


def test_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    live = cast("Cluster", Machines())
    monkeypatch.setattr(steps, "Port", lambda *_: FakePort(live, "worker-0", NOTHING, right="none"))
    goes_red(
        "whom it does not know with 401; instead: .*-> 403",
        steps.strangers_refused,
        live,
        [NOTHING],
    )
    unknown = FakePort(live, "worker-0", NOTHING, right="none", refusal=401)
    monkeypatch.setattr(steps, "Port", lambda *_: unknown)
    steps.strangers_refused(live, [NOTHING])
    steps.read_only_port_closed(live)
    open_port = cast("Cluster", Machines(listens=True))
    goes_red("worker-0 listens on port 10255", steps.read_only_port_closed, open_port)


def test_a_gate_that_is_off_on_one_worker() -> None:
    def seen(value: float) -> list[Sample]:
        return [Sample("kubernetes_feature_enabled", value, {"name": "NodeLogQuery"})]

    steps.gate_is_on({"worker-0": seen(1), "worker-1": seen(1)}, "NodeLogQuery")
    for other in (seen(0), []):
        found = {"worker-0": seen(1), "worker-1": other}
        goes_red(
            "NodeLogQuery should be on in every kubelet; .*worker-1",
            steps.gate_is_on,
            found,
            "NodeLogQuery",
        )


def test_frames_of_a_websocket() -> None:
    long = b"\x01" + b"x" * 300
    frames = b"\x82\x03\x01hi" + b"\x82\x7e\x01\x2d" + long + b"\x89\x00" + b"\x82\x03\x03{}"
    assert websocket.output(frames) == "hi" + "x" * 300
    assert websocket.output(frames, 3) == "{}"
    assert websocket.output(frames[:4]) == "", "a frame that is cut off is none"


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno", False),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnono", True),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x82\x00", False),
        (b"HTTP/1.1 403 Forb", False),
    ],
)
def test_a_refusal_is_known_by_its_length(received: bytes, whole: bool) -> None:  # noqa: FBT001
    assert websocket.is_refusal(received) is whole
