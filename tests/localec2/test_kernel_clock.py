"""A machine's programs are told the time without its kernel: patch 0003 holds.

Unpatched, a question is a system call of User-mode Linux, 83 % of all those of an etcd.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.localec2 import bare
from tests.localec2.bare import Boots

PROGRAM = Path(__file__).with_name("told_time.py")
BEHIND = 20_000
"""Nanoseconds that user space may be behind the kernel: a rate too low by 2^-14, for some ticks of
10 ms that came late."""


@pytest.fixture(scope="module")
def told(boots: Boots, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    disk = bare.disk(PROGRAM, tmp_path_factory.mktemp("clock"))
    machine = bare.start(boots, disk, name="clock", before=bare.one_cpu(0))
    try:
        console = machine.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        machine.kill()
        console = machine.communicate()[0]
    found = re.search(r"RESULT (\{.*\})", console)
    assert found, f"the machine gave no result: {console[-3000:]}"
    return dict(json.loads(found[1]))


@pytest.mark.parametrize("clock", ["realtime", "monotonic", "boottime", "after it was set"])
def test_user_space_and_kernel_tell_one_time(told: dict[str, Any], clock: str) -> None:
    seen = told[clock]
    assert (seen["back"], seen["ahead"]) == (0, 0), "time went back"
    assert seen["behind"] < BEHIND


def test_no_system_call_is_made_for_it(told: dict[str, Any]) -> None:
    """Unless this computer's TSC does not always tick alike: then the kernel is asked as before."""
    flags = Path("/proc/cpuinfo").read_text().split()
    steady = "constant_tsc" in flags and "nonstop_tsc" in flags
    wanted = dict.fromkeys(("realtime", "monotonic", "boottime"), steady)
    assert told["without the kernel"] == wanted
