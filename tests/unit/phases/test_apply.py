"""Apply turns actions into few commands: one archive, then units; nothing for no actions."""

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.desired.apply import Supplies, apply
from infra.desired.plan import Action, AddPackage, Enable, Install, Restart, SetSysctl, Start, Write
from infra.errors import CommandFailed, WaitTimeout
from infra.machine_layout import SERIES
from infra.ssh import Result
from tests.unit.fakes import no_time_passes


class Machine:
    name = "worker-0"
    layout = SERIES

    def __init__(self) -> None:
        self.ran: list[tuple[str, ...]] = []
        self.stdin: dict[str, bytes] = {}

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        stdin: bytes | None = None,
        timeout: float = 0,
    ) -> Result:
        self.ran.append(tuple(argv))
        self.stdin[argv[0]] = stdin or b""
        return Result(self.name, tuple(argv), 0, "", "", 0.0)

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None:
        raise AssertionError("not used")

    def get(self, path: str) -> bytes:
        raise AssertionError("not used")


def run(*actions: Action, supplies: Supplies | None = None) -> Machine:
    machine = Machine()
    apply(machine, actions, supplies or Supplies())
    return machine


def test_no_actions_are_no_commands() -> None:
    assert run().ran == []


def test_files_travel_in_one_archive_with_their_modes(tmp_path: Path) -> None:
    (tmp_path / "etcd").write_bytes(b"ELF")
    machine = run(
        Write("/var/lib/etcd", 0o700, "root", None),
        Write("/etc/key", 0o600, "root", b"k"),
        Install("etcd", "/usr/local/bin/etcd"),
        supplies=Supplies(binaries={"etcd": tmp_path / "etcd"}),
    )
    assert [argv[0] for argv in machine.ran] == ["tar"]
    with tarfile.open(fileobj=io.BytesIO(machine.stdin["tar"])) as tar:
        seen = {m.name: (m.mode, m.isdir()) for m in tar.getmembers()}
    assert seen == {
        "var/lib/etcd": (0o700, True),
        "etc/key": (0o600, False),
        "usr/local/bin/etcd": (0o755, False),
    }


def test_units_are_enabled_then_started_without_waiting() -> None:
    machine = run(
        Write("/etc/systemd/system/etcd.service", 0o644, "root", b""),
        Enable("etcd"),
        Start("etcd"),
    )
    assert machine.ran[1:] == [
        ("systemctl", "enable", "--quiet", "etcd"),
        ("systemctl", "start", "--no-block", "etcd"),
    ]


def test_a_changed_unit_is_reloaded_before_its_restart() -> None:
    machine = run(Write("/etc/systemd/system/etcd.service", 0o644, "root", b""), Restart("etcd"))
    assert [argv[1] for argv in machine.ran[1:]] == ["daemon-reload", "restart"]


def test_sysctls_are_set_in_one_command() -> None:
    machine = run(SetSysctl("a", "1"), SetSysctl("b", "2"))
    assert machine.ran == [("sysctl", "-q", "-w", "a=1", "b=2")]


APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120")
LOCK = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 612 (apt-get)"


class Upgrading(Machine):
    """Another apt holds the lock of the lists while there is ``said``."""

    def __init__(self, *said: str) -> None:
        super().__init__()
        self.said = list(said)

    def run(self, argv: Sequence[str], **how: Any) -> Result:
        result = super().run(argv, **how)
        if argv[-1] == "update" and self.said:
            said = self.said.pop(0)
            raise CommandFailed(self.name, argv, exit_status=100, stdout="", stderr=said)
        return result


def test_packages_wait_for_an_apt_that_began_at_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    machine = Upgrading(LOCK, LOCK)
    apply(machine, [AddPackage("haproxy"), AddPackage("nftables")], Supplies())
    wanted = ("install", "-y", "--no-install-recommends", "haproxy", "nftables")
    assert machine.ran == [*[(*APT, "update")] * 3, (*APT, *wanted)]


def test_lists_that_cannot_be_had_are_told_immediately(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    machine = Upgrading("E: The repository 'http://x trixie Release' is not signed.")
    with pytest.raises(CommandFailed, match=r"status 100\nE: The repository .* is not signed"):
        apply(machine, [AddPackage("haproxy")], Supplies())
    assert len(machine.ran) == 1


def test_an_apt_that_does_not_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    with pytest.raises(WaitTimeout, match=r"not locked on worker-0: not within 120 s; .* 612"):
        apply(Upgrading(*[LOCK] * 99), [AddPackage("haproxy")], Supplies())
