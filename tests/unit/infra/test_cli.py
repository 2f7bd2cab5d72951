"""Bad input: one clear line that names what was wrong and what to do, and an exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.errors import ClusterLocked, UserError
from infra.lifecycle import state_dir

ROOT = Path(__file__).resolve().parents[3]


def infra(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra", *argv],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/nonexistent", **env},
    )


@pytest.mark.parametrize(
    ("argv", "names"),
    [
        (["up", "--platform", "gcp"], "--platform 'gcp'"),
        (["up", "--kubernetes", "v1.12.0"], "v1.12.0"),
        (["up", "--cluster-id", "Bad Name"], "--cluster-id 'Bad Name'"),
        (["status", "--cluster-id", "none"], "./kfs up"),
        (["kubectl", "--cluster-id", "none", "get", "nodes"], "./kfs up"),
        (["list", "--region", ""], "--region ''"),
        (["janitor", "--cluster-id", "x", "--older-than", "5"], "leave out --older-than"),
        (["doctor", "--cluster", "/none.toml"], "/none.toml: No such file"),
        (["doctor", "--json"], "--json needs --cluster my.toml"),
        (["describe", "--kubeconfig", "/none"], "/none is no kubeconfig"),
        (
            ["describe", "--kubeconfig", "/none", "--jump", "a"],
            "give --ssh-user too",
        ),
        (["describe", "--kubeconfig", "/none", "-o", "/etc/passwd"], "or use --force"),
        (["render", "/etc/passwd"], "/etc/passwd/lb: Not a directory; choose another place"),
    ],
)
def test_bad_input_is_one_line_with_what_to_do(argv: list[str], names: str, tmp_path: Path) -> None:
    ended = infra(*argv, KFS_STATE_ROOT=str(tmp_path), KFS_CACHE=str(tmp_path / "cache"))
    assert ended.returncode == 2, ended.stderr
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert names in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_profile_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    for argv in (["list"], ["up", "--platform", "aws"]):
        ended = infra(*argv, AWS_PROFILE="nope", KFS_STATE_ROOT=str(tmp_path))
        assert ended.returncode == 1
        assert "error: credentials of AWS: " in ended.stderr
        assert "profile (nope) could not be found" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_every_command_has_help() -> None:
    menu = infra("--help").stdout
    for command in (
        "up",
        "status",
        "down",
        "shell",
        "kubectl",
        "render",
        "report",
        "doctor",
        "describe",
    ):
        assert command in menu


def test_a_held_cluster_names_its_holder(tmp_path: Path) -> None:
    with (
        state_dir.held(tmp_path / "series", "python -m infra up"),
        pytest.raises(ClusterLocked, match=r"held by python -m infra up \(pid \d+"),
        state_dir.held(tmp_path / "series", "another"),
    ):
        pass


def test_a_lock_is_free_again_after_its_holder(tmp_path: Path) -> None:
    with state_dir.held(tmp_path / "series", "one"):
        pass
    with state_dir.held(tmp_path / "series", "two"):
        pass


def test_what_a_killed_run_left_of_further_clusters_goes_with_the_first(tmp_path: Path) -> None:
    for name in ("series-3", "series-9"):
        (tmp_path / name).mkdir()
    ended = infra("down", "--cluster-id", "series", KFS_STATE_ROOT=str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    told = [line for line in ended.stdout.splitlines() if " is gone" in line]
    assert told == ["cluster series is gone (local)", "cluster series-3 is gone (local)"]
    assert not (tmp_path / "series-3").exists()
    assert (tmp_path / "series-9").exists()  # it is somebody's own


def test_a_damaged_record_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / state_dir.RECORD).write_text("{")
    with pytest.raises(UserError, match=r"\./kfs down"):
        state_dir.read(tmp_path)


def test_the_state_directory_is_private(tmp_path: Path) -> None:
    state_dir.prepare(tmp_path / "x")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("argv", "says", "status"),
    [
        (["-k", "part99"], "nothing is selected by 'part99'", 5),
        (["--time-scale", "0"], "--time-scale '0'", 4),
        (["--platform", "gcp"], "--platform 'gcp'", 4),
    ],
)
def test_a_wrong_option_of_pytest_is_one_clear_line(
    argv: list[str], says: str, status: int
) -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "tests/claims/test_part14_new_in_1_36.py",
            *argv,
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    assert says in ended.stdout + ended.stderr
