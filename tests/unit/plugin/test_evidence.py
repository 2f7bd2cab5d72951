"""Evidence: kinds and files, the transcript under its step, masking, journals of a failure."""

import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.plugin.failure_journals import LINES, collect
from fixtures.plugin.recording import Evidence, Recording, first_of
from infra.errors import ClaimError, CommandFailed, NotJudged, Unreachable
from infra.inventory import series
from infra.report import stored_run
from infra.report.evidence_kinds import cgroup_change
from infra.report.masking import MASK, masked, masked_json
from infra.report.model import Ended, Scenario, Step
from infra.report.outcomes import Outcome
from infra.ssh import Result
from infra.wait import Waited

KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIOsecret\n-----END EC PRIVATE KEY-----"


def result(machine: str = "worker-0", stdout: str = "") -> Result:
    return Result(machine, ("cat", "/etc/etcd/etcd-key.pem"), 0, stdout, "", 0.25)


def scenario() -> Scenario:
    return Scenario("tests/claims/test_part13.py::test_it", "it")


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        "-----BEGIN PRIVATE KEY-----\nMIIEvQsecret, cut off",
        "Authorization: Bearer eyJhbGciOi.secretsecret",
        "client-key-data: c2VjcmV0c2VjcmV0",
        '{"token": "abcdefsecretghijklmnop"}',
        "kubectl --token abcsecret get nodes",
        "x eyJhbGciOiJSUzI1NiIs.eyJpc3MiOiJrdWsecret.c2lnsecret y",
    ],
)
def test_secrets_are_masked(secret: str) -> None:
    assert "secret" not in masked(secret)
    assert MASK in masked(secret)


@pytest.mark.parametrize(
    "plain",
    [
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "secret/kube-system/bootstrap-token unchanged",
        "holder controller-0_4f1e renewed",
    ],
)
def test_what_is_no_secret_stays(plain: str) -> None:
    assert masked(plain) == plain


def test_masking_reaches_into_values() -> None:
    assert masked_json({"a": [("Bearer abcdefghijkl", 1)]}) == {"a": [[f"Bearer {MASK}", 1]]}


def test_evidence_is_a_file_a_piece(tmp_path: Path) -> None:
    told = scenario()
    evidence = Evidence(tmp_path, told)
    evidence.record("the file", "text", {"text": KEY})
    evidence.record("the file", "figures", {"members": 3})
    assert len({item.path for item in told.evidence}) == 2
    stored = json.loads((tmp_path / told.evidence[0].path).read_text())
    assert stored["kind"] == "text"
    assert "MHcCAQEEIO" not in stored["data"]["text"]


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotJudged, match="unknown kind of evidence 'picture'"):
        Evidence(tmp_path, scenario()).record("x", "picture", {})


def test_commands_stand_under_their_step(tmp_path: Path) -> None:
    told = scenario()
    told.steps = [Step("Given", "a"), Step("Then", "b")]
    recording = Recording(told, tmp_path, "gw0")
    recording.evidence.heard(result("lb"))
    recording.step_begins()
    recording.evidence.heard(result("worker-0", KEY))
    recording.step_ends(Ended.PASSED)
    recording.step_begins()
    recording.evidence.called("GET", "https://10.0.1.10:6443/livez", 200, 0.01)
    recording.step_ends(Ended.FAILED)
    recording.finish()
    (found,) = stored_run.gather(tmp_path)
    assert [(s.keyword, s.ended) for s in found.steps] == [
        ("Given", Ended.PASSED),
        ("Then", Ended.FAILED),
        ("Outside", Ended.PASSED),
    ]
    assert [len(s.commands) for s in found.steps] == [1, 0, 1]
    assert "MHcCAQEEIO" not in found.steps[0].commands[0].output
    assert found.steps[1].calls[0].status == 200
    assert found.outcome is Outcome.HOLDS


def in_a_step(folder: Path) -> Recording:
    found = scenario()
    found.steps = [Step("Then", "it is so", kind="then")]
    recording = Recording(found, folder, "main")
    recording.step_begins()
    return recording


