"""Scenarios are grouped for xdist: who changes something is alone."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.plugin import lanes
from fixtures.plugin.recording import KEY, Recording
from infra.report.model import Scenario
from infra.settings import Settings
from tests.unit.plugin.marked import marked

ROOT = Path(__file__).resolve().parents[3]
CONFTEST = """
import fixtures.plugin.lanes
import fixtures.plugin.scheduling
import pytest

pytest_plugins = ["fixtures.plugin.lanes", "fixtures.plugin.scheduling"]
fixtures.plugin.lanes.is_live = fixtures.plugin.scheduling.is_live = lambda item: True

@pytest.fixture(autouse=True)
def lane():
    yield

def pytest_configure(config):
    for name in ("changes_etcd", "relies_on_ebs_driver", "changes_ebs_driver", "patient", "slow"):
        config.addinivalue_line("markers", name)
"""
ORDER = """
import pytest

@pytest.mark.changes_etcd
def test_6(): pass

@pytest.mark.changes_etcd
@pytest.mark.slow
def test_5(): pass

def test_3(): pass

@pytest.mark.slow
def test_2(): pass

@pytest.mark.relies_on_ebs_driver
def test_1(): pass

@pytest.mark.changes_ebs_driver
def test_4(): pass
"""


def test_who_changes_something_is_late_who_uses_the_driver_early_and_the_long_ones_first(
    tmp_path: Path,
) -> None:
    ended = run(tmp_path, ORDER)
    assert re.findall(r"::test_(\d) PASSED", ended) == list("123456"), ended


def test_a_tag_that_says_nothing_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    tests = "import pytest\n@pytest.mark.changes_etdc\ndef test_it(): pass\n"
    conftest = CONFTEST.replace("changes_etcd", "changes_etdc")
    told = run(tmp_path, tests, conftest=conftest, status=pytest.ExitCode.USAGE_ERROR)
    assert "test_it.py::test_it: @changes_etdc: no such word; after changes_ stands" in told


def test_a_scenarios_time_begins_with_its_turn(tmp_path: Path) -> None:
    settings = Settings(cluster_id="x", state_root=tmp_path)
    settings.state.mkdir()
    recording = Recording(Scenario("x", "x"), tmp_path, "gw0")
    config = SimpleNamespace(getoption=lambda *_: None)
    node = marked(stash={KEY: recording}, config=config)
    values = {"settings": settings, "cluster": SimpleNamespace(is_ours=True)}
    request: Any = SimpleNamespace(node=node, getfixturevalue=values.get)
    mine = Thread(target=take_a_turn, args=(request,))
    with lanes.all_held(settings.state, "another"):
        mine.start()
        mine.join(0.2)
        assert mine.is_alive()
        ended = time.time()
    mine.join()
    assert recording.scenario.started >= ended
    (wait,) = recording.scenario.lock_waits
    assert wait.behind.endswith("another")
    assert {"etcd", "worker-1"} <= set(wait.resources), "what it relies on"
    assert wait.seconds >= 0.2
    assert "etcd" in recording.scenario.held_shared
    assert recording.scenario.held_alone == []


def take_a_turn(request: Any) -> None:
    with lanes.turn(request):
        pass


def run(folder: Path, tests: str, *options: str, conftest: str = CONFTEST, status: int = 0) -> str:
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_it.py").write_text(tests)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", *options, "."],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr
