"""Shared by many or held by one, and free again when its holder is dead."""

import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from infra.computer import file_lock

ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import sys, time
from pathlib import Path
from infra.computer import file_lock
with file_lock.locked(Path(sys.argv[1]), shared=sys.argv[2] == "shared"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("how", ["shared", "alone"])
def test_the_lock_of_a_killed_process_is_free(tmp_path: Path, how: str) -> None:
    path = tmp_path / "lock"
    argv = [sys.executable, "-c", HOLD, str(path), how]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with path.open("w") as file:
            assert not file_lock.take_now(file)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with path.open("w") as file:
            assert file_lock.take_now(file)


def test_many_share_it_and_the_last_of_them_may_have_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with (
        file_lock.locked(path, shared=True) as one,
        file_lock.locked(path, shared=True) as other,
    ):
        assert not file_lock.take_now(one), "the other has its share yet"
        assert file_lock.take_now(other), "the first has given back its own"


def test_threads_exclude_each_other(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with file_lock.locked(tmp_path / "lock"):
            order.append("second")

    with file_lock.locked(tmp_path / "lock"):
        thread = Thread(target=second)
        thread.start()
        thread.join(timeout=0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
