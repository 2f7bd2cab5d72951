"""Which worker of xdist runs what: workers are real, their scenarios are none."""

import re
from pathlib import Path

import pytest

from tests.unit.plugin.test_lanes import CONFTEST as PLAIN
from tests.unit.plugin.test_lanes import run

WORDS = ("changes_an_api_server", "changes_worker_0", "changes_worker_1", "ignores_workers")
CONFTEST = (
    PLAIN.replace('"slow"', ", ".join(f'"{word}"' for word in ("slow", *WORDS)))
    + """

@pytest.hookimpl(tryfirst=True)
def pytest_configure_node(node):
    if node.gateway.id == "gw1" and %r:
        node.workerinput["cluster_id"] = "series-2"
"""
)
ONE, TWO = CONFTEST % False, CONFTEST % True
TIMES = """
import os
import time
from pathlib import Path

import pytest

@pytest.fixture(autouse=True)
def told(request):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    began = time.time()
    yield
    with Path("times").open("a") as out:
        out.write(f"{worker} {request.node.name} {began} {time.time()}\\n")
"""
DISTURBERS = (
    TIMES
    + """
@pytest.mark.parametrize("n", range(6))
@pytest.mark.changes_etcd
def test_disturbs(n): time.sleep(0.2)

@pytest.mark.parametrize("n", range(6))
def test_beside(n): time.sleep(0.2)
"""
)


def times(folder: Path) -> dict[str, tuple[str, float, float]]:
    """Worker, beginning and end by test."""
    lines = [line.split() for line in (folder / "times").read_text().splitlines()]
    return {name: (worker, float(began), float(ended)) for worker, name, began, ended in lines}


def beside(one: tuple[str, float, float], other: tuple[str, float, float]) -> bool:
    return one[1] < other[2] and other[1] < one[2]


def test_who_disturbs_all_is_never_beside_another_of_its_cluster(tmp_path: Path) -> None:
    run(tmp_path, DISTURBERS, "-n", "3", conftest=ONE)
    ran = times(tmp_path)
    assert len(ran) == 12
    for name, one in ran.items():
        if "disturbs" in name:
            assert not [n for n, other in ran.items() if n != name and beside(one, other)], name


def test_a_further_cluster_has_disruptive_ones_only_beside_those_of_the_first(
    tmp_path: Path,
) -> None:
    run(tmp_path, DISTURBERS, "-n", "3", conftest=TWO)
    ran = times(tmp_path)
    assert len(ran) == 12
    further = {name for name, (worker, *_) in ran.items() if worker == "gw1"}
    assert further
    assert all("disturbs" in name for name in further)
    first = [one for name, one in ran.items() if "disturbs" in name and one[0] != "gw1"]
    assert not [1 for one in first for other in first if one != other and beside(one, other)]


def test_without_disruptive_scenarios_a_further_cluster_has_nothing_to_do(tmp_path: Path) -> None:
    ended = run(tmp_path, DISTURBERS, "-n", "3", "-m", "not changes_etcd", conftest=TWO)
    assert {worker for worker, *_ in times(tmp_path).values()} <= {"gw0", "gw2"}
    assert "6 passed" in ended


WORKERS = (
    TIMES
    + """
@pytest.mark.changes_worker_0
def test_one(): time.sleep(1)

@pytest.mark.changes_worker_1
def test_other(): time.sleep(1)

@pytest.mark.changes_worker_0
def test_same(): time.sleep(0.1)

@pytest.mark.parametrize("n", range(3))
@pytest.mark.ignores_workers
def test_needs_none(n): time.sleep(0.2)
"""
)


