"""How busy this computer's cores were, from what the kernel counts of them."""

import time
from pathlib import Path

import pytest

from infra.computer import cores
from infra.computer.cores import BusyCores


def stat(busy: int, idle: int, iowait: int = 0) -> str:
    return f"cpu  {busy} 0 0 {idle} {iowait} 0 0 0 0 0\ncpu0 0 0 0 0\n"


def test_what_waits_for_a_disk_is_idle(tmp_path: Path) -> None:
    file = tmp_path / "stat"
    file.write_text(stat(100, 100, 10))
    before = cores.times(file)
    file.write_text(stat(175, 115, 20))
    assert cores.busy(before, cores.times(file), 2) == pytest.approx(1.5)
    assert cores.busy(before, before, 2) == 0


def test_samples_are_taken_until_it_is_stopped() -> None:
    looking = BusyCores(every=0.01)
    looking.start()
    ended = time.monotonic() + 10
    while len(looking.samples) < 2 and time.monotonic() < ended:
        time.sleep(0.01)
    looking.stop()
    count = len(looking.samples)
    assert count >= 2
    assert all(0 <= busy <= cores.HERE for _, busy in looking.samples)
    time.sleep(0.05)
    assert len(looking.samples) == count


def test_a_computer_that_does_not_tell_has_no_samples(tmp_path: Path) -> None:
    assert cores.times(tmp_path / "none") == []
    looking = BusyCores(tmp_path / "none", every=0.01)
    looking.stop()
    assert looking.samples == []
