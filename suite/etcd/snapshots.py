"""Snapshots of etcd and members restored from them, in a directory of their own on one machine."""

import json
import random
import uuid
from dataclasses import dataclass
from typing import Any

from infra.clients.etcd.etcdctl import Etcdctl
from infra.clients.transport import systemd
from infra.errors import ClaimError, NotJudged
from infra.machine_layout import Layout, Programs
from infra.ssh import Result, Shell, exists

FIRST_PORT, LAST_PORT = 22000, 29998
"""Loopback ports of restored members: below the ephemeral ones (32768), above every service."""
SAVE_TIMEOUT = 120.0
"""Seconds for a command on a file of some 20 MB (article 63) on a slow machine."""
CHECKSUM = 32
"""Bytes of the sha256 at the end; the pages before are whole multiples of 512
(ET client snapshot/v3_snapshot.go)."""


@dataclass(frozen=True)
class FileFacts:
    """``mode`` in octal as text, ``size`` in bytes."""

    mode: str
    owner: str
    size: int


@dataclass(frozen=True)
class Snapshot:
    """A saved file. ``said`` is what etcdctl wrote; revisions of the store before and after."""

    path: str
    said: str
    before: int
    after: int


@dataclass(frozen=True)
class RestoredMember:
    """A member of its own cluster on loopback, and the command against it."""

    unit: str
    ctl: Etcdctl


