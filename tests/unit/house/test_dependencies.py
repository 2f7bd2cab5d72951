"""What is declared is used, what is imported is declared, and both are locked."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOCK = ROOT / "requirements.lock"
PROJECT = """
[project]
name = "sample"
version = "0"
dependencies = ["boto3", {more}]
"""


def deptry(folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "deptry", "--no-ansi", "."]
    return subprocess.run(argv, check=False, capture_output=True, text=True, cwd=folder)


def test_dependencies_are_declared_and_used() -> None:
    done = deptry(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('"requests"', "'requests' defined as a dependency but not used"),
        ("", "'botocore' imported but it is a transitive dependency"),
    ],
)
def test_a_false_declaration_is_told(tmp_path: Path, more: str, told: str) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(more=more))
    (tmp_path / "sample.py").write_text("import boto3\nimport botocore\n")
    done = deptry(tmp_path)
    assert done.returncode == 1
    assert told in done.stderr


def test_each_declared_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = project["optional-dependencies"].values()
    declared = [*project["dependencies"], *(one for group in groups for one in group)]
    locked = set(re.findall(r"^([a-z0-9-]+)==", LOCK.read_text(), re.MULTILINE))
    missing = [one for one in declared if re.split(r"[\[<>=~! ]", one)[0] not in locked]
    assert not missing, f"make requirements.lock again (CONTRIBUTING.md): {missing}"


def test_the_lock_names_no_index() -> None:
    assert "://" not in LOCK.read_text()
