"""Metrics for everybody, or for nobody: every Then about endpoints goes red."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from infra.clients.apimachinery import aggregation
from infra.clients.auth import metrics_access
from infra.clients.auth.metrics_access import Told
from infra.clients.transport import tls_tunnel
from infra.clients.transport.tls_handshakes import NO_ANSWER
from infra.clients.transport.tls_tunnel import MachinePort
from infra.errors import Unreachable
from infra.kube_api import ApiUnreachable, Credentials
from tests.steps.auth import metrics_access as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, goes_red, not_judged

GOOD = Told("200", "v1.36.1", nobody="403", stranger="401", health="200")


def test_components_that_tell_too_much_or_too_little() -> None:
    def judge(seen: Told) -> None:
        told = {"controller-1": seen}
        steps.own_metrics(cluster(), told, "scheduler")
        steps.answered(told, steps.ANONYMOUS, "403", "metrics")
        steps.answered(told, steps.UNKNOWN, "401", "metrics")
        steps.answered(told, steps.ANONYMOUS, "200", "health")

    judge(GOOD)
    for odd, words in (
        ({"version": "v1.35.0"}, "scheduler of controller-1: 200, named v1.35.0"),
        ({"known": NO_ANSWER, "version": ""}, "no answer, named absent"),
        ({"nobody": "200"}, "without a certificate: 403; instead: controller-1: 200"),
        ({"stranger": "200"}, "of an unknown authority: 401; instead: controller-1: 200"),
        ({"health": "401"}, "health without a certificate: 200; instead: controller-1: 401"),
    ):
        goes_red(words, judge, replace(GOOD, **odd))


@pytest.mark.parametrize(
    ("kubernetes", "own", "other"),
    [
        ("v1.35.8", "3.6.8", "3.7.0"),
        ("v1.36.5", "3.6.12", "3.7.0"),
        ("v1.37.2", "3.7.1", "3.6.8"),
    ],
)
def test_members_run_the_etcd_that_the_minor_names(kubernetes: str, own: str, other: str) -> None:
    live = cluster(kubernetes=kubernetes)
    steps.own_metrics(live, {"controller-0": Told("200", own)}, "member of etcd")
    told = {"controller-0": Told("200", other)}
    words = f"member of etcd of controller-0: 200, named {other}"
    goes_red(words, steps.own_metrics, live, told, "member of etcd")


TEXT = 'etcd_server_version{server_version="3.6.8"} 1\n'
ANSWER = f"HTTP/1.1 200 OK\r\nContent-Length: {len(TEXT)}\r\n\r\n{TEXT}".encode()


def test_every_process_is_asked_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    def exchange(_port: MachinePort, _request: str, *, context: Any) -> Any:
        if context != "apiserver-etcd-client":
            raise ApiUnreachable("no certificate")
        return ANSWER

    monkeypatch.setattr(tls_tunnel, "exchange", exchange)
    monkeypatch.setattr(tls_tunnel, "trusting_anybody", lambda who: who.token)
    ca: Any = None
    live = cluster(credentials=lambda name: Credentials(ca, token=name))
    told = metrics_access.ask(live, "member of etcd", Credentials(ca, token="x"))
    assert told["controller-2"] == Told("200", "3.6.8", NO_ANSWER, NO_ANSWER, NO_ANSWER)
    assert len(told) == 3
    pod = aggregation.Second(live, {"metadata": {}, "status": {"podIP": "10.200.0.9"}})
    monkeypatch.setattr(aggregation, "second", lambda _: pod)
    assert set(metrics_access.ask(live, "metrics-server", Credentials(ca))) == {"metrics-server"}


def test_a_port_that_others_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = {2379}
    monkeypatch.setattr(tls_tunnel, "connects", lambda port: port.number in reached)
    steps.port_is_closed(cluster(), "member of etcd")
    reached.add(2381)
    words = "controller-0 reaches port 2381 of controller-1"
    goes_red(words, steps.port_is_closed, cluster(), "member of etcd")
    reached.clear()
    words = "worker-0 does not even reach port 10250 of worker-1"
    not_judged(words, steps.port_is_closed, cluster(), "kube-proxy")


def test_what_a_machine_tells_itself() -> None:
    live = cluster(shell=lambda name: FakeShell(name, {"curl": TEXT} if name[-1] != "2" else {}))
    told = metrics_access.ask_locally(live, "member of etcd")
    assert told["controller-1"] == Told("200", "3.6.8")
    words = "member of etcd of controller-2: no answer, named absent"
    goes_red(words, steps.own_metrics, live, told, "member of etcd")


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            Unreachable("controller-2", "10.0.1.13", "refused"),
            "last seen: Unreachable: controller-2",
        ),
        (TimeoutError("silent for 5 s in the TLS handshake"), "last seen: TimeoutError: silent"),
    ],
)
def test_a_port_that_stays_closed_or_silent(
    monkeypatch: pytest.MonkeyPatch, cause: Exception, said: str
) -> None:
    """To whom it knows, that is a false claim; another is neither admitted nor refused."""
    silent_to = {"admin", None}

    def exchange(*_: Any, context: Any, **__: Any) -> bytes:
        if context in silent_to:
            raise ApiUnreachable("GET /metrics") from cause
        return ANSWER

    monkeypatch.setattr(tls_tunnel, "exchange", exchange)
    monkeypatch.setattr(tls_tunnel, "trusting_anybody", lambda who: who.token)
    ca: Any = None
    live = cluster(credentials=lambda name: Credentials(ca, token=name), shell=FakeShell)
    asked = (metrics_access.ask, live, "scheduler", Credentials(ca, token="x"))
    words = r"scheduler of controller-0 \(port 10259\) admits or refuses {} that asks for /metrics"
    wait = f"{words}: not within 90 s; {said}"
    goes_red(wait.format("an authorized client"), *asked)
    silent_to.remove("admin")
    not_judged(wait.format("an anonymous client"), *asked)


def test_a_machine_that_takes_no_command_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said of its ports then."""
    away = Unreachable("controller-2", "10.0.1.13", "no session came about")

    def no_session(*_: Any, **__: Any) -> Any:
        raise away

    def exchange(*_: Any, **__: Any) -> Any:
        raise ApiUnreachable("GET /metrics") from away

    monkeypatch.setattr(tls_tunnel, "exchange", exchange)
    monkeypatch.setattr(tls_tunnel, "trusting_anybody", lambda who: who.token)
    ca: Any = None
    live = cluster(
        credentials=lambda name: Credentials(ca, token=name),
        shell=lambda _: SimpleNamespace(run=no_session),
    )
    with pytest.raises(Unreachable, match="no session came about"):
        metrics_access.ask(live, "scheduler", Credentials(ca))
