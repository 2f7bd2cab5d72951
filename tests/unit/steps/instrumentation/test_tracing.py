"""Traces: every Then-step goes red, as one understands; what is asked and configured for them."""

import json
from typing import Any, cast

import pytest
import yaml

from infra.clients.controlplane import control_plane_snapshot
from infra.clients.controlplane.control_plane_snapshot import Bystanders
from infra.clients.transport import tls_tunnel
from infra.cluster import Cluster
from infra.errors import NotPrepared, WaitTimeout
from infra.kube_api import Answer, Api
from infra.machine_layout import SERIES
from suite.instrumentation import tracing
from suite.instrumentation.tracing import Collector, Span, Traced
from tests.steps.instrumentation import tracing as steps
from tests.steps.instrumentation.tracing import Configured
from tests.unit import elections_fake
from tests.unit.elections_fake import unit
from tests.unit.fakes import FakeShell, evidence, goes_red, not_judged

EXPORTS, RESTARTED = steps.OTHERS
NAME = "POST /api/v1/namespaces/{:namespace}/configmaps"
TOP: dict[str, Any] = {
    "service": "apiserver", "name": NAME, "trace": "t1", "id": "a", "attributes": {"audit-id": "1"},
}  # fmt: skip
MIDDLE = {"service": "apiserver", "name": "Create", "trace": "t1", "id": "b", "parent": "a"}
ETCD = {"service": "apiserver", "name": "etcdserverpb.KV/Txn", "trace": "t1", "id": "c"}


def collector(*spans: dict[str, Any]) -> Collector:
    lines = "".join(json.dumps({"attributes": {}, **span}) + "\n" for span in spans)
    shell = FakeShell("controller-0", {"cat /var/lib/claim-1/spans": lines})
    return Collector(cast("Any", shell), "claim-1")


def asked(trace: str, audit_id: str) -> Traced:
    return Traced(trace, Answer("POST", "https://api", 201, {"Audit-Id": audit_id}, "{}"))


THREE = {
    "account": asked("t2", "2"),
    "admin on controller-1": asked("t3", "3"),
    "admin": asked("t1", "1"),
}


def test_a_span_that_does_not_come_or_is_of_something_else() -> None:
    for odd in ({**TOP, "attributes": {"audit-id": "9"}}, {**TOP, "name": "GET /"}):
        with pytest.raises(WaitTimeout, match="of request 1"):
            steps.has_span(collector(odd), THREE, 15, NAME)
    goes_red(
        r"should be .* asked for",
        steps.has_span,
        collector({**TOP, "trace": "t7"}),
        THREE,
        15,
        NAME,
    )
    goes_red("apiserver's", steps.has_span, collector({**TOP, "service": "etcd"}), THREE, 15, NAME)
    assert steps.has_span(collector(TOP), THREE, 15, NAME).id == "a"


def test_a_span_without_its_parts() -> None:
    span = Span(**{"parent": "", **TOP})
    elsewhere = {**ETCD, "parent": "of another request"}
    alone = collector(TOP, MIDDLE, elsewhere)
    goes_red(
        r"Txn should be a part of .*\['Create'\]",
        steps.has_part,
        alone,
        span,
        ETCD["name"],
        evidence(),
    )
    steps.has_part(collector(TOP, MIDDLE, {**ETCD, "parent": "b"}), span, ETCD["name"], evidence())


def test_spans_of_who_may_not_ask_and_of_who_sends_none() -> None:
    steps.no_others(collector(TOP), THREE)
    odd = {**TOP, "trace": "t9", "attributes": {"audit-id": "2"}}
    goes_red(
        "only a privileged caller.*POST .* of request 2", steps.no_others, collector(odd), THREE
    )
    goes_red("of request 3", steps.no_others, collector({**TOP, "trace": "t3"}), THREE)


def test_another_api_server_that_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    live = cast("Cluster", elections_fake.cluster())
    was = [unit(machine, "kube-apiserver") for machine in ("controller-0", "controller-1")]
    processes = {(one.machine, one.name): one for one in was}
    configured = Configured(cast("Api", None), Bystanders(processes, {}))
    for restarted, text in (
        ("controller-0", ""),
        ("controller-1", "kube-apiserver on controller-1"),
    ):
        other = unit(restarted, "kube-apiserver", pid=77)
        now = Bystanders({**processes, (restarted, "kube-apiserver"): other}, {})
        monkeypatch.setattr(control_plane_snapshot, "look", lambda *_, now=now, **__: now)
        if text:
            goes_red(text, steps.no_other, live, collector(), configured, RESTARTED)
        else:
            steps.no_other(live, collector(), configured, RESTARTED)


def test_the_unit_and_its_configuration() -> None:
    unit = b"[Service]\nExecStart=/usr/local/bin/kube-apiserver \\\n  --secure-port=6443\n"
    lines = tracing.unit_with_tracing(unit, SERIES).decode().splitlines()
    assert lines[2:] == [
        f"  --tracing-config-file={tracing.configuration_file(SERIES)} \\",
        "  --secure-port=6443",
    ]
    made = yaml.safe_load(tracing.configuration("10.0.1.11"))
    assert (made["endpoint"], "samplingRatePerMillion" in made) == ("10.0.1.11:4317", False)
    with pytest.raises(NotPrepared, match="starts no API server"):
        tracing.unit_with_tracing(b"ExecStart=/bin/true\n", SERIES)


def test_another_api_server_that_was_told_to_trace() -> None:
    def live(*machines: str) -> Any:
        def shell(name: str) -> FakeShell:
            words = (
                f"kube-apiserver\0{tracing.FLAG}=/x\0" if name in machines else "kube-apiserver\0"
            )
            return FakeShell(name, {"systemctl": "MainPID=7\n", "cat /proc/7/cmdline": words})

        return elections_fake.cluster(shell=shell)

    none: Any = None
    steps.no_other(live("controller-0"), collector(), none, EXPORTS)
    words = "send nothing; instead: controller-2 has --tracing-config-file"
    both = live("controller-0", "controller-2")
    goes_red(words, steps.no_other, both, collector(), none, EXPORTS)


def test_a_collector_that_others_cannot_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_tunnel, "connects", lambda port: port.machine != "controller-2")
    monkeypatch.setattr(steps, "processes", lambda _: Bystanders({}, {}))
    live = elections_fake.cluster()
    faults: Any = None
    words = "could send something to the collector: not within 15 s; last seen: .*controller-2"
    not_judged(words, steps.told_to_trace, live, faults, collector())
