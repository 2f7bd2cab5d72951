"""What happens after a scenario is an entry of its own: a judged claim keeps its verdict."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.unit.plugin.lanes_project import CONFTEST as LANES
from tests.unit.report_project import folder_of, make, outcomes, records, run

CONFTEST = """
import pytest

from infra.errors import NotJudged

pytest_plugins = ["fixtures.plugin.settings"]

@pytest.fixture(scope="session")
def driver():
    yield
    raise NotJudged("the driver does not go\\nits CRDs stay")

@pytest.fixture
def tidy():
    yield
    raise NotJudged("the scenario left something behind; the label kept")

@pytest.fixture
def checked():
    yield
    assert False, "a check of a fixture that ends"
"""
FEATURE = """
@article_63
Feature: Backing up etcd
  A backup that restores.

  @claim_63_1
  Rule: Three members are healthy

    Scenario: one leaves a label
      Given a driver
      Then it is healthy and leaves a label

  @claim_63_2
  Rule: One member may be lost

    Scenario: an innocent one
      Given a driver
      Then it is healthy

  @claim_63_3
  Rule: A snapshot is private

    Scenario: one is lost
      Given a driver
      Then it is not healthy and leaves two things
"""
STEPS = """
from infra.errors import ClaimError
from pytest_bdd import given, scenarios, then

scenarios("../features")

@given("a driver")
def there(driver):
    pass

@then("it is healthy")
def healthy():
    pass

@then("it is healthy and leaves a label")
def leaves(tidy):
    pass

@then("it is not healthy and leaves two things")
def lost(tidy, checked):
    raise ClaimError("no write within 20 s")
"""
LEFT = "the scenario left something behind; the label kept"
ERROR = "infra.errors.NotJudged"


class Done(NamedTuple):
    folder: Path
    terminal: str


def made(folder: Path) -> Path:
    return make(folder, conftest=CONFTEST, feature=FEATURE, steps=STEPS)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return made(tmp_path)


@pytest.fixture(scope="module", params=[("-p", "no:xdist"), ("-n", "2")])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run in one process, and one by workers of xdist."""
    place = made(tmp_path_factory.mktemp("run"))
    ended = run(place, *request.param, COLUMNS="300")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return Done(folder_of(place), ended.stdout)


def test_claims_keep_their_verdicts(done: Done) -> None:
    found = outcomes(done.folder)
    assert found["63.1"] == ("holds", "")
    assert found["63.2"] == ("holds", "")
    assert found["63.3"] == ("does not hold", "no write within 20 s")


def test_each_is_an_entry_with_its_cause(done: Done) -> None:
    entries = {name: s for name, s in records(done.folder).items() if not s["claims"]}
    ends = {name for name in entries if name.startswith("the end of the session")}
    assert entries.keys() - ends == {"after one leaves a label", "after one is lost"}
    assert {s["outcome"] for s in entries.values()} == {"not judged"}
    assert {entries[name]["reason"] for name in ends} == {"the driver does not go"}
    assert entries["after one leaves a label"]["reason"] == LEFT
    first = entries["after one is lost"]["failure"]
    assert first["message"].splitlines()[0] == "a check of a fixture that ends"
    assert first["when"] == "teardown"
    assert LEFT in first["trace"]


def test_terminal_junit_and_page_tell_of_them(done: Done) -> None:
    at = "ERROR tests/claims/test_part13.py::after test_one_leaves_a_label"
    assert f"{at} - {ERROR}: {LEFT}" in done.terminal
    assert f"{ERROR}: the driver does not go" in done.terminal
    assert "ERROR tests/claims/test_part13.py::test" not in done.terminal
    suite = next(ET.parse(done.folder / "junit.xml").getroot().iter("testsuite"))
    cases = {case.get("name", ""): [one.tag for one in case] for case in suite}
    assert cases["after test_one_leaves_a_label"] == ["error"]
    assert cases["test_one_leaves_a_label"] == cases["test_an_innocent_one"] == []
    assert any(name.startswith("the end of the session") for name in cases)
    assert suite.get("tests") == str(len(cases))
    assert "after one leaves a label" in (done.folder / "index.html").read_text()


def test_allure_does_not_call_it_the_scenarios_own(project: Path) -> None:
    run(project, "-p", "no:xdist")
    written = (folder_of(project) / "allure-results").glob("*-result.json")
    found = {one["name"]: one["status"] for one in map(json.loads, map(Path.read_text, written))}
    assert found["one leaves a label"] == found["an innocent one"] == "passed"


@pytest.mark.parametrize("by", [("-p", "no:xdist"), ("-n", "1")])
def test_a_run_stops_at_the_first_entry_when_it_is_to_stop(
    project: Path, by: tuple[str, str]
) -> None:
    ended = run(project, *by, "-x")
    assert "stopping after" in ended.stdout, ended.stdout + ended.stderr
    ran = [n for n, s in records(folder_of(project)).items() if s["claims"] and s["started"]]
    assert ran == ["one leaves a label"]


def test_a_run_that_is_stopped_ends_its_session_too(project: Path) -> None:
    ended = run(project, "-p", "no:xdist", "-x")
    assert ended.returncode == 1
    assert "the end of the session" in records(folder_of(project))


def test_the_last_failed_ones_are_scenarios(project: Path) -> None:
    run(project, "-p", "cacheprovider", "-p", "no:xdist", "-k", "label")
    again = run(project, "-p", "cacheprovider", "-p", "no:xdist", "--lf", "--collect-only", "-q")
    assert again.stdout.count("::test_") == 1, again.stdout
    assert "test_one_leaves_a_label" in again.stdout


FURTHER = """
from fixtures import cluster as clusters
from infra.errors import NotJudged

pytest_plugins = ["fixtures.plugin.settings", "fixtures.cluster", "fixtures.plugin.lanes"]

def stays(settings):
    raise NotJudged("the further cluster series-2 stays")

clusters.extra_clusters.remove_left = stays

def held(config, settings):
    config.stash[clusters.USED] = True

clusters.ensure_and_hold = held
"""


def test_a_further_cluster_that_stays_is_told_by_the_run_and_its_report(tmp_path: Path) -> None:
    conftest = LANES.replace(
        'pytest_plugins = ["fixtures.plugin.settings", "fixtures.plugin.lanes"]', FURTHER
    )
    steps = STEPS.replace("def there(driver)", "def there()")
    project = make(tmp_path, conftest=conftest, feature=FEATURE, steps=steps)
    ended = run(project, "-n", "1", "-k", "innocent", "--keep", "always", COLUMNS="300")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    told = "the further cluster series-2 stays"
    assert f"{ERROR}: {told}" in ended.stdout
    folder = folder_of(project)
    assert outcomes(folder)["63.2"] == ("holds", "")
    assert records(folder)["the end of the session"]["reason"] == told
    assert told in (folder / "junit.xml").read_text()