class Workbench:
    """A directory on a controller. ``close`` ends all that runs from it and removes it."""

    def __init__(self, live: Etcdctl) -> None:
        """``live`` is the command on the machine against that machine's own member."""
        self.live = live
        self.shell: Shell = live.shell
        self.directory = ""
        self._units: list[str] = []

    def open(self) -> "Workbench":
        made = self.shell.run(["mktemp", "--directory", "/var/tmp/etcd-backup.XXXXXXXX"])  # noqa: S108 - a template for mktemp
        self.directory = made.stdout.strip()
        return self

    def close(self) -> None:
        """Errors: NotJudged naming what could not be removed."""
        for unit in self._units:
            self.shell.run(["systemctl", "stop", unit], check=False)
        left = [unit for unit in self._units if systemd.show(self.shell, unit).pid]
        if self.directory:
            self.shell.run(["rm", "--recursive", "--force", "--", self.directory])
            if self.exists(self.directory):
                left.append(self.directory)
        if left:
            raise NotJudged(f"left behind on {self.shell.name}: {', '.join(left)}; remove by hand")

    @property
    def programs(self) -> Programs:
        return self.shell.layout.programs

    def path(self, name: str) -> str:
        return f"{self.directory}/{name}"

    def save(self, name: str = "snapshot.db") -> Snapshot:
        """Errors: ClaimError when etcdctl does not take one, which every claim here is about."""
        before = self.live.revision()
        result = self.ask_to_save(self.live, name)
        if result.exit_status != 0:
            raise ClaimError(f"no snapshot of {self.live.endpoints}: {result.stderr}")
        said = result.stdout + result.stderr
        return Snapshot(self.path(name), said, before, self.live.revision())

    def ask_to_save(self, ctl: Etcdctl, name: str) -> Result:
        return ctl.run("snapshot", "save", self.path(name), check=False)

    def status(self, path: str) -> dict[str, Any]:
        """``hash``, ``revision``, ``totalKey``, ``totalSize``, ``version``. Errors: ClaimError."""
        result = self.ask_status(path)
        if result.exit_status != 0:
            raise ClaimError(f"{path} is no valid snapshot, etcdutl says: {result.stderr}")
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def ask_status(self, path: str, program: str = "") -> Result:
        """Of etcdutl, which article 63 uses, unless another is named."""
        argv = [program or self.programs.etcdutl, "snapshot", "status", path, "--write-out=json"]
        return self.shell.run(argv, check=False, timeout=SAVE_TIMEOUT)

    def ask_etcdctl_status(self, path: str) -> Result:
        return self.ask_status(path, self.programs.etcdctl)

    def facts(self, path: str) -> FileFacts:
        output = self.shell.run(["stat", "--format=%a %U %s", path]).stdout
        mode, owner, size = output.split()
        return FileFacts(mode, owner, int(size))

    def incomplete(self, snapshot: Snapshot) -> list[str]:
        """Why this is no private, whole file; empty when it is."""
        facts, wrong = self.facts(snapshot.path), []
        if (facts.mode, facts.owner) != ("600", "root"):
            wrong.append(f"the file's mode and owner: {facts}")
        if facts.size <= CHECKSUM:
            wrong.append(f"the file holds nothing: {facts}")
        elif facts.size % 512 != CHECKSUM:
            wrong.append(f"no checksum after whole pages: {facts}")
        left = [name for name in self.entries(self.directory) if name.endswith(".part")]
        return wrong + [f"the unfinished file is still there: {name}" for name in left]

    def sha256(self, path: str) -> str:
        return self.shell.run(["sha256sum", path]).stdout.split()[0]

    def exists(self, path: str) -> bool:
        return exists(self.shell, path)

    def inode(self, path: str) -> str:
        return self.shell.run(["stat", "--format=%i", path]).stdout.strip()

    def entries(self, path: str) -> list[str]:
        """Names in a directory, sorted; empty when there is none."""
        found = self.shell.run(["ls", "-A", "--", path], check=False)
        return sorted(found.stdout.split("\n")[:-1]) if found.exit_status == 0 else []

    def copy(self, path: str, name: str) -> str:
        self.shell.run(["cp", "--preserve=mode", "--", path, self.path(name)])
        return self.path(name)

    def cut_in_half(self, path: str) -> None:
        self.shell.run(["truncate", f"--size={self.facts(path).size // 2}", path])

    def places(self, text: str, path: str) -> list[int]:
        """Offsets in bytes at which ``text`` stands in a file."""
        argv = ["grep", "--byte-offset", "--only-matching", "--text", "--fixed-strings"]
        found = self.shell.run([*argv, f"--regexp={text}", path], check=False)
        if found.exit_status > 1:
            raise NotJudged(f"{path} cannot be searched: {found.stderr}")
        return [int(line.split(":", 1)[0]) for line in found.stdout.splitlines()]

    def change_byte(self, path: str, place: int) -> None:
        """Replaces one byte of a text by another."""
        argv = ["dd", f"of={path}", "bs=1", f"seek={place}", "conv=notrunc", "status=none"]
        self.shell.run(argv, stdin=b"#")

    def restore(self, path: str, name: str, *, port: int = FIRST_PORT) -> Result:
        """The answer of etcdutl to a restore into a directory of that name."""
        argv = [self.programs.etcdutl, "snapshot", "restore", path, f"--data-dir={self.path(name)}"]
        peer = f"https://127.0.0.1:{port + 1}"
        argv += ["--name=restored", f"--initial-cluster=restored={peer}"]
        argv += [f"--initial-advertise-peer-urls={peer}", f"--initial-cluster-token={name}"]
        return self.shell.run(argv, check=False, timeout=SAVE_TIMEOUT)

    def start_restored(self, snapshot: Snapshot) -> RestoredMember:
        """A member on loopback ports of its own. Errors: ClaimError when it does not start."""
        name, port = f"restored-{uuid.uuid4().hex[:8]}", free_port()
        answer = self.restore(snapshot.path, name, port=port)
        if answer.exit_status != 0:
            raise ClaimError(f"{snapshot.path} cannot be restored: {answer.stderr}")
        self._units.append(name)
        argv = ["systemd-run", f"--unit={name}", "--collect", "--service-type=notify"]
        argv += member_argv(self.shell.layout, self.path(name), port)
        started = self.shell.run(argv, check=False, timeout=SAVE_TIMEOUT)
        if started.exit_status != 0:
            raise ClaimError(f"no member runs from {snapshot.path}: {started.stderr}")
        return RestoredMember(name, self.live.at(f"https://127.0.0.1:{port}"))


def free_port() -> int:
    """An even one by chance: two scenarios on one machine meet once in four thousand times."""
    return random.randrange(FIRST_PORT, LAST_PORT, 2)  # noqa: S311 - no secret


def member_argv(layout: Layout, directory: str, port: int) -> list[str]:
    """A member that listens on loopback only, with the machine's own etcd files (article 6)."""
    client, peer = f"https://127.0.0.1:{port}", f"https://127.0.0.1:{port + 1}"
    argv = [layout.programs.etcd, "--name=restored", f"--data-dir={directory}"]
    argv += [f"--listen-client-urls={client}", f"--advertise-client-urls={client}"]
    argv += [f"--listen-peer-urls={peer}", "--client-cert-auth", "--peer-client-cert-auth"]
    files = layout.certificates
    for prefix in ("", "peer-"):
        argv += [
            f"--{prefix}trusted-ca-file={files.etcd_authority}",
            f"--{prefix}cert-file={files.etcd}",
            f"--{prefix}key-file={files.etcd_key}",
        ]
    return argv
