"""A scenario that hangs is ended, undone and not judged; who waits for its turn does not hang."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_bdd.feature import get_features

from fixtures.plugin import timeouts
from infra import timing
from infra.feature_claims import lane_of
from tests.unit.plugin.lanes_project import CONFTEST
from tests.unit.report_project import ROOT, folder_of, make, outcomes, records, run

FEATURE = """
@article_63
Feature: Backing up etcd
  A backup that restores.

  @claim_63_1
  Rule: Three members are healthy

    Scenario: one hangs
      Given a fault
      When it never comes about
      Then it is healthy

  @claim_63_2
  Rule: One member may be lost

    Scenario: one that comes after
      Then it is healthy
"""
STEPS = """
import time
from contextlib import suppress

import pytest
from pytest_bdd import given, scenarios, then, when
from infra.wait import eventually

scenarios("../features")

@pytest.fixture
def fault(cluster):
    yield
    (cluster.state / "undone").touch()

@pytest.fixture
def slow_end():
    yield
    time.sleep(60)

@given("a fault")
def caused(fault):
    pass

@when("it never comes about")
def hangs():
    def raises():
        raise ValueError
    try:
        eventually(raises, bool, within=60, what="it", every=0.1, transient=(Exception,))
    except Exception:
        pass

@then("it is healthy")
def healthy():
    pass

@then("it takes its time")
def long():
    time.sleep(2)

@then("it spins")
def spins():
    while True:
        with suppress(Exception):
            pass

@then("its end does not end")
def ends(slow_end):
    pass
"""


@pytest.mark.parametrize("way", [("-p", "no:xdist"), ("-n", "1")])
def test_it_is_ended_and_the_rest_goes_on(tmp_path: Path, way: tuple[str, ...]) -> None:
    project = make(tmp_path, conftest=CONFTEST, feature=FEATURE, steps=STEPS)
    ended = run(project, "--timeout", "2", *way)
    assert ended.returncode == 1
    found = outcomes(folder_of(project))
    told = "timed out after 2 s in the step: When it never comes about"
    assert found["63.1"] == ("not judged", told)
    assert found["63.2"] == ("holds", "")
    assert list((project / "state").glob("*/undone")), "its fixtures end as ever"
    steps = records(folder_of(project))["one hangs"]["steps"]
    assert [step["ended"] for step in steps] == ["passed", "failed", "not run"]
    assert steps[1]["seconds"] > 1


def test_one_that_never_sleeps_is_ended_too(tmp_path: Path) -> None:
    feature = FEATURE.replace("      When it never comes about\n", "")
    feature = feature.replace("it is healthy", "it spins", 1)
    project = make(tmp_path, conftest=CONFTEST, feature=feature, steps=STEPS)
    run(project, "--timeout", "1", "-p", "no:xdist")
    found = outcomes(folder_of(project))
    assert found["63.1"] == ("not judged", "timed out after 1 s in the step: Then it spins")
    assert found["63.2"] == ("holds", "")


def test_one_that_waits_for_its_turn_does_not_hang(tmp_path: Path) -> None:
    feature = FEATURE.replace("@claim", "@changes_etcd @claim").replace(
        "it is healthy", "it takes its time"
    )
    feature = feature.replace("      When it never comes about\n", "")
    project = make(tmp_path, conftest=CONFTEST, feature=feature, steps=STEPS)
    ended = run(project, "--timeout", "3", "-n", "2")
    assert ended.returncode == 0, ended.stdout


def test_what_follows_a_scenario_may_hang_too(tmp_path: Path) -> None:
    short = "from infra.timing import Bound\nlanes.timeouts.AGAIN = 1\n"
    short += "from fixtures.plugin import teardown_reports\n"
    short += "teardown_reports.UNDOING = Bound(1, '', '')\n"
    feature = FEATURE.replace("it never comes about", "a fault").replace("When", "Given")
    feature = feature.replace("it is healthy", "its end does not end", 1)
    project = make(tmp_path, conftest=CONFTEST + short, feature=feature, steps=STEPS)
    done = run(project, "-p", "no:xdist")
    assert done.returncode == 1, done.stdout
    found = outcomes(folder_of(project))
    assert found["63.1"] == found["63.2"] == ("holds", "")
    told = records(folder_of(project))["after one hangs"]
    assert told["reason"] == "timed out after 1 s while what it did was undone"
    assert list((project / "state").glob("*/undone"))


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds after which bells were to ring, instead of bells."""
    set_: list[float] = []
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(signal, "setitimer", lambda _, seconds, *__: set_.append(seconds))
    return set_


def test_the_bound_is_the_lanes_and_scaled(bells: list[float]) -> None:
    with timing.scale(2):
        timeouts.begins(an_item(), "disruptive")
    assert bells == [2 * timing.SCENARIO["disruptive"].seconds]


def test_a_timeout_that_is_given_is_taken_as_it_is(bells: list[float]) -> None:
    with timing.scale(2):
        timeouts.begins(an_item({timeouts.GIVEN: 7.0}), "parallel")
    assert bells == [7]


def test_a_timeout_of_0_is_none(bells: list[float]) -> None:
    timeouts.begins(an_item(timeout=0), "parallel")
    assert bells == []


def an_item(stash: dict[Any, Any] | None = None, timeout: float | None = None) -> Any:
    config = SimpleNamespace(getoption=lambda *_: timeout)
    return SimpleNamespace(stash=stash or {}, config=config)


def test_no_lane_ends_a_scenario_that_may_still_wait() -> None:
    """Half of its time is for what its feature does not tell: Pods, drivers, gates."""
    for lane, bound in timing.SCENARIO.items():
        longest = max(waits_of(lane))
        assert 0 < 2 * longest <= bound.seconds, lane


def waits_of(lane: str) -> Iterator[int]:
    """Seconds that each scenario of a lane may wait by the words of its steps."""
    for feature in get_features([str(ROOT / "features")]):
        for scenario in feature.scenarios.values():
            tags = scenario.tags | (scenario.rule.tags if scenario.rule else set()) | feature.tags
            if lane == lane_of(tags):
                texts = " ".join(step.name for step in scenario.steps)
                yield sum(map(int, re.findall(r"\b(?:within|for) (\d+) s\b", texts)))
