"""etcd as etcdctl on a controller sees it: members, their state, keys and values."""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.errors import CommandFailed, NotJudged
from infra.inventory import ClusterSpec
from infra.machine_layout import Layout
from infra.ssh import Result, Shell

NO_SPACE = "alarm:NOSPACE"
"""What a member says, after its id, when its database is over its quota (etcd api/etcdserverpb)."""
QUOTA = 2 * 1024**3
"""Bytes, when a member names none (etcd server/storage/quota.go, DefaultQuotaBytes)."""
COMMAND_TIMEOUT = "20s"
"""etcdctl's own is 5 s: a busy machine takes that long to fork it."""


@dataclass(frozen=True)
class Status:
    """One endpoint's ``endpoint status``; ``errors`` lists alarms and a lost leader.

    ``version`` is the program's, ``storage`` that of its data's format (3.6.0 in all of 3.6);
    ``size`` and ``quota`` are bytes of its database, ``downgrade`` is the version to which somebody
    has begun to go back.
    """

    endpoint: str
    member: int
    cluster: int
    leader: int
    revision: int
    term: int
    version: str
    storage: str = ""
    errors: tuple[str, ...] = ()
    size: int = 0
    quota: int = QUOTA
    downgrade: str = ""


@dataclass(frozen=True)
class Health:
    endpoint: str
    healthy: bool
    error: str = ""


@dataclass(frozen=True)
class Entry:
    """One key at one revision; ``value`` is stored bytes (protobuf, JSON or ciphertext).

    ``lease`` is the etcd lease that ends it, 0 for a key that stays.
    """

    key: str
    value: bytes = field(repr=False)
    mod_revision: int
    lease: int = 0


@dataclass(frozen=True)
class Etcdctl:
    """etcdctl on one machine against ``endpoints`` (article 63: all three of the cluster)."""

    shell: Shell
    endpoints: tuple[str, ...]

    def at(self, *endpoints: str) -> "Etcdctl":
        return Etcdctl(self.shell, endpoints)

    def run(self, *arguments: str, check: bool = True) -> Result:
        return self.shell.run([*argv(self.shell.layout, self.endpoints), *arguments], check=check)

    def read(self, *arguments: str, check: bool = True) -> Any:
        """Parsed output. Errors: CommandFailed also when the output is not JSON."""
        result = self.run(*arguments, "--write-out=json", check=check)
        try:
            return json.loads(result.stdout)
        except ValueError as error:
            raise CommandFailed(
                result.machine,
                result.argv,
                exit_status=result.exit_status,
                stdout=result.stdout,
                stderr=f"no JSON: {error}\n{result.stderr}",
            ) from error

    def alarms(self) -> tuple[str, ...]:
        return tuple(str(a) for a in self.read("alarm", "list").get("alarms") or ())

    def count(self, *, revision: int = 0) -> int:
        """Live keys, at a revision or now."""
        counting = ("--prefix", "--count-only", "--write-out=fields")
        result = self.run("get", "", *counting, *at_revision(revision))
        return parse_count(result.stdout)

    def delete(self, key: str) -> None:
        self.run("del", key)

    def entries(self, prefix: str, *, revision: int = 0) -> dict[str, Entry]:
        """Everything below a prefix by key, at a revision or now."""
        found = self.read("get", prefix, "--prefix", *at_revision(revision))
        return {entry.key: entry for entry in map(parse_entry, found.get("kvs") or ())}

    def keys(self, prefix: str) -> list[str]:
        """Names of everything below a prefix, without values."""
        printed = self.run("get", prefix, "--prefix", "--keys-only").stdout
        return [line for line in printed.splitlines() if line]

    def find(self, key: str, *, serializable: bool = False) -> Entry | None:
        """One key now; ``serializable`` asks the endpoint itself, not the quorum."""
        consistency = "s" if serializable else "l"
        found = self.read("get", key, f"--consistency={consistency}").get("kvs") or ()
        return next(map(parse_entry, found), None)

    def hashes(self, *, revision: int) -> dict[str, int]:
        """Hash of each endpoint's keys up to a revision."""
        found = self.read("endpoint", "hashkv", f"--rev={revision}")
        return {item["Endpoint"]: item["HashKV"]["hash"] for item in found}

    def health(self) -> tuple[Health, ...]:
        """One a listed endpoint; an unhealthy one makes etcdctl exit 1, which is no error here."""
        found = self.read("endpoint", "health", check=False)
        return tuple(Health(h["endpoint"], h["health"], h.get("error", "")) for h in found)

    def members(self) -> dict[int, str]:
        """Names of the cluster's members by id."""
        found = self.read("member", "list")["members"]
        return {member["ID"]: member.get("name", "") for member in found}

    def revision(self) -> int:
        """The store's revision, by a quorum read."""
        found = self.read("get", "revision-of-the-store", "--consistency=l")
        return int(found["header"]["revision"])

    def statuses(self) -> tuple[Status, ...]:
        """One an endpoint that answers, in the order of their addresses."""
        return parse_statuses(self.read("endpoint", "status", check=False))


