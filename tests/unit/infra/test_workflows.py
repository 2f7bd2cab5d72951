"""What GitHub's runners are told: commands that are there, with few permissions."""

import os
import re
import shlex
import subprocess
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


@pytest.mark.parametrize(
    ("go", "status", "words"),
    [
        ("exit 0", 0, ""),
        ('case "$*" in *actionlint*) echo "ci.yml:9: no"; exit 1;; esac', 2, "ci.yml:9: no"),
        ("exit 1", 0, "workflows are not linted: no Go"),
    ],
)
def test_actionlint_reads_every_workflow(tmp_path: Path, go: str, status: int, words: str) -> None:
    """As make runs it: what it finds ends make; a Go that is too old is told."""
    asked, fake = tmp_path / "asked", tmp_path / "go"
    fake.write_text(f'#!/bin/sh\necho "$*" >> {asked}\n{go}\n')
    fake.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "-o", ".venv/installed", "workflows"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=env | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert done.returncode == status, done.stderr
    assert words in done.stdout + done.stderr
    if go == "exit 0":
        (line,) = [one for one in asked.read_text().splitlines() if "actionlint" in one]
        files = [f"workflows/{path.name}" for path in WORKFLOWS]
        assert sorted(word for word in line.split() if word.endswith(".yml")) == files


def test_actionlint_is_pinned() -> None:
    text = (ROOT / ".github/go.mod").read_text()
    assert "tool github.com/rhysd/actionlint/cmd/actionlint" in text
    assert re.search(r"github\.com/rhysd/actionlint v\d+\.\d+\.\d+", text)
    assert "github.com/rhysd/actionlint " in (ROOT / ".github/go.sum").read_text()