@pytest.mark.parametrize(("ways", "side_by_side"), [((), True), (("--overlap", "no"), False)])
def test_who_changes_different_workers_runs_side_by_side(
    tmp_path: Path, ways: tuple[str, ...], *, side_by_side: bool
) -> None:
    plugins = 'pytest_plugins = ["fixtures.plugin.settings", '
    conftest = ONE.replace("pytest_plugins = [", plugins)
    run(tmp_path, WORKERS, "-n", "3", *ways, conftest=conftest)
    ran = times(tmp_path)
    assert beside(ran["test_one"], ran["test_other"]) == side_by_side
    assert not beside(ran["test_one"], ran["test_same"])
    alone = [n for n in ran if "needs" in n and beside(ran[n], ran["test_one"])]
    assert bool(alone) == side_by_side, "who needs no worker runs beside both, or beside none"


PATIENT = (
    TIMES
    + """
@pytest.mark.parametrize("n", range(3))
@pytest.mark.changes_etcd
@pytest.mark.patient
def test_patient(n): pass

@pytest.mark.changes_an_api_server
def test_disturbs(): pass

@pytest.mark.parametrize("n", range(8))
def test_beside(n): time.sleep(0.3)
"""
)


def test_a_further_cluster_has_what_waits_beside_the_parallel_ones(tmp_path: Path) -> None:
    run(tmp_path, PATIENT, "-n", "2", conftest=TWO)
    ran = times(tmp_path)
    assert len(ran) == 12
    *_, last, _given_out = sorted(began for name, (_, began, _) in ran.items() if "beside" in name)
    early = {name for name, (worker, began, _) in ran.items() if worker == "gw1" and began < last}
    assert {name.partition("[")[0] for name in early} == {"test_patient"}
    assert len(early) == 3


DRIVER = (
    TIMES
    + """
@pytest.mark.slow
@pytest.mark.changes_ebs_driver
@pytest.mark.changes_etcd
def test_driver_alone(): pass

@pytest.mark.parametrize("n", range(3))
@pytest.mark.changes_ebs_driver
def test_driver(n): time.sleep(0.1)

@pytest.mark.relies_on_ebs_driver
def test_shares_it(): pass

@pytest.mark.parametrize("n", range(9))
def test_beside(n): time.sleep(0.3)
"""
)


def test_who_changes_the_driver_is_given_to_one_worker_of_the_first_cluster(tmp_path: Path) -> None:
    run(tmp_path, DRIVER, "-n", "3", conftest=TWO)
    ran = times(tmp_path)
    workers = {worker for name, (worker, *_) in ran.items() if "driver" in name}
    assert len(workers) == 1
    assert "gw1" not in workers
    changes = [one for name, one in ran.items() if name.startswith("test_driver[")]
    assert ran["test_shares_it"][2] < min(began for _, began, _ in changes)
    assert max(ended for *_, ended in changes) < ran["test_driver_alone"][1]
    others = [one for name, one in ran.items() if "beside" in name]
    assert all(any(beside(one, other) for other in others) for one in changes)


LASTING = """
import pytest

@pytest.fixture(scope="module")
def made():
    print("made")
    yield
    print("ended")

def test_one(made): pass

def test_two(made): pass
"""


def test_fixtures_of_a_module_end_with_it(tmp_path: Path) -> None:
    """A test begins before the next one is known."""
    (tmp_path / "test_other.py").write_text(LASTING)
    ended = run(tmp_path, LASTING, "-n", "1", "-rP", conftest=ONE)
    assert "4 passed" in ended
    assert ended.count("made") == 2, ended


BREAKS = (
    TIMES
    + """
@pytest.mark.parametrize("n", range(5))
def test_beside(n): time.sleep(0.1)

def test_dies():
    if not Path("died").exists():
        Path("died").touch()
        os._exit(1)
"""
)


def test_a_worker_that_dies_leaves_its_scenarios_to_others(tmp_path: Path) -> None:
    ended = run(tmp_path, BREAKS, "-n", "2", conftest=ONE, status=pytest.ExitCode.TESTS_FAILED)
    assert re.search(r"worker 'gw\d' crashed while running 'test_it.py::test_dies'", ended)
    assert len([name for name in times(tmp_path) if "beside" in name]) == 5