def argv(layout: Layout, endpoints: Iterable[str]) -> list[str]:
    """The command, with the files of article 6."""
    return [
        layout.programs.etcdctl,
        f"--cacert={layout.certificates.etcd_authority}",
        f"--cert={layout.certificates.etcd}",
        f"--key={layout.certificates.etcd_key}",
        f"--command-timeout={COMMAND_TIMEOUT}",
        f"--endpoints={','.join(endpoints)}",
    ]


def endpoints_of(spec: ClusterSpec) -> tuple[str, ...]:
    """Client addresses of the three members, in the order of the controllers."""
    return tuple(f"https://{m.private_ip}:{spec.layout.ports.etcd}" for m in spec.controllers)


def at_revision(revision: int) -> tuple[str, ...]:
    return (f"--rev={revision}",) if revision else ()


def parse_statuses(found: Sequence[dict[str, Any]]) -> tuple[Status, ...]:
    """``endpoint status -w json``: numbers are unsigned 64 bit; ``leader`` is absent when none."""
    return tuple(
        Status(
            endpoint=item["Endpoint"],
            member=item["Status"]["header"]["member_id"],
            cluster=item["Status"]["header"]["cluster_id"],
            leader=item["Status"].get("leader", 0),
            revision=item["Status"]["header"]["revision"],
            term=item["Status"].get("raftTerm", 0),
            version=item["Status"].get("version", ""),
            storage=item["Status"].get("storageVersion", ""),
            errors=tuple(item["Status"].get("errors") or ()),
            size=item["Status"].get("dbSize", 0),
            quota=item["Status"].get("dbSizeQuota") or QUOTA,
            downgrade=downgrade_of(item["Status"].get("downgradeInfo") or {}),
        )
        for item in sorted(found or (), key=lambda item: str(item["Endpoint"]))
    )


def downgrade_of(told: dict[str, Any]) -> str:
    """The version that a downgrade in progress leads to (etcd 3.6: DowngradeInfo)."""
    return str(told.get("targetVersion", "a version")) if told.get("enabled") else ""


def parse_count(output: str) -> int:
    """Output of ``--write-out=fields``: lines like ``"Count" : 12``. Errors: NotJudged."""
    for line in output.splitlines():
        name, _, value = line.partition(":")
        if name.strip().strip('"') == "Count":
            return int(value)
    raise NotJudged(f"etcdctl told no count: {output[:200]!r}")


def parse_entry(item: dict[str, Any]) -> Entry:
    return Entry(
        key=base64.b64decode(item["key"]).decode(),
        value=base64.b64decode(item.get("value", "")),
        mod_revision=int(item["mod_revision"]),
        lease=int(item.get("lease", 0)),
    )
