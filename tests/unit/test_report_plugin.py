"""The plug-in on a project of its own, by xdist: outcomes, records, and a page from them."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from infra import claims

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = """
from fixtures import capabilities

pytest_plugins = ["fixtures.settings"]

def pytest_collection_modifyitems(config, items):
    capabilities.take_out(config, items, {"swap": "the kernel of worker-0 has no swap"})
"""
FEATURE = """
@article_63
Feature: Backing up etcd
  A backup that restores.

  @claim_63_1
  Rule: Three members are healthy

    Scenario: three are healthy
      Given a member
      Then it is healthy

  @claim_63_2
  Rule: One member may be lost

    Scenario: one is lost
      Given a member
      When it is lost
      Then writes go on
      And it is healthy

    Scenario Outline: one is healthy
      Then it is healthy

      Examples:
        | member |
        | first  |

  @claim_63_3
  Rule: A snapshot is private

    Scenario: the machine does not answer
      Given an unreachable machine
      Then it is healthy

  @claim_65_12 @needs_swap
  Rule: A kubelet refuses swap

    Scenario: a kubelet and swap
      Then it is healthy
"""
STEPS = """
from infra.errors import ClaimError, Unreachable
from infra.ssh import Result
from pytest_bdd import given, scenarios, then, when

scenarios("../features")

@given("a member")
def member(evidence):
    evidence.heard(Result("controller-0", ("etcdctl", "member", "list"), 0, "three", "", 0.2))

@given("an unreachable machine")
def unreachable():
    raise Unreachable("worker-0", "10.0.1.21", "no route")

@when("it is lost")
def lost():
    pass

@then("it is healthy")
def healthy(evidence):
    evidence.record("answers", "figures", {"members": 3})

@then("writes go on")
def writes():
    raise ClaimError("no write within 20 s\\n  +0.0 s  Bearer abcdefghijklmnop")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "features").mkdir()
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = --strict-markers --import-mode=importlib -p fixtures.reporting\n"
        "bdd_features_base_dir = features\nfilterwarnings =\n    error\n"
        "    ignore:Module already imported:pytest.PytestAssertRewriteWarning\n"
    )
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "features" / "63.feature").write_text(FEATURE)
    (tmp_path / "tests" / "test_part13.py").write_text(STEPS)
    return tmp_path


def run(project: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(project),
        "PYTHONPATH": str(ROOT),
        "KFS_REPORTS": str(project / "reports"),
        "KFS_STATE_ROOT": str(project / "state"),
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *argv],
        check=False,
        capture_output=True,
        text=True,
        cwd=project,
        env=env,
    )


def outcomes(folder: Path) -> dict[str, tuple[str, str]]:
    stored = json.loads((folder / "claims.json").read_text())
    return {c["id"]: (c["outcome"], c["reason"]) for c in stored["claims"]}


def test_a_run_leaves_its_folder(project: Path) -> None:
    ended = run(project, "-n", "2")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    (folder,) = (project / "reports" / "v1.36.1").iterdir()
    found = outcomes(folder)
    assert len(found) == len(claims.load())
    assert found["63.1"] == ("holds", "")
    assert found["63.2"] == ("does not hold", "no write within 20 s")
    assert found["63.3"][0] == "not judged"
    assert found["65.12"] == ("not applicable", "the kernel of worker-0 has no swap")
    assert found["72.1"] == ("not judged", "no scenario yet")
    records = {s["name"]: s for s in json.loads((folder / "records.json").read_text())}
    steps = records["one is lost"]["steps"]
    assert [s["ended"] for s in steps] == ["passed", "passed", "failed", "not run"]
    assert steps[0]["commands"][0]["argv"] == ["etcdctl", "member", "list"]
    texts = {p.name: p.read_text() for p in folder.rglob("*") if p.is_file()}
    assert not [name for name, text in texts.items() if "abcdefghijklmnop" in text]
    assert "one is healthy [first]" in records
    properties = ET.parse(folder / "junit.xml").getroot().iter("property")
    assert ("outcome", "not judged") in {(p.get("name"), p.get("value")) for p in properties}
    assert (folder / "run.log").read_text().count("holds") == 2
    assert (project / "reports" / "index.html").exists()
    assert "63 Backing Up etcd" in ended.stdout
    results = [json.loads(p.read_text()) for p in (folder / "allure-results").glob("*-result.json")]
    lost = next(r for r in results if r["name"] == "one is lost")
    assert [s["name"] for s in lost["steps"]] == [
        "Given a member",
        "When it is lost",
        "Then writes go on",
    ]


def test_a_claim_that_was_not_chosen_is_not_without_scenario(project: Path) -> None:
    assert run(project, "-p", "no:xdist", "-k", "three_are_healthy").returncode == 0
    (folder,) = (project / "reports" / "v1.36.1").iterdir()
    assert outcomes(folder)["63.2"] == ("not judged", "not in this run")


def test_an_interrupted_run_tells_what_it_did_not_reach(project: Path) -> None:
    assert run(project, "-p", "no:xdist", "-x").returncode != 0
    (folder,) = (project / "reports" / "v1.36.1").iterdir()
    assert outcomes(folder)["63.3"] == ("not judged", "the run ended before it")


def test_an_unknown_claim_is_an_error(project: Path) -> None:
    (project / "features" / "63.feature").write_text(FEATURE.replace("claim_63_1", "claim_63_99"))
    ended = run(project)
    assert "claim_63_99" in ended.stdout
    assert ended.returncode != 0


def test_a_run_without_live_tests_leaves_nothing(project: Path) -> None:
    (project / "tests" / "test_other.py").write_text("def test_it():\n    pass\n")
    assert run(project, "-p", "no:xdist", "-k", "test_it").returncode == 0
    assert not list((project / "reports").glob("*/*"))
