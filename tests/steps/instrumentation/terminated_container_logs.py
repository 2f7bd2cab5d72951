"""Logs of containers that end: what is stored then, and what is kept of the instance before."""

from collections.abc import Sequence

import pytest
from pytest_bdd import then, when

from infra.clients.workloads.cgroups import NoCgroup
from infra.errors import ClaimError, preparing
from infra.timing import scaled
from infra.wait import eventually
from suite.instrumentation import container_logs, log_rotation
from suite.instrumentation.container_logs import Log
from suite.node.container_gc import Passes
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import one_of, phrase

NONCES = ["first", "second"]
SHOWN = 1200
"""Characters of a log in a history: twenty lines of the talker."""


@pytest.fixture
def gc_passes(pod: RunningPod) -> Passes:
    """Those of the kubelet that runs the Pod."""
    return Passes(pod.shell, f"{pod.pods.namespace}-gc.log")


@when(
    "the Pod's process is killed in the minute after a container garbage collection, "
    "and its container prints another nonce"
)
def end_process(pod: RunningPod, nonces: list[str], gc_passes: Passes) -> None:
    with preparing():
        pid = only_process(pod)
        gc_passes.leave(scaled(container_logs.RESTART))
    pod.shell.run(["kill", "-KILL", str(pid)])
    nonces.append(Log(pod).nonce(other_than=tuple(nonces)))
    gc_passes.require_none_since(f"the container of {pod.name} restarts")


@when("the next container garbage collection on the Pod's worker has ended")
def containers_collected(gc_passes: Passes) -> None:
    with preparing():
        gc_passes.await_end()


@when("the Pod's process is killed")
def end_only_process(pod: RunningPod) -> None:
    pod.shell.run(["kill", "-KILL", str(only_process(pod))])


@then(phrase("the Pod's previous log is refused with {status:Count}"))
def previous_refused(pod: RunningPod, status: int) -> None:
    answer = Log(pod).ask(previous="true")
    if answer.status != status:
        raise ClaimError(f"without a previous instance: {status} expected, it was {answer.status}")


@then(
    phrase(
        "within {limit:Duration} the Pod's previous log has the {which:Nth} nonce only, and the "
        "worker has no older log file of the Pod",
        Nth=one_of(NONCES),
    )
)
def previous_holds(pod: RunningPod, nonces: list[str], limit: float, which: str) -> None:
    at = NONCES.index(which)
    await_previous(pod, nonces[at], without=nonces[1 - at], within=limit)
    await_files(pod, f"{at}.log", f"{at + 1}.log", within=limit)


def await_previous(pod: RunningPod, nonce: str, *, without: str, within: float) -> None:
    """The kubelet takes the previous instance from a status that is written after the restart."""
    eventually(
        lambda: Log(pod).ask(previous="true").text[-SHOWN:],
        lambda text: nonce in text and without not in text,
        within=scaled(within),
        what=f"the previous log of {pod.name} on {pod.node} holds {nonce}, not {without}",
    )


def await_files(pod: RunningPod, older: str, newer: str, *, within: float) -> None:
    """The kubelet removes what it does not keep as a container ends, at the latest with a pass."""
    eventually(
        lambda: log_rotation.names(Log(pod)),
        lambda names: names == [older, newer],
        within=scaled(within),
        what=f"the log of {pod.name} on {pod.node} is kept once: {older} beside {newer}",
    )


def only_process(pod: RunningPod) -> int:
    """Id of its container's, once the API knows of a container that was started anew."""
    (pid,) = eventually(
        lambda: processes_of(pod),
        lambda pids: len(pids) == 1,
        within=scaled(container_logs.PRINTED),
        what=f"the API says that the container of {pod.name} runs, with one process",
    )
    return int(pid)


def processes_of(pod: RunningPod) -> Sequence[int]:
    try:
        found = pod.cgroups().containers.get(pod.only_container)
    except NoCgroup:
        return ()
    return found.pids if found else ()
