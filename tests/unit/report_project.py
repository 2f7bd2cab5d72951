"""A project of its own for the plug-ins of runs, reports and lanes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = """
from fixtures import capabilities

pytest_plugins = ["fixtures.plugin.settings"]

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

INI = """
[pytest]
addopts = --strict-markers --import-mode=importlib -p fixtures.plugin.reporting
bdd_features_base_dir = features
timeout_method = signal
filterwarnings =
    error
    ignore:Module already imported:pytest.PytestAssertRewriteWarning
"""


def make(
    folder: Path, *, conftest: str = CONFTEST, feature: str = FEATURE, steps: str = STEPS
) -> Path:
    """The project in a folder; its one module of live tests is tests/claims/test_part13.py."""
    (folder / "tests" / "claims").mkdir(parents=True)
    (folder / "features").mkdir()
    (folder / "pytest.ini").write_text(INI)
    (folder / "conftest.py").write_text(conftest)
    (folder / "features" / "63.feature").write_text(feature)
    (folder / "tests" / "claims" / "test_part13.py").write_text(steps)
    return folder


def run(project: Path, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = environment | {
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


def records(folder: Path) -> dict[str, dict[str, Any]]:
    """Of a run's scenarios and of what came after them, by name."""
    return {s["name"]: s for s in json.loads((folder / "records.json").read_text())}


def folder_of(project: Path) -> Path:
    """Of the one run that a project has had."""
    (found,) = (project / "reports").glob("v1.*/*")
    return found
