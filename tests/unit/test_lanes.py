"""Scenarios are grouped for xdist: a lane that runs alone, and who shares the EBS CSI driver."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = """
import fixtures.lanes
import pytest

pytest_plugins = ["fixtures.lanes"]
fixtures.lanes.is_live = lambda item: True

@pytest.fixture(autouse=True)
def lane():
    yield

def pytest_configure(config):
    for name in ("disruptive", "serial", "storage"):
        config.addinivalue_line("markers", name)
"""
TESTS = """
import time

import pytest

@pytest.mark.disruptive
@pytest.mark.storage
def test_disturbs(): pass

@pytest.mark.serial
def test_takes_turns(): pass

@pytest.mark.storage
def test_volume_0(): time.sleep(1)

def test_alone(): pass

@pytest.mark.storage
def test_volume_1(): pass

@pytest.mark.storage
def test_volume_2(): pass

@pytest.mark.storage
def test_volume_3(): pass
"""
VOLUMES = [f"volume_{n}" for n in range(4)]


def test_xdist_knows_the_groups(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    argv = [sys.executable, "-m", "pytest", "-v", "-n", "2", "--dist", "loadgroup", "."]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = re.findall(r"\[(gw\d)\].*PASSED \S+::test_(\w+)", done.stdout)
    workers = {name: worker for worker, name in said}
    assert workers.keys() == {"disturbs", "takes_turns", *VOLUMES, "alone"}
    assert len({workers[name] for name in VOLUMES}) == 1, "one worker has all who share the driver"
    assert workers["alone"] != workers[VOLUMES[0]], "and the other one has the rest meanwhile"