def test_waits_stand_under_their_step_and_a_loop_is_one(tmp_path: Path) -> None:
    recording = in_a_step(tmp_path)
    for seconds in (0.2, 0.3):
        recording.evidence.waited(Waited("between samples", "for", 0.2, seconds))
    recording.evidence.waited(Waited("a leader leads", "within", 40, 7.04))
    recording.evidence.waited(Waited("at once", "within", 40, 0))
    one, other = recording.scenario.steps[0].waits
    assert (one.what, one.kind, one.seconds) == ("between samples", "for", 0.5)
    assert (other.what, other.bound, other.seconds) == ("a leader leads", 40, 7.04)


def test_what_a_sampling_thread_waits_is_not_the_scenarios(tmp_path: Path) -> None:
    recording = in_a_step(tmp_path)
    waited = Waited("between samples", "for", 0.2, 0.2)
    thread = threading.Thread(target=recording.evidence.waited, args=(waited,))
    thread.start()
    thread.join()
    assert recording.scenario.steps[0].waits == []


def test_the_first_error_is_the_cause(tmp_path: Path) -> None:
    recording = in_a_step(tmp_path)
    recording.step_is_prepared()
    recording.step_ends(Ended.FAILED)
    for when, error in (("call", ClaimError("it is false")), ("teardown", NotJudged("broken"))):
        with pytest.raises(type(error)) as caught:
            raise error
        recording.phase(when, caught)
    recording.finish()
    assert recording.scenario.outcome is Outcome.FALSE
    assert recording.scenario.reason == "it is false"


class Machines:
    """A cluster whose worker-1 does not answer and whose kubelet on worker-0 has no journal."""

    def __init__(self) -> None:
        self.spec = series("x", kubernetes="v1.36.1", platform="local")
        self.layout = self.spec.layout
        self.asked: list[list[str]] = []

    def has_means(self, _: str) -> bool:
        return True

    def shell(self, name: str) -> Any:
        def run(argv: list[str], *, timeout: float) -> Result:
            self.asked.append(argv)
            if name == "worker-1":
                raise Unreachable(name, "10.0.1.22", "no route")
            if name == "worker-0" and "kubelet" in argv:
                raise CommandFailed(name, argv, exit_status=1, stdout="", stderr="no journal")
            return Result(name, tuple(argv), 0, f"{argv[2]} says Bearer abcdefghijk", "", timeout)

        return SimpleNamespace(run=run)


def test_journals_of_every_unit_and_errors_as_text() -> None:
    machines = Machines()
    found = {(j.machine, j.unit): j.text for j in collect(machines, 1000.0)}  # type: ignore[arg-type]
    assert found["controller-0", "etcd"] == f"etcd says Bearer {MASK}"
    assert "no journal" in found["worker-0", "kubelet"]
    assert "cannot be reached" in found["worker-1", "all units"]
    assert len(found) == 3 * 4 + 3 + 1 + 1
    assert machines.asked[0][3:5] == ["--since", "@995"]
    assert str(LINES) in machines.asked[0]


def test_what_the_collectors_ask_is_not_in_the_transcript(tmp_path: Path) -> None:
    recording = Recording(scenario(), tmp_path, "main")
    recording.cluster = object()

    def asks(_cluster: Any, _since: float) -> list[Any]:
        recording.evidence.heard(result())
        return []

    recording.ask(asks)
    assert recording.evidence.outside_step() == []
    recording.evidence.heard(result())
    assert len(recording.evidence.outside_step()) == 1


@pytest.mark.parametrize(
    ("file", "value", "words"),
    [
        ("cpu.max", "50000 100000", "500m"),
        ("cpu.max", "max 100000", "no limit"),
        ("memory.max", "268435456", "256Mi"),
        ("memory.max", "max", "no limit"),
        ("cpu.weight", "35", "35"),
    ],
)
def test_cgroup_values_in_the_words_of_a_pod_spec(file: str, value: str, words: str) -> None:
    assert cgroup_change.shown(file, value) == words


def test_the_fixture_serves_where_no_run_is_recorded(evidence: Evidence) -> None:
    evidence.record("alone", "figures", {"a": 1})


def test_of_several_errors_at_the_end_the_first_is_told() -> None:
    group = BaseExceptionGroup("errors while tearing down", [NotJudged("then"), NotJudged("first")])
    assert str(first_of(group)) == "first"
    assert str(first_of(BaseExceptionGroup("outer", [group]))) == "first"
    assert str(first_of(NotJudged("alone"))) == "alone"
