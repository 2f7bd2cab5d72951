import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from infra.localec2.host import process_identity
from infra.wait import eventually

Child = subprocess.Popen[bytes]


@pytest.fixture
def child() -> Iterator[Child]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def known_of(child: Child) -> process_identity.Identity:
    known = process_identity.identity(child.pid)
    assert known is not None
    return known


def test_a_running_process_is_known(child: Child) -> None:
    assert process_identity.alive(known_of(child))


def test_another_process_with_the_same_id_is_not_ours(child: Child) -> None:
    known = known_of(child)
    assert not process_identity.alive(replace(known, start_time=known.start_time - 1))
    assert not process_identity.alive(replace(known, boot_id="before the restart"))


def test_a_process_that_is_not_ours_gets_no_signal(child: Child) -> None:
    known = known_of(child)
    assert not process_identity.send(
        replace(known, start_time=known.start_time - 1), signal.SIGKILL
    )
    assert child.poll() is None


def test_the_remains_of_a_process_are_not_alive(child: Child) -> None:
    known = known_of(child)
    assert process_identity.send(known, signal.SIGKILL)
    assert process_identity.ended(known, within=5)  # not waited for: it is a zombie now
    assert process_identity.identity(child.pid) is None


def test_no_process() -> None:
    assert process_identity.identity(2**22) is None  # above any pid_max, proc(5)


def test_a_process_that_lives_on_has_not_ended(child: Child) -> None:
    assert not process_identity.ended(known_of(child), within=0.01)


def test_found_by_a_word_of_its_command_line() -> None:
    word = f"0.{os.getpid()}"  # another run of this test may be under way
    with subprocess.Popen(["sleep", "60", word]) as process:
        try:  # Linux shows the command line a moment after the program has begun
            eventually(
                lambda: [known.pid for known in process_identity.with_argument(word)],
                lambda pids: pids == [process.pid],
                within=5,
                every=0.05,
                what=f"only process {process.pid} has {word} on its command line",
            )
        finally:
            process.kill()
