"""The controlling process of xdist holds a cluster when, and only when, its workers will use it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.plugin import selection
from tests.unit.plugin.lanes_project import CONFTEST as LANES
from tests.unit.report_project import ROOT, make, run

CONFTEST = LANES.replace(
    'pytest_plugins = ["fixtures.plugin.settings", "fixtures.plugin.lanes"]',
    """
from fixtures import cluster as clusters

pytest_plugins = [
    "fixtures.plugin.settings",
    "fixtures.cluster",
    "fixtures.plugin.lanes",
    "fixtures.plugin.scheduling",
]

def ensure_and_hold(config, settings):
    (config.rootpath / "held").touch()
    config.stash[clusters.USED] = True
    config.stash[clusters.HOLDING] = SimpleNamespace(close=lambda: None)

clusters.ensure_and_hold = ensure_and_hold
""",
).replace(
    "def cluster(settings):",
    'def cluster(settings, pytestconfig):\n    assert pytestconfig.workerinput["cluster_held"]',
)
FEATURE = """
@article_63
Feature: Backing up etcd
  A backup that restores.

  @claim_63_1
  Rule: Three members are healthy

    Scenario: three are healthy
      Then it is healthy
"""
STEPS = """
from pytest_bdd import scenarios, then

scenarios("../features")

@then("it is healthy")
def healthy(cluster):
    pass
"""
UNIT = """
def test_quantity():
    pass

def test_failing():
    assert False
"""
LIVE = [
    pytest.param("-n 1", ("-k", "three"), id="workers by the environment"),
    pytest.param("--dist loadgroup", ("-n", "1", "-k", "part13"), id="a way to distribute by it"),
    pytest.param("-vv", ("-n1", "-m", "claim_63_1", "--", "tests"), id="arguments after dashes"),
]
NOT_LIVE = [
    pytest.param("", ("-n", "1", "-k", "quantity"), id="a keyword of unit tests only"),
    pytest.param("-q", ("-n", "1", "--deselect", "tests/claims/test_part13.py"), id="deselected"),
    pytest.param("-n 1", ("-m", "claim_63_2"), id="a mark that none has"),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = make(tmp_path, conftest=CONFTEST, feature=FEATURE, steps=STEPS)
    (place / "tests" / "test_unit.py").write_text(UNIT)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("KFS_STATE_ROOT", str(place / "state"))
    return place


def selects(project: Path, *argv: str) -> bool:
    """Of a run with these arguments, in the environment as it is."""
    config: Any = SimpleNamespace(invocation_params=SimpleNamespace(args=argv, dir=project))
    return selection.selects_live(config)


@pytest.mark.parametrize(("environment", "argv"), LIVE)
def test_live_tests_are_selected(
    project: Path, monkeypatch: pytest.MonkeyPatch, environment: str, argv: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", environment)
    assert selects(project, *argv)


@pytest.mark.parametrize(("environment", "argv"), NOT_LIVE)
def test_none_are_selected(
    project: Path, monkeypatch: pytest.MonkeyPatch, environment: str, argv: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", environment)
    assert not selects(project, *argv)


def test_what_failed_last_may_be_a_unit_test(project: Path) -> None:
    run(project, "-p", "cacheprovider", "-p", "no:xdist", "tests/test_unit.py")
    assert not selects(project, "-n", "1", "--lf")


def test_nothing_runs_when_a_file_cannot_be_collected(project: Path) -> None:
    (project / "tests" / "test_unit.py").write_text("import nothing_of_the_kind\n")
    assert not selects(project, "-n", "1")


def test_what_cannot_be_told_is_an_error(project: Path) -> None:
    with pytest.raises(pytest.UsageError, match="--no-such-option"):
        selects(project, "--no-such-option")


def test_the_controlling_process_holds_it_before_workers_attach(project: Path) -> None:
    ended = run(project, "-k", "three", PYTEST_ADDOPTS="-n 1")
    assert (project / "held").exists(), ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout


def test_a_run_without_xdist_is_none_of_its_business(project: Path) -> None:
    ended = run(project, "-p", "no:xdist", "--collect-only", "-q")
    assert "three_are_healthy" in ended.stdout, ended.stdout + ended.stderr
