"""A cluster under violence: killed builds resume, a killed local EC2 is found, down is final.

Slow (a build each); run by `make test-resilience`, on a cluster of its own.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.settings import Settings
from infra.wait import eventually, pause
from tests.resilience import commands
from tests.resilience.commands import ROOT

SETTINGS = Settings(cluster_id="resilience")
JUDGE = ["--cluster-id", SETTINGS.cluster_id, "tests/claims/test_part13_operating.py", "-q"]
KILLS = 5
BUILD = 45.0
"""Seconds in which a warm build does its work here; kills are spread over them."""


def infra(*argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return commands.infra(SETTINGS, *argv, check=check)


def start_up() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        commands.argv_of(SETTINGS, "up"),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module", autouse=True)
def _gone() -> object:
    infra("down")
    yield
    infra("down")


def traces() -> list[str]:
    """What a cluster could leave: namespaces, processes and files that carry its directory."""
    listed = subprocess.run(["ip", "netns"], check=True, capture_output=True, text=True).stdout
    left = [f"namespace {line.split()[0]}" for line in listed.splitlines() if line in new_since()]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(SETTINGS.state) in command:
            left.append(f"process {process.name}: {command[:80]}")
    if SETTINGS.state.exists():
        left.append(str(SETTINGS.state))
    return left


def new_since() -> set[str]:
    now = subprocess.run(["ip", "netns"], check=True, capture_output=True, text=True).stdout
    return set(now.splitlines()) - BEFORE


BEFORE = set(
    subprocess.run(["ip", "netns"], check=True, capture_output=True, text=True).stdout.splitlines()
)


def test_a_build_killed_at_five_moments_is_finished_by_the_next() -> None:
    seed = int(os.environ.get("KFS_SEED", str(time.time_ns() % 10_000)))
    moments = random.Random(seed)
    for kill in range(KILLS):
        build = start_up()
        after = moments.uniform(1, BUILD)
        pause(after, because=f"kill {kill + 1} of {KILLS}, seed {seed}")
        build.send_signal(signal.SIGKILL)
        build.wait()
    ended = infra("up")
    assert "is up: kept" in ended.stdout
    assert "changed 0" in infra("up").stdout


def test_a_killed_local_ec2_finds_its_machines() -> None:
    before = machines()
    endpoint = json.loads((SETTINGS.state / "localec2" / "endpoint.json").read_text())
    os.kill(endpoint["process"]["pid"], signal.SIGKILL)
    assert "healthy" in infra("status").stdout
    assert machines() == before


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_disruptive_scenario_may_be_ended_anyhow(sent: signal.Signals) -> None:
    """Ctrl-C and SIGTERM undo the fault themselves; after SIGKILL the next run does."""
    infra("up")
    ledger = SETTINGS.state / "faults.json"
    argv = [sys.executable, "-m", "pytest", *JUDGE, "-m", "claim_68_7"]
    run = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(ledger.exists, bool, within=120, what="a unit is stopped", every=0.2)
        run.send_signal(sent)
        run.wait(timeout=240)
    finally:
        run.kill()
        run.wait()
    assert ledger.exists() == (sent == signal.SIGKILL)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *JUDGE, "-m", "claim_68_1"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert ended.returncode == 0, ended.stdout[-2000:]
    assert not ledger.exists()


def machines() -> dict[str, str]:
    """Kernel processes by instance: pid as their records have it."""
    folder = SETTINGS.state / "localec2" / "machines"
    return {path.parent.name: path.read_text() for path in folder.glob("*/process.json")}


def test_down_leaves_nothing_and_may_be_repeated() -> None:
    infra("down")
    assert traces() == []
    assert "is gone" in infra("down").stdout
