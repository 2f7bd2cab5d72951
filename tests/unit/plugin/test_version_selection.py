"""A scenario of another Kubernetes version does not run, says why, and no cluster is asked."""

import json
from pathlib import Path

import pytest

from infra.artifacts.catalog import load
from infra.version_tags import TAGS, why_not_applicable
from tests.unit.report_project import make, run

CONFTEST = 'pytest_plugins = ["fixtures.plugin.settings", "fixtures.version_selection"]\n'
FEATURE = """
@article_72
Feature: Logs of nodes
  A log is read.

  @claim_72_20 @since_1_37
  Rule: The log has the configuration

    Scenario: the new log
      Then it is read

  @claim_72_18
  Rule: Both gates are there

    @until_1_36
    Scenario: as it was
      Then it is read

    @since_1_36
    Scenario: as it is
      Then it is read

  @claim_72_1
  Rule: Always

    Scenario: any version
      Then it is read
"""
STEPS = """
from pytest_bdd import scenarios, then

scenarios("../features")

@then("it is read")
def is_read():
    pass
"""


@pytest.mark.parametrize(
    ("tags", "version", "reason"),
    [
        (["since_1_37"], "v1.36.5", "comes with Kubernetes 1.37"),
        (["since_1_37"], "v1.37.2", ""),
        (["since_1_9"], "v1.36.5", ""),
        (["until_1_36"], "v1.36.5", ""),
        (["until_1_36"], "v1.37.2", "until Kubernetes 1.36"),
        (["since_1_36", "until_1_36"], "v1.35.8", "comes with Kubernetes 1.36"),
        (["article_70", "slow"], "v1.35.8", ""),
    ],
)
def test_tags_and_the_named_version_decide(tags: list[str], version: str, reason: str) -> None:
    assert why_not_applicable(tags, version) == reason


def test_each_minor_that_has_clusters_has_its_tags() -> None:
    assert {"since_1_36", "until_1_36", "since_1_37"} <= TAGS.keys()
    assert "since_1_34" not in TAGS


@pytest.mark.parametrize(
    ("minor", "absent"),
    [
        ("1.35", {"72.20": "comes with Kubernetes 1.37"}),
        ("1.36", {"72.20": "comes with Kubernetes 1.37"}),
        ("1.37", {}),
    ],
)
def test_the_report_says_since_when(tmp_path: Path, minor: str, absent: dict[str, str]) -> None:
    project = make(tmp_path, conftest=CONFTEST, feature=FEATURE, steps=STEPS)
    done = run(project, "tests", "--kubernetes", minor)
    assert done.returncode == 0, done.stdout + done.stderr
    (stored,) = (project / "reports" / load(minor).kubernetes).glob("*/claims.json")
    found = {one["id"]: one for one in json.loads(stored.read_text())["claims"]}
    assert found["72.1"]["outcome"] == found["72.18"]["outcome"] == "holds"
    judged = found["72.20"]["outcome"], found["72.20"]["reason"]
    assert judged == (("not applicable", absent["72.20"]) if absent else ("holds", ""))
    assert not any(found[claim]["partial"] for claim in ("72.1", "72.18", "72.20"))
