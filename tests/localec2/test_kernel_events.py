"""Events of disk and network are not lost in a machine under load: the patch of the kernel holds.

Unpatched, fdatasync took up to 14 s on four machines under network load (etcd lost its leader).
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localec2 import bare
from tests.localec2.bare import Boots

LOAD = Path(__file__).with_name("synced_writes.py")
MACHINES = 4
SECONDS = 30
LONGEST = 1000.0
"""Milliseconds; 47 were seen with the patch on a loaded 2-core computer, 14,041 without."""


@pytest.fixture
def namespace() -> Iterator[str]:
    """A network of its own: a bridge, and a port m0, m1, ... for each machine."""
    name = f"kfs-events-{os.getpid()}"
    ip("netns", "add", name)
    try:
        ip("-n", name, "link", "add", "bridge", "type", "bridge")
        ip("-n", name, "link", "set", "bridge", "up")
        for n in range(MACHINES):
            ip("-n", name, "link", "add", f"m{n}", "type", "veth", "peer", "name", f"p{n}")
            ip("-n", name, "link", "set", f"p{n}", "master", "bridge", "up")
            ip("-n", name, "link", "set", f"m{n}", "up")
            inside = ["ip", "netns", "exec", name]
            subprocess.run([*inside, "ethtool", "-K", f"m{n}", "tx", "off", "gso", "off"],
                           check=True, capture_output=True)  # fmt: skip
        yield name
    finally:
        ip("netns", "delete", name)


@pytest.mark.timeout(SECONDS * 4)
def test_a_synced_write_does_not_wait_for_the_next_event(
    boots: Boots, namespace: str, tmp_path: Path
) -> None:
    disk = bare.disk(LOAD, tmp_path)
    started = [start(n, boots, namespace, disk) for n in range(MACHINES)]
    try:
        consoles = [machine.communicate()[0] for machine in started]
    finally:
        for machine in started:
            machine.kill()
    seen = [re.search(r"RESULT (\d+) (\S+) (\d+)", console) for console in consoles]
    results = [found.groups() for found in seen if found]
    assert len(results) == MACHINES, f"a machine gave no result: {consoles}"
    assert all(int(received) > 0 for _, _, received in results), f"no network load: {results}"
    assert max(float(longest) for _, longest, _ in results) < LONGEST, results


def start(n: int, boots: Boots, namespace: str, disk: Path) -> "subprocess.Popen[str]":
    before = [*bare.one_cpu(n), "ip", "netns", "exec", namespace]
    words = [f"vec0:transport=raw,ifname=m{n},depth=128,gro=1", f"SECONDS={SECONDS}"]
    words += [f"MY=10.9.0.{n + 1}", f"NEXT=10.9.0.{(n + 1) % MACHINES + 1}"]
    return bare.start(boots, disk, name=str(n), before=before, words=words)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
