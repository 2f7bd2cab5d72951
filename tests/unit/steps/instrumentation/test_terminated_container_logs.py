"""Logs of containers that end: every Then-step goes red, as one understands."""

import pytest

from infra import wait
from infra.errors import WaitTimeout
from suite.instrumentation.container_logs import Log
from suite.node.container_gc import Passes
from tests.steps.instrumentation import terminated_container_logs as steps
from tests.unit.fakes import Made, goes_red, not_judged, running_pod
from tests.unit.steps.instrumentation.test_container_logs import (
    NONCE,
    OTHER,
    TEXTS,
    gives,
)


@pytest.fixture
def made() -> Made:
    return running_pod(**{"ls -1": "0.log\n1.log\n"})


def test_the_instance_before(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, shell = made
    nonces = [NONCE, OTHER]
    gives(monkeypatch, TEXTS)
    steps.previous_holds(subject, nonces, 30, "first")
    goes_red(f"holds {OTHER}, not {NONCE}", steps.previous_holds, subject, nonces, 30, "second")
    goes_red("400 expected, it was 200", steps.previous_refused, subject, 400)
    gives(monkeypatch, f"complaint {OTHER}\n")
    goes_red(f"holds {NONCE}, not {OTHER}", steps.previous_holds, subject, nonces, 30, "first")
    shell.answers["ls -1"] = "1.log\n2.log\n"
    steps.previous_holds(subject, nonces, 30, "second")


def test_instances_that_are_kept_beyond_the_one_before(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API gives the last one whatever is kept: only the files tell."""
    subject, _, shell = made
    gives(monkeypatch, f"complaint {OTHER}\n")
    shell.answers["ls -1"] = "0.log\n1.log\n2.log\n"
    words = "on worker-0 is kept once: 1.log beside 2.log: not within 30 s.*'0.log'"
    goes_red(words, steps.previous_holds, subject, [NONCE, OTHER], 30, "second")
    gives(monkeypatch, TEXTS)
    shell.answers["ls -1"] = "1.log\n"
    goes_red("0.log beside 1.log", steps.previous_holds, subject, [NONCE, OTHER], 30, "first")


def test_a_previous_log_that_is_lost(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that a garbage collection removes: it has ended before this is judged."""
    subject, _, shell = made
    shell.answers["ls -1"] = "2.log\n"
    gives(monkeypatch, "unable to retrieve container logs for containerd://c0ffee", status=400)
    words = f"the previous log of rz on worker-0 holds {OTHER}, not {NONCE}: .*unable to retrieve"
    goes_red(words, steps.previous_holds, subject, [NONCE, OTHER], 30, "second")


def test_a_restart_in_the_minute_after_a_garbage_collection(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, _, shell = made
    shell.answers |= {"ln": "", "kill": ""}
    passes, nonces = Passes(shell, "ns-gc.log"), [NONCE]
    gives_a_running_container(monkeypatch, nonce_after=20)
    steps.end_process(subject, nonces, passes)
    assert nonces == [NONCE, OTHER]
    programs = [argv[0] for argv in shell.ran]
    assert programs.index("ln") < programs.index("kill")
    gives_a_running_container(monkeypatch, nonce_after=61)
    words = "the container of rz restarts within 60 s of a container garbage collection on worker-0"
    not_judged(words, steps.end_process, subject, nonces, passes)
    shell.answers["test -L"] = ""
    not_judged("collects containers: it removes", steps.containers_collected, passes)
    del shell.answers["test -L"]
    steps.containers_collected(passes)


def gives_a_running_container(monkeypatch: pytest.MonkeyPatch, *, nonce_after: float) -> None:
    def nonce(_: Log, *, other_than: tuple[str, ...]) -> str:
        wait.pause(nonce_after, because=f"the container prints another nonce than {other_than}")
        return OTHER

    monkeypatch.setattr(Log, "nonce", nonce)
    monkeypatch.setattr(steps, "only_process", lambda _: 321)


def test_a_container_that_the_api_does_not_know_yet_is_waited_for(made: Made) -> None:
    """A line in the log says that it runs; its status may come a second later."""
    pod, api, _ = made
    (path,) = [one for one in api.table if one.endswith("/pods/rz")]
    (status,) = api.table[path]["status"]["containerStatuses"]
    known, status["state"] = status["state"], {"terminated": {}}
    with pytest.raises(WaitTimeout, match="the API says that the container of rz runs"):
        steps.only_process(pod)
    passes = Passes(pod.shell, "ns-gc.log")
    words = "the API says that the container of rz runs"
    not_judged(words, steps.end_process, pod, [NONCE], passes)
    status["state"] = known
    assert steps.only_process(pod) > 0
