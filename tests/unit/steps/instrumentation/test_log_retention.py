"""Who keeps which logs: every Then-step goes red, as one understands."""

from pathlib import Path
from typing import Any, cast

import pytest

from infra.clients.transport import journal
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from infra.inventory import series
from infra.kube_api import Credentials
from suite.instrumentation import component_logs
from tests.steps.instrumentation import log_retention as keeping
from tests.unit.fakes import (
    FakeShell,
    Made,
    evidence,
    goes_red,
    not_judged,
    running_pod,
)
from tests.unit.steps.instrumentation.test_container_logs import NONCE, gives


@pytest.fixture
def made() -> Made:
    return running_pod()


def agents(uid: str = "agent") -> keeping.Agents:
    return {"worker-0": {"metadata": {"uid": uid}}}


def test_copies_of_an_agent(made: Made) -> None:
    pod, _, shell = made
    shell.answers["grep --recursive"] = "a nonce"
    shell.answers.pop("grep")
    keeping.copies_hold([pod], agents(), ["nonce"])
    shell.answers["grep --recursive"] = ""
    goes_red(
        "the agent of worker-0 has lost nonce", keeping.copies_hold, [pod], agents(), ["nonce"]
    )


def test_logs_that_are_still_known(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    pod, _, shell = made
    gives(monkeypatch, "x")
    with pytest.raises(WaitTimeout, match="knows the logs of removed Pods no more"):
        keeping.logs_unknown([pod], 60)
    gives(monkeypatch, "", 404)
    keeping.logs_unknown([pod], 60)
    shell.answers["ls -d"] = "/var/log/pods/ns_rz_0a1b-2c3d\n"
    with pytest.raises(WaitTimeout, match="folders and links of the logs"):
        keeping.nothing_left([pod], 120)
    shell.answers.pop("ls -d")
    keeping.nothing_left([pod], 120)


class Live:
    spec = series("series", kubernetes="v1.36.1", platform="local")
    layout = spec.layout

    def __init__(self, shell: FakeShell) -> None:
        self._shell = shell

    def shell(self, _name: str) -> FakeShell:
        return self._shell


def live(shell: FakeShell) -> Cluster:
    return cast("Cluster", Live(shell))


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("I1125 22:30:00.123456     123 server.go:1] x", "klog"),
        ('{"level":"info","msg":"x"}', "JSON"),
        ('time="2026-11-25T22:00:00Z" level=info msg="x"', "logfmt"),
        ("Started etcd.service", "unknown"),
        ("", "unknown"),
    ],
)
def test_forms_of_lines(line: str, form: str) -> None:
    shell = FakeShell(answers={"journalctl": f"{line}\n" if line else ""})
    assert journal.line_with(cast("Any", shell), "etcd", "")[0] == form
    assert journal.line_with(cast("Any", shell), "etcd", "another word") == ("unknown", "")


def test_components_that_tell_nothing_new_and_have_a_folder(made: Made) -> None:
    pod, _, shell = made
    told = {"the client": "77", "the Pod": "ns"}
    table = [["component", "machines", "event of"], ["etcd", "controllers", "the client"]]
    asked = (keeping.journals_hold, live(shell), told, table, evidence(), 15)
    shell.answers["journalctl"] = '{"level":"warn","server-name":"76.example.com"}\n'
    goes_red("in their own form: not within 15 s.*etcd on controller-0: ''", *asked)
    shell.answers["journalctl"] = "Stopped 77.\n"
    goes_red("etcd on controller-0: 'Stopped 77.'", *asked)
    shell.answers["journalctl"] = '{"level":"warn","server-name":"77.example.com"}\n'
    keeping.journals_hold(live(shell), told, table, evidence(), 15)
    shell.answers["ls -1"] = "ns_rz_1\n"
    keeping.no_folders([pod])
    shell.answers["ls -1"] = "ns_rz_1\nkube-system_etcd-controller-0_1\n"
    goes_red("components are no containers; instead: .*etcd", keeping.no_folders, [pod])
    shell.answers["ls -1"] = "kube-system_etcd-controller-0_1\n"
    not_judged("worker-0 has no folder of rz", keeping.no_folders, [pod])


def test_a_nonce_in_a_journal(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    pod, _, shell = made
    gives(monkeypatch, f"complaint {NONCE}\n")
    not_judged("not even what is there", keeping.nonces_not_in_journals, [pod])
    grep = "journalctl --quiet --output=cat --since=-10min --grep"
    shell.answers[f"{grep} ns"] = "SyncLoop ADD ns/rz\n"
    keeping.nonces_not_in_journals([pod])
    shell.answers[grep] = f"complaint {NONCE}\n"
    goes_red(f"is not in the journal; instead: .*{NONCE}", keeping.nonces_not_in_journals, [pod])


def test_a_stranger_whom_a_component_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    credentials = Credentials(Path("ca"))
    one = cast("Any", Live(FakeShell()))
    one.credentials = lambda _: credentials

    def fetch(port: MachinePort, **how: Any) -> tuple[int, str]:
        assert how["credentials"].cert.read_bytes().startswith(b"-----BEGIN CERTIFICATE")
        asked.append((port.machine, port.number))
        return (200 if asked[-1] == ("controller-2", 10259) else 401), ""

    monkeypatch.setattr(component_logs.tls_tunnel, "fetch", fetch)
    monkeypatch.setattr(component_logs, "ask_etcd", lambda *_, name: asked.append(name))
    not_judged(
        "10259 of controller-2 answers a stranger with 200", component_logs.call_as_stranger, one
    )
    assert {("controller-0", 6443), ("controller-1", 10257)} <= set(asked)
    monkeypatch.setattr(component_logs, "authenticating", lambda _: (6443,))
    assert component_logs.call_as_stranger(one) == asked[-1], "etcd is asked by that number"


def test_a_log_without_its_kubelet(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    pod, _, shell = made
    gives(monkeypatch, "00000001\n00000002\n")
    fails = (keeping.api_returns, pod, pod, "fails to return", "Pod's")
    gives_other = (keeping.api_returns, pod, pod, "returns", "neighbour's")
    goes_red("the API fails to return the Pod's log; it answered 200", *fails)
    keeping.api_returns(*gives_other[1:])
    keeping.given_meanwhile(pod, [1, 2], 90)
    with pytest.raises(WaitTimeout, match="the API gives line 3"):
        keeping.given_meanwhile(pod, [3], 90)
    gives(monkeypatch, "00000001\n00000003\n")
    goes_red("1 is followed by 3", keeping.given_meanwhile, pod, [3], 90)
    gives(monkeypatch, "no route", 502)
    keeping.api_returns(*fails[1:])
    goes_red("the API returns the neighbour's log; it answered 502", *gives_other)
    shell.answers["cat /var/log/pods/ns_rz_0a1b-2c3d/c/0.log"] = "one\n"
    with pytest.raises(WaitTimeout, match="grows without a kubelet"):
        keeping.file_grows(pod, 15)
    found = iter(["one\n", "one\ntwo\n"])
    monkeypatch.setattr(keeping.Log, "stored", lambda _: next(found).splitlines())
    monkeypatch.setattr(keeping.log_rotation, "numbers_in", lambda *_: [1, 2])
    assert keeping.file_grows(pod, 15) == [1, 2]
