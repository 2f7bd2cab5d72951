"""Apply turns actions into few commands: one archive, then units; nothing for no actions."""

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

from infra.desired.apply import Supplies, apply
from infra.desired.plan import Action, Enable, Install, Restart, SetSysctl, Start, Write
from infra.machine_layout import SERIES
from infra.ssh import Result


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
