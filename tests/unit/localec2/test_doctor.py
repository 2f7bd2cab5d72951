from pathlib import Path

import pytest

from infra.localec2 import doctor


def test_another_processor_is_told() -> None:
    assert doctor.architecture("x86_64") is None
    assert "--platform aws" in str(doctor.architecture("aarch64"))


def test_an_ordinary_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "sudo" in str(doctor.root())


def test_a_missing_program_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "nft" else f"/usr/bin/{name}")
    found = doctor.problems(Path("/"), Path("/"))
    assert "nft is missing: apt-get install nftables" in found


def test_refused_namespaces_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "_tried", lambda argv, problem, remedy, text="": f"{problem}: {remedy}"
    )
    assert "--cap-add SYS_ADMIN" in str(doctor.namespaces())


def test_a_command_that_fails_is_a_problem_with_its_words() -> None:
    found = doctor._tried(["sh", "-c", "echo no >&2; exit 1"], "refused", "do this")
    assert found == "refused (no): do this"
    assert doctor._tried(["true"], "refused", "do this") is None


def test_scratch_must_allow_exec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(doctor, "MEMORY_MIB", 0)
    mounts.write_text("tmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0\n")
    assert doctor.scratch(mounts) is None
    mounts.write_text("tmpfs /dev/shm tmpfs rw,nosuid,noexec 0 0\n")
    assert "remount,exec" in str(doctor.scratch(mounts))
    mounts.write_text("/dev/vda / ext4 rw 0 0\n")
    assert "no tmpfs" in str(doctor.scratch(mounts))


def test_scratch_must_hold_the_machines_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("tmpfs /dev/shm tmpfs rw 0 0\n")
    monkeypatch.setattr(doctor, "MEMORY_MIB", 2**40)
    assert "size=90%" in str(doctor.scratch(mounts))


def test_forbidden_tracing_is_told(tmp_path: Path) -> None:
    scope = tmp_path / "ptrace_scope"
    assert doctor.tracing(scope) is None
    scope.write_text("1\n")
    assert doctor.tracing(scope) is None
    scope.write_text("3\n")
    assert "forbids tracing" in str(doctor.tracing(scope))


def test_little_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"used": 2**30, "free": 0, "total": 0})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert "a cluster needs 6144" in str(doctor.memory(lambda: 5119))
    assert doctor.memory(lambda: 5120) is None  # a machine's 1024 MiB are the cluster's already


def test_a_full_disk_is_told_for_a_directory_that_is_still_to_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"used": 0, "free": 7 * 2**30, "total": 0})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    found = doctor.problems(tmp_path / "not" / "yet", tmp_path)
    assert [line for line in found if str(tmp_path) in line] == [
        f"{tmp_path} has 7 GiB free, a cluster needs 8 GiB: free some"
    ]
