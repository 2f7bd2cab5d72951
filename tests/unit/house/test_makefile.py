"""Targets do what they are named for; the kept cluster is touched by those that say so."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEXTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ".ci/run", ".github", "docs"]
NAMED = re.compile(r"`make ([a-z][a-z0-9-]*)|^make ([a-z][a-z0-9-]*)(?: +#| [A-Z]|$)", re.MULTILINE)


OUTER = ("MAKE", "MFLAGS", "ARGS", "KFS_CLUSTER_ID", "TEST_CLUSTER_ID", "UPGRADE_")
"""Starts of what a make that runs these tests hands on: it would be one of its own sub-makes."""


def make(*argv: str) -> subprocess.CompletedProcess[str]:
    """Only says what it would run."""
    dry = ["make", "-n", "-o", ".venv/installed", *argv]
    env = {name: value for name, value in os.environ.items() if not name.startswith(OUTER)}
    return subprocess.run(dry, check=False, capture_output=True, text=True, cwd=ROOT, env=env)


def commands(*argv: str) -> list[str]:
    done = make(*argv)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def on_a_cluster(line: str) -> bool:
    return "test_part" in line or bool(re.search(r"-m infra (up|down)", line))


@pytest.mark.parametrize("kept", ["series", "mine"])
def test_what_ci_runs_names_its_own_cluster_in_each_command(kept: str) -> None:
    ran = [line for line in commands("test", f"KFS_CLUSTER_ID={kept}") if on_a_cluster(line)]
    assert len(ran) == 2
    assert all("--cluster-id test" in line for line in ran), ran


def test_what_ci_runs_refuses_the_kept_cluster() -> None:
    done = make("test", "KFS_CLUSTER_ID=test")
    assert done.returncode != 0
    assert '"test" is your kept cluster' in done.stderr
    assert make("e2e", "KFS_CLUSTER_ID=test").returncode == 0


def test_an_upgrade_has_its_own_cluster_in_each_command() -> None:
    """Built of the older minor, upgraded alone, judged as what it is then."""
    ran = [line for line in commands("upgrade") if "infra prepare" not in line]
    clusters = [line for line in ran if on_a_cluster(line)]
    assert len(clusters) == 3
    assert all("--cluster-id upgrade" in line for line in clusters), ran
    assert [line.partition(" -m upgrade ")[2] != "" for line in clusters] == [False, True, False]
    assert ["--kubernetes" in line for line in clusters] == [False, True, False]
    assert make("upgrade", "KFS_CLUSTER_ID=upgrade").returncode != 0


def test_checks_need_no_cluster() -> None:
    ran = commands("check", "coverage", "test-localec2")
    assert ran
    assert not any(map(on_a_cluster, ran)), ran


@pytest.mark.parametrize(
    "target", ["check", "e2e", "e2e-all", "mutants", "soak", "sweep", "up", "upgrade"]
)
def test_arguments_go_to_what_is_run(target: str) -> None:
    assert commands(target, "ARGS=--given")[-1].endswith("--given")


def test_what_ci_runs_takes_none() -> None:
    assert not any("--given" in line for line in commands("test", "ARGS=--given"))


GO_MODS = sorted((ROOT / "infra/artifacts/go").glob("*/go.mod"))


def newest_go() -> str:
    """That the modules of our programs ask for."""
    text = "\n".join(path.read_text() for path in GO_MODS)
    found = [match[1] for match in re.finditer(r"^go ([0-9.]+)$", text, re.MULTILINE)]
    return max(found, key=lambda version: [int(part) for part in version.split(".")])


def test_the_readme_names_the_go_that_the_modules_need() -> None:
    assert f"Go {newest_go()} and Python" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(("go", "found"), [("echo go1.9.4", "go1.9.4"), ("exit 1", "none")])
def test_install_says_which_go_it_needs(go: str, found: str, tmp_path: Path) -> None:
    """A copy of it, where every Debian package is there and nothing is to be installed."""
    modules, programs = tmp_path / "infra/artifacts/go", tmp_path / "bin"
    made = tmp_path / ".venv/bin"
    for folder in (modules / "old", modules / "new", programs, made):
        folder.mkdir(parents=True)
    (modules / "old" / "go.mod").write_text("module old\n\ngo 1.9.9\n")
    (modules / "new" / "go.mod").write_text("module new\n\ngo 1.10.4\n")
    (tmp_path / "apt-packages.txt").touch()
    fakes = {programs / "go": go, programs / "dpkg-query": "true", made / "python": "true"}
    for path, script in fakes.items():
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    env = {"PATH": f"{programs}:{os.environ['PATH']}"}
    argv = [shutil.copy(ROOT / "install", tmp_path), sys.executable]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=env)
    needed = f"warning: a cluster needs Go 1.10.4 or newer on the PATH (found: {found})"
    assert needed in done.stderr
    assert "installing the locked Python packages" in done.stdout


def test_targets_that_documents_name_are_there() -> None:
    paths = [p for name in TEXTS for p in (ROOT / name, *(ROOT / name).rglob("*"))]
    text = "\n".join(p.read_text() for p in paths if p.is_file() and p.suffix != ".png")
    named = {quoted or own_line for quoted, own_line in NAMED.findall(text)}
    assert {"verify", "e2e", "test"} <= named
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert not named - targets
