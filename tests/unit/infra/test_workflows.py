"""What GitHub's runners are told: commands that are there, with few permissions."""

import re
import shlex
from collections.abc import Iterator
from itertools import dropwhile
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from infra.__main__ import app
from infra.artifacts.catalog import all_minors

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
COMMANDS = set(typer.main.get_group(app).commands)


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def lines(workflow: dict[str, Any]) -> Iterator[str]:
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            yield from step.get("run", "").splitlines()


def is_known(line: str) -> bool:
    """Whether it is a target of the Makefile or a command of kfs, by sudo and env or not."""
    words = list(dropwhile(lambda one: one in {"sudo", "env"} or "=" in one, shlex.split(line)))
    known = {"make": TARGETS, "./kfs": COMMANDS}.get(words[0], set())
    return len(words) > 1 and words[1] in known


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_is_run_is_there(path: Path) -> None:
    ran = list(lines(read(path)))
    assert ran
    assert not [line for line in ran if not is_known(line)]


@pytest.mark.parametrize("line", ["curl x", "make nothing", "./kfs nothing", "sudo bash", "make"])
def test_another_line_is_seen(line: str) -> None:
    assert not is_known(line)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_is_written_unless_a_job_says_so(path: Path) -> None:
    assert read(path)["permissions"] == {"contents": "read"}
    assert "secrets." not in path.read_text()


def test_every_minor_is_judged() -> None:
    matrix = read(ROOT / ".github/workflows/nightly.yml")["jobs"]["minor"]["strategy"]["matrix"]
    assert matrix["kubernetes"] == [m for m, catalog in all_minors().items() if catalog.before]
