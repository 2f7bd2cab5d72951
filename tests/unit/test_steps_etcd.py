"""Every Then about etcd, snapshots and restored members goes red, and says why."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from infra.clients import contents, members
from infra.clients.etcd import Entry, Etcdctl, Health, Status
from infra.clients.members import Members
from infra.clients.snapshots import FileFacts, RestoredMember, Snapshot, Workbench
from infra.clients.writer import Written
from infra.errors import LabError
from infra.ssh import Result
from tests.steps import etcd, restores, secrets, snapshots, writers
from tests.unit.elections_fake import MACHINES, cluster, unit
from tests.unit.fakes import FakeApi, FakeShell, no_time_passes

STATUSES = tuple(Status(f"https://10.0.1.1{n}", n, 7, 1, 40, 2, "3.6.8") for n in (1, 2, 3))
NAMES = {1: MACHINES[0], 2: MACHINES[1], 3: MACHINES[2]}
FOUND = Members(STATUSES, NAMES, (), {m: unit(m) for m in MACHINES})
LIVE = Etcdctl(FakeShell("controller-0"), ("https://10.0.1.11:2379",))
SNAPSHOT = Snapshot("/b/snapshot.db", "Server version 3.6.8", 30, 40)
KNOWN = snapshots.Known(SNAPSHOT, "ns", "known", "marker", "uid-1")
STATUS = {"hash": 1, "revision": 35, "totalKey": 9, "totalSize": 5, "version": "3.6.0"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)


def red(step: Callable[..., None], *given: Any, says: str) -> None:
    with pytest.raises(AssertionError) as caught:
        step(*given)
    assert says in str(caught.value)


def answer(status: int = 0, stdout: str = "", stderr: str = "") -> Result:
    return Result("controller-0", ("etcdutl",), status, stdout, stderr, 0.0)


class Bench(Workbench):
    """A bench whose findings are given by name; a function or a value."""

    def __init__(self, **findings: Any) -> None:
        super().__init__(LIVE)
        self.directory = "/b"
        for name, found in findings.items():
            setattr(self, name, found if callable(found) else lambda *_, found=found, **__: found)


class Ctl:
    """etcdctl whose findings are given by name."""

    def __init__(self, **findings: Any) -> None:
        self.shell = FakeShell("controller-0")
        for name, found in findings.items():
            setattr(self, name, lambda *_, found=found, **__: found)


def restored(**findings: Any) -> RestoredMember:
    return RestoredMember("restored-1", Ctl(**findings))  # type: ignore[arg-type]


class Evidence:
    def record(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    ("health", "found", "says"),
    [
        ((Health("a", healthy=True),), FOUND, "the health of 1 endpoints"),
        ((Health("a", healthy=False, error="no quorum"),) * 3, FOUND, "a: no quorum"),
        ((Health("a", healthy=True),) * 3, replace(FOUND, statuses=STATUSES[:1] * 3), "different"),
    ],
)
def test_members_that_are_not_three_healthy_ones(
    monkeypatch: pytest.MonkeyPatch, health: tuple[Health, ...], found: Members, says: str
) -> None:
    monkeypatch.setattr(members, "client", lambda *_: Ctl(health=health))
    red(etcd.three_are_healthy, cluster(), found, says=says)


def test_members_that_name_two_leaders() -> None:
    split = replace(FOUND, statuses=(*STATUSES[:2], replace(STATUSES[2], leader=3)))
    red(etcd.one_leader, split, says="do not agree on their leader")
    none = replace(FOUND, statuses=tuple(replace(s, leader=0) for s in STATUSES))
    red(etcd.one_leader, none, says="the leader is none of the members")
    etcd.one_leader(FOUND)


def test_another_version() -> None:
    red(etcd.runs_version, FOUND, "3.5", says="https://10.0.1.11 runs 3.6.8")
    etcd.runs_version(FOUND, "3.6")


LOST = etcd.Lost("controller-0", MACHINES[1:], dict.fromkeys(MACHINES[1:], 1.0))


def test_a_write_that_is_lost_with_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"controller-1": "/registry/x", "controller-2": "nothing"}
    monkeypatch.setattr(members, "write_and_read", lambda *_: seen)
    red(etcd.write_survives, cluster(), "ns", LOST, 15.0, says="not within 15 s")


def test_a_member_that_restarts_or_leaders_that_keep_changing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = replace(FOUND, units={**FOUND.units, "controller-2": unit("controller-2", pid=77)})
    monkeypatch.setattr(members, "look", lambda *_, **__: other)
    monkeypatch.setattr(members, "leader_changes", lambda *_: dict.fromkeys(MACHINES[1:], 3.0))
    red(etcd.others_run_on, cluster(), FOUND, LOST, says="process 10 is now 77")
    red(etcd.others_run_on, cluster(), other, LOST, says="more than one")


def test_a_member_that_returns_with_other_data(monkeypatch: pytest.MonkeyPatch) -> None:
    ctl = Ctl(revision=5, hashes={"a": 1, "b": 1, "c": 2})
    monkeypatch.setattr(members, "client", lambda *_: ctl)
    red(etcd.same_data, cluster(), 15.0, says="at revision 5 are equal: not within 15 s")


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (replace(FOUND, alarms=("NOSPACE",)), "alarms"),
        (replace(FOUND, statuses=tuple(replace(s, term=3) for s in STATUSES)), "term 2 became 3"),
        (replace(FOUND, statuses=tuple(replace(s, revision=9) for s in STATUSES)), "revision fell"),
        (replace(FOUND, names={**NAMES, 4: "restored"}), "members"),
        (replace(FOUND, units={m: unit(m, started_us=9) for m in MACHINES}), "is now 10"),
    ],
)
def test_running_members_that_noticed(
    monkeypatch: pytest.MonkeyPatch, now: Members, says: str
) -> None:
    monkeypatch.setattr(members, "look", lambda *_: now)
    red(etcd.untouched, cluster(), FOUND, says=says)


def test_a_delete_that_does_not_reach_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "holders", lambda *_: ["controller-2"])
    red(etcd.no_member_holds, cluster(), etcd.Stored("/p", "/k"), 5.0, says="controller-2")


@pytest.mark.parametrize(
    ("facts", "entries", "says"),
    [
        (FileFacts("644", "root", 1056), [], "mode and owner"),
        (FileFacts("600", "root", 0), [], "holds nothing"),
        (FileFacts("600", "root", 1024), [], "no checksum"),
        (FileFacts("600", "root", 1056), ["a.part"], "unfinished"),
    ],
)
def test_a_file_that_is_no_private_snapshot(
    facts: FileFacts, entries: list[str], says: str
) -> None:
    red(snapshots.private_file, Bench(facts=facts, entries=entries), SNAPSHOT, says=says)


def test_a_version_that_nobody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "client", lambda *_: Ctl(statuses=STATUSES))
    silent = replace(SNAPSHOT, said="Snapshot saved")
    red(snapshots.named_version, cluster(), silent, says="etcdctl said: Snapshot saved")


def test_a_snapshot_of_three_endpoints() -> None:
    red(snapshots.refuses_three, answer(0), says="took a snapshot of three")
    red(snapshots.refuses_three, answer(1, stderr="refused"), says="another reason: refused")
    red(snapshots.nothing_left, Bench(entries=["three.db"]), says="three.db")


def test_statuses_that_differ_or_say_nothing() -> None:
    red(snapshots.same_status, [STATUS, {**STATUS, "hash": 2}], "3.6", says="two looks")
    red(snapshots.same_status, [{**STATUS, "revision": 0}] * 2, "3.6", says="no revision")
    red(snapshots.same_status, [{**STATUS, "version": ""}] * 2, "3.6", says="version is ''")


def test_a_status_that_miscounts() -> None:
    bench = Bench()
    bench.live = Ctl(count=8)  # type: ignore[assignment]
    red(snapshots.counts_keys, bench, [STATUS], says="counts 9 keys, at revision 35 lived 8")


def test_a_file_that_its_reader_changed() -> None:
    seen = [{**STATUS, "sha256 before": "a"}]
    red(snapshots.bytes_unchanged, Bench(sha256="b"), SNAPSHOT, seen, says="changed /b/snapshot.db")


def test_a_status_where_none_should_be() -> None:
    both = Bench(ask_status=answer(0, '{"hash": 1}'), ask_etcdctl_status=answer(0, '{"hash": 1}'))
    red(snapshots.no_status_of_half, both, SNAPSHOT, "/b/half", says="half a file has a status")
    red(snapshots.no_status_by_etcdctl, both, SNAPSHOT, says="still answers")
    none = Bench(ask_status=answer(1, stderr="bad"))
    red(snapshots.no_status_of_half, none, SNAPSHOT, "/b/half", says="the whole snapshot has no")


def test_a_damaged_file_that_passes() -> None:
    red(snapshots.damaged_is_refused, Bench(restore=answer(0)), "/b/d", says="without a word")
    other = Bench(restore=answer(1, stderr="no space"))
    red(snapshots.damaged_is_refused, other, "/b/d", says="another reason: no space")
    left = Bench(restore=answer(1, stderr="expected sha256"), entries=["0.wal"])
    red(snapshots.damaged_is_refused, left, "/b/d", says="could start: ['0.wal']")
    refused = Bench(restore=answer(1, stderr="bad"))
    red(snapshots.untouched_restores, refused, KNOWN, says="refused too: bad")


def test_a_revision_outside() -> None:
    late = Bench(status={**STATUS, "revision": 41})
    red(writers.revision_between, late, SNAPSHOT, says="revision 41 is not between 30 and 40")


WRITER: Any = SimpleNamespace(
    namespace="ns", written=(Written("a", 34), Written("b", 36)), failures=[]
)


def test_a_snapshot_that_is_no_point_in_time() -> None:
    bench = Bench(status=STATUS)
    few = (bench, SNAPSHOT, WRITER, Evidence(), 10)
    red(writers.enough_each_side, *few, says="too few writes")
    torn = restored(entries={"/registry/configmaps/ns/b": Entry("b", b"", 36)})
    red(writers.point_in_time, bench, SNAPSHOT, WRITER, torn, says="a of revision 34 is missing")
    red(writers.point_in_time, bench, SNAPSHOT, WRITER, torn, says="b of later revision 36")


def test_a_write_that_failed() -> None:
    failing: Any = SimpleNamespace(failures=["numbered-3: 500"])
    red(writers.no_write_failed, failing, says="numbered-3: 500")


FRESH = restores.Fresh("fresh", ["member"], "12")


def test_a_directory_that_is_written_over() -> None:
    red(restores.holds_member, Bench(entries=["snap"]), FRESH, says="holds ['snap']")
    red(restores.refused_again, Bench(restore=answer(0)), SNAPSHOT, FRESH, says="wrote over")
    other = Bench(restore=answer(1, stderr="no such file"))
    red(restores.refused_again, other, SNAPSHOT, FRESH, says="another reason")
    touched = Bench(entries=["member"], inode="13")
    red(restores.live_files_untouched, touched, FRESH, says="live_inode='13'")


def test_a_restored_member_that_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    live = Ctl(statuses=STATUSES, members={**NAMES, 4: "restored"})
    monkeypatch.setattr(members, "client", lambda *_: live)
    sick = restored(
        statuses=STATUSES[:1], members={1: "x"}, health=(Health("own", healthy=False, error="x"),)
    )
    for says in ("own is not healthy", "its cluster is [7]", "it has a member of", "has 4 members"):
        red(restores.own_cluster, cluster(), sick, says=says)


def test_keys_that_differ() -> None:
    bench = Bench(status=STATUS)
    bench.live = Ctl(entries={"/a": Entry("/a", b"one", 1)})  # type: ignore[assignment]
    for other, says in (
        ({}, "/a is not in the restored member"),
        ({"/a": Entry("/a", b"two!", 1)}, "3 bytes of revision 1 became 4 bytes"),
        ({"/a": Entry("/a", b"one", 1), "/b": Entry("/b", b"", 1)}, "/b is only in"),
    ):
        given = (bench, SNAPSHOT, restored(entries=other), Evidence())
        red(restores.same_bytes, *given, says=says)
    bench.live = Ctl(entries={})  # type: ignore[assignment]
    with pytest.raises(LabError, match="tells nothing of revision 35"):
        restores.same_bytes(bench, SNAPSHOT, restored(entries={}), Evidence())  # type: ignore[arg-type]


def test_nodes_of_another_identity() -> None:
    api = FakeApi({"/api/v1/nodes": {"items": [{"metadata": {"name": "w", "uid": "u-1"}}]}})
    other = restored(entries={f"{contents.NODES}w": Entry("", b"u-2", 1)})
    red(restores.same_nodes, cluster(api=api), other, says="Node w with UID u-1")


def test_a_backup_that_forgot_or_knows_too_much() -> None:
    red(restores.has_deleted, restored(find=None), KNOWN, says="is not in the backup")
    other = restored(find=Entry("k", b"uid-2", 1))
    red(restores.has_deleted, other, KNOWN, says="another UID than uid-1")
    red(restores.lacks_later, other, KNOWN, "later", says="made after the snapshot")
    path = "/api/v1/namespaces/ns/configmaps"
    back = FakeApi({f"{path}/known": {}, f"{path}/later": {}})
    red(restores.api_has_later, cluster(api=back), KNOWN, "later", says="known is back")
    red(restores.api_has_later, cluster(api=FakeApi({})), KNOWN, "later", says="later is gone")


def test_a_secret_that_leaks() -> None:
    pair = secrets.Pair("secret-1", "open-1", "/registry/secrets/ns/s")
    bench = Bench(places=lambda text, _: [7] if text == "open-1" else [99])
    bench.live = Ctl(find=Entry("s", b"k8s\x00", 1))  # type: ignore[assignment]
    red(secrets.stored_encrypted, bench, pair, says="stored without encryption")
    red(secrets.file_shows, bench, SNAPSHOT, pair, says="stands in the file at byte [99]")
    nothing = Bench(places=[])
    red(secrets.file_shows, nothing, SNAPSHOT, pair, says="nothing is proven (control)")


class Files(FakeShell):
    """A machine on which nothing can be removed."""

    def run(self, argv: Sequence[str], **how: Any) -> Result:
        self.ran.append(tuple(argv))
        return Result(self.name, tuple(argv), 0, "MainPID=0\n", "", 0.0)


def test_a_bench_that_cannot_be_cleared_says_so() -> None:
    bench = Workbench(Etcdctl(Files("controller-0"), ()))
    bench.directory = "/b"
    with pytest.raises(LabError, match="left behind on controller-0: /b"):
        bench.close()
