"""Scenarios are grouped for xdist: a lane whose scenarios run one at a time is one worker's."""

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
    for name in ("disruptive", "serial", "placed", "storage", "patient", "slow"):
        config.addinivalue_line("markers", name)
"""
TESTS = """
import time

import pytest

@pytest.mark.disruptive
def test_disturbs(): pass

@pytest.mark.serial
def test_turn_0(): time.sleep(1)

def test_beside_0(): time.sleep(0.5)

def test_beside_1(): time.sleep(0.5)

@pytest.mark.serial
def test_turn_1(): pass

@pytest.mark.serial
def test_turn_2(): pass
"""
TURNS = [f"turn_{n}" for n in range(3)]


ORDER = """
import pytest

@pytest.mark.disruptive
def test_9(): pass

@pytest.mark.disruptive
@pytest.mark.slow
def test_8(): pass

@pytest.mark.placed
def test_6(): pass

def test_5(): pass

@pytest.mark.slow
def test_4(): pass

@pytest.mark.storage
def test_3(): pass

@pytest.mark.serial
@pytest.mark.storage
def test_2(): pass

@pytest.mark.disruptive
@pytest.mark.storage
def test_7(): pass

@pytest.mark.serial
def test_1(): pass
"""


def test_who_changes_the_driver_is_late_who_uses_it_early_and_the_long_ones_first(
    tmp_path: Path,
) -> None:
    ended = run(tmp_path, ORDER)
    assert re.findall(r"::test_(\d) PASSED", ended) == list("123456789"), ended


def test_xdist_knows_the_groups(tmp_path: Path) -> None:
    ended = run(tmp_path, TESTS, "-n", "2", "--dist", "loadgroup")
    said = re.findall(r"\[(gw\d)\].*PASSED \S+::test_(\w+)", ended)
    workers = {name: worker for worker, name in said}
    assert workers.keys() == {"disturbs", "beside_0", "beside_1", *TURNS}
    assert len({workers[name] for name in TURNS}) == 1, "one worker has a lane of one at a time"
    assert workers["beside_0"] != workers["turn_0"], "and the other one has the rest beside it"


FURTHER = """

@pytest.hookimpl(tryfirst=True)
def pytest_configure_node(node):
    if node.gateway.id == "gw1":
        node.workerinput["cluster_id"] = "series-2"
"""
DISTURBERS = """
import time

import pytest

@pytest.mark.parametrize("n", range(6))
@pytest.mark.disruptive
def test_disturbs(n): time.sleep(0.2)

@pytest.mark.serial
def test_turn(): pass

@pytest.mark.parametrize("n", range(6))
def test_beside(n): time.sleep(0.2)
"""


def test_a_further_cluster_has_disruptive_ones_only_and_the_first_one_at_a_time(
    tmp_path: Path,
) -> None:
    ended = run(tmp_path, DISTURBERS, "-n", "3", "--dist", "loadgroup", conftest=CONFTEST + FURTHER)
    said = re.findall(r"\[(gw\d)\].*PASSED \S+::test_(\w+)", ended)
    assert len(said) == 13, ended
    assert {name for worker, name in said if worker == "gw1"} == {"disturbs"}
    assert len({worker for worker, name in said if name == "disturbs"} - {"gw1"}) <= 1


PATIENT = """
import time

import pytest

@pytest.mark.parametrize("n", range(3))
@pytest.mark.disruptive
@pytest.mark.patient
def test_patient(n): pass

@pytest.mark.disruptive
def test_disturbs(): pass

@pytest.mark.parametrize("n", range(8))
def test_beside(n): time.sleep(0.3)
"""


def test_a_further_cluster_has_patient_ones_beside_the_parallel_ones(tmp_path: Path) -> None:
    ended = run(tmp_path, PATIENT, "-n", "2", "--dist", "loadgroup", conftest=CONFTEST + FURTHER)
    order = re.findall(r"(gw\d)\].*PASSED \S+::test_(\w+)", ended)
    assert len(order) == 12, ended
    middle = [number for number, one in enumerate(order) if one == ("gw0", "beside")][3]
    assert {name for worker, name in order[:middle] if worker == "gw1"} == {"patient"}


def test_without_disruptive_scenarios_a_further_cluster_has_nothing_to_do(tmp_path: Path) -> None:
    ended = run(
        tmp_path, DISTURBERS, "-n", "3", "-m", "not disruptive", conftest=CONFTEST + FURTHER
    )
    assert "gw1" not in re.findall(r"\[(gw\d)\].*PASSED", ended)
    assert "7 passed" in ended


def test_a_scenarios_time_begins_with_its_turn(tmp_path: Path) -> None:
    settings = Settings(cluster_id="x", state_root=tmp_path)
    settings.state.mkdir()
    recording = Recording(Scenario("x", "x"), tmp_path, "gw0")
    config = SimpleNamespace(getoption=lambda *_: None)
    node = SimpleNamespace(stash={KEY: recording}, get_closest_marker=lambda _: None, config=config)
    values = {"settings": settings, "cluster": None}
    request: Any = SimpleNamespace(node=node, getfixturevalue=values.get)
    mine = Thread(target=take_a_turn, args=(request,))
    with lanes.locked(settings.state / lanes.LOCK, exclusive=True):
        mine.start()
        mine.join(0.2)
        assert mine.is_alive()
        ended = time.time()
    mine.join()
    assert recording.scenario.started >= ended


KEEPING, PLACED = {"serial", "placed"}, {"placed"}


@pytest.mark.parametrize(
    ("one", "other", "waits"),
    [
        (PLACED, KEEPING, True),
        (KEEPING, PLACED, True),
        (PLACED, PLACED, False),
        (KEEPING, set(), False),
        (PLACED, {"serial"}, False),
    ],
)
def test_who_keeps_a_worker_and_who_is_put_on_one_by_name_take_turns(
    one: set[str], other: set[str], *, waits: bool, tmp_path: Path
) -> None:
    settings = Settings(cluster_id="x", state_root=tmp_path)
    settings.state.mkdir()
    mine = Thread(target=take_a_turn, args=(requesting(settings, *one),))
    with lanes.turn(requesting(settings, *other)):
        mine.start()
        mine.join(0.2)
        assert mine.is_alive() == waits
    mine.join()


def requesting(settings: Settings, *tags: str) -> Any:
    """A scenario that asks for its turn."""
    marked = set(tags)
    node = SimpleNamespace(stash={}, get_closest_marker=lambda name: name in marked or None)
    values = {"settings": settings, "cluster": None}
    return SimpleNamespace(node=node, getfixturevalue=values.get)


def take_a_turn(request: Any) -> None:
    with lanes.turn(request):
        pass


def run(folder: Path, tests: str, *options: str, conftest: str = CONFTEST) -> str:
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
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
