"""Generated scenarios are found in their features, and steps at their definitions."""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import scenario_locations

ROOT = Path(__file__).resolve().parents[3]
PLACE = re.compile(r"^ *(\S+):(\d+): (.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def told() -> list[tuple[str, str, str]]:
    """Path, line and words, for each scenario of an outline and each of its steps."""
    live = sorted(str(path) for path in (ROOT / "tests").rglob("test_part14*.py"))
    options = [
        "--collect-only",
        "-q",
        "-p",
        "tests.scenario_locations",
        "-k",
        "grow_in_place_on_worker",
    ]
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, *live]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=ROOT)
    return PLACE.findall(done.stdout)


def line_of(path: str, number: str) -> str:
    return (ROOT / path).read_text().splitlines()[int(number) - 1]


def test_a_scenario_is_told_with_its_features_line(told: list[tuple[str, str, str]]) -> None:
    found = [(p, n, words) for p, n, words in told if p.endswith(".feature")]
    assert len(found) == 2
    for path, number, words in found:
        assert "Scenario" in line_of(path, number)
        assert re.search(r"on worker-[01]  \[test_\w+\[worker-[01]\]\]$", words)


def test_a_step_is_told_with_its_definitions_line(told: list[tuple[str, str, str]]) -> None:
    found = [(p, n, words) for p, n, words in told if p.endswith(".py")]
    assert len(found) > 6
    for path, number, _ in found:
        assert path.startswith("tests/steps/")
        assert re.match(r"@(given|when|then)\(", line_of(path, number))


def test_a_step_without_a_definition_says_so() -> None:
    step: Any = SimpleNamespace(type="given", name="nothing of the kind")
    assert scenario_locations.at(step) == "no definition"


def test_other_tests_are_passed_over(request: pytest.FixtureRequest) -> None:
    assert list(scenario_locations.told(request.node)) == []
