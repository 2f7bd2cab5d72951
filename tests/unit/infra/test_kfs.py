"""The command ``kfs`` is ``python -m infra``, wherever it is called."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KFS = Path(__file__).resolve().parents[3] / "kfs"


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """Called as from the PATH, in a directory with a module that must not be taken for ours."""
    (tmp_path / "infra.py").write_text("raise SystemExit('another infra')\n")
    link = tmp_path / "kfs"
    link.symlink_to(KFS)
    return link


def run(kfs: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(kfs), *argv], check=False, capture_output=True, text=True, cwd=kfs.parent
    )


def test_its_help_names_it_and_its_commands(linked: Path) -> None:
    done = run(linked, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage: kfs" in done.stdout
    assert all(name in done.stdout for name in ("up", "kubectl", "report", "doctor"))


def test_its_exit_code_and_message_are_the_programs(linked: Path) -> None:
    done = run(linked, "status", "--cluster-id", "none")
    assert done.returncode == 2
    assert "no finished cluster 'none'" in done.stderr


def test_arguments_stay_as_they_were(linked: Path) -> None:
    done = run(linked, "status", "--cluster-id", "Not an id")
    assert "--cluster-id 'Not an id'" in done.stderr


def test_nothing_slow_is_imported_before_it_is_used() -> None:
    slow = "{'boto3', 'botocore', 'moto', 'paramiko', 'pytest'}"
    code = f"import sys; import infra.__main__; print(sorted({slow} & sys.modules.keys()))"
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=KFS.parent)
    assert done.stdout.strip() == "[]", "import these where they are used (infra/ssh/connection.py)"


def test_without_a_virtual_environment_it_says_how_to_make_one(tmp_path: Path) -> None:
    done = run(Path(shutil.copy(KFS, tmp_path)), "status")
    assert done.returncode == 2
    assert f"run: make -C {tmp_path} install" in done.stderr
