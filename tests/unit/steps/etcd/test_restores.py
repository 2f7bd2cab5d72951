"""Every Then about restored snapshots goes red, and says why."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from infra.clients.etcd import members
from infra.clients.etcd.etcdctl import Entry, Etcdctl, Health
from infra.errors import NotJudged, WaitTimeout
from infra.ssh import Result
from suite.etcd import keyspace_diff
from suite.etcd.configmap_writer import Written
from suite.etcd.snapshots import Workbench
from tests.steps.etcd import members as etcd
from tests.steps.etcd import restores, snapshot_under_load, snapshots, stored_secrets
from tests.unit.elections_fake import cluster
from tests.unit.etcd_fake import (
    KNOWN,
    NAMES,
    SNAPSHOT,
    STATUS,
    STATUSES,
    Bench,
    Ctl,
    Evidence,
    answer,
    restored,
)
from tests.unit.fakes import FakeApi, FakeShell, not_judged, red


def test_a_revision_outside() -> None:
    late = Bench(status={**STATUS, "revision": 41})
    red(
        snapshot_under_load.revision_between,
        late,
        SNAPSHOT,
        says="revision 41 is not between 30 and 40",
    )


WRITER: Any = SimpleNamespace(
    namespace="ns", written=(Written("a", 34), Written("b", 36)), failures=[]
)


SIDES = (("early", 34), ("late", 36))


def test_a_snapshot_that_is_no_point_in_time() -> None:
    torn = restored(entries={"/registry/configmaps/ns/late-9": Entry("late-9", b"", 36)})
    given: Any = (Bench(status=STATUS), SNAPSHOT, WRITER, torn, Evidence())
    not_judged("too few writes", snapshot_under_load.point_in_time, *given)
    early, late = ([Written(f"{w}-{n}", at) for n in range(10)] for w, at in SIDES)
    both: Any = SimpleNamespace(namespace="ns", written=(*early, *late), failures=[])
    given = (Bench(status=STATUS), SNAPSHOT, both, torn, Evidence())
    for says in ("early-0 of revision 34 is missing", "late-9 of later revision 36"):
        red(snapshot_under_load.point_in_time, *given, says=says)


def test_a_write_that_failed() -> None:
    failing: Any = SimpleNamespace(failures=["numbered-3: 500"])
    red(snapshot_under_load.no_write_failed, failing, says="numbered-3: 500")


def into(*names: str) -> restores.Directories:
    return restores.Directories((["member"], "12"), list(names))


def test_a_restore_to_a_fresh_directory_and_to_the_same() -> None:
    asked: list[str] = []

    def restore(_: str, name: str) -> Any:
        asked.append(name)
        return answer(0)

    directories, bench = into(), Bench(restore=restore)
    for where in (restores.FRESH, restores.FRESH, "the same directory again"):
        restores.restore(bench, SNAPSHOT, directories, where)
    assert asked == ["fresh-0", "fresh-1", "fresh-1"]


def test_a_directory_that_is_written_over() -> None:
    partly, refused = Bench(entries=["snap"]), ("etcdutl refuses the restore", "not empty")
    red(restores.has_member, partly, into("x"), answer(0), "a", says="holds ['snap']")
    red(restores.has_member, partly, into("x"), answer(1, stderr="no space"), "a", says="no space")
    red(snapshots.refuses, answer(0), *refused, says="the restore was not refused")
    red(snapshots.refuses, answer(1, stderr="absent"), *refused, says="another reason: absent")
    touched = Bench(entries=["member"], inode="13")
    red(restores.live_files_untouched, touched, into("x"), says="(['member'], '13'); it had")


def test_a_failed_restore_that_leaves_a_member() -> None:
    left, failed = Bench(entries=["0.wal"]), answer(1, stderr="expected sha256")
    red(restores.has_member, left, into("x"), failed, "no", says="could start: ['0.wal']")
    restores.has_member(Bench(entries=[]), into("x"), failed, "no")


def test_a_restored_member_that_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    live = Ctl(statuses=STATUSES, members={**NAMES, 4: "restored"})
    monkeypatch.setattr(members, "client", lambda *_: live)
    sick = restored(
        statuses=STATUSES[:1], members={1: "x"}, health=(Health("own", healthy=False, error="x"),)
    )
    for says in ("own is not healthy", "its cluster is [7]", "it has a member of", "has 4 members"):
        red(restores.member_does, cluster(), sick, "is a healthy cluster of its own", says=says)


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
    leased = {"/a": Entry("/a", b"one", 1), "/m": Entry("/m", b"", 1, lease=7)}
    bench.live = Ctl(entries=leased)  # type: ignore[assignment]
    still = restored(entries={"/a": Entry("/a", b"one", 1)})
    restores.same_bytes(bench, SNAPSHOT, still, Evidence())  # type: ignore[arg-type]
    bench.live = Ctl(entries={})  # type: ignore[assignment]
    with pytest.raises(NotJudged, match="tells nothing of revision 35"):
        restores.same_bytes(bench, SNAPSHOT, restored(entries={}), Evidence())  # type: ignore[arg-type]


def test_nodes_of_another_identity() -> None:
    api = FakeApi({"/api/v1/nodes": {"items": [{"metadata": {"name": "w", "uid": "u-1"}}]}})
    other = restored(entries={f"{keyspace_diff.NODES}w": Entry("", b"u-2", 1)})
    uids = "has Nodes with the UIDs that the API returns"
    red(restores.member_does, cluster(api=api), other, uids, says="Node w with UID u-1")


def test_a_backup_that_forgot_or_knows_too_much() -> None:
    step = restores.restored_has_deleted
    red(step, restored(find=None), KNOWN, "later", says="is not in the backup")
    other, both = (restored(find=Entry("k", uid, 1)) for uid in (b"uid-2", b"uid-1"))
    red(step, other, KNOWN, "later", says="another UID than uid-1")
    red(step, both, KNOWN, "later", says="made after the snapshot")
    path = "/api/v1/namespaces/ns/configmaps"
    back = FakeApi({f"{path}/known": {}, f"{path}/later": {}})
    red(restores.api_has_later, cluster(api=back), KNOWN, "later", says="known is back")
    red(restores.api_has_later, cluster(api=FakeApi({})), KNOWN, "later", says="later is gone")


def test_a_secret_that_leaks() -> None:
    pair = stored_secrets.Pair("secret-1", "open-1")
    bench = Bench(places=lambda text, _: [7] if text == "open-1" else [99])
    red(stored_secrets.file_shows, bench, SNAPSHOT, pair, says="stands in the file at byte [99]")
    nothing = Bench(places=[])
    not_judged("nothing is proven", stored_secrets.file_shows, nothing, SNAPSHOT, pair)


class Files(FakeShell):
    """A machine on which nothing can be removed."""

    def run(self, argv: Sequence[str], **how: Any) -> Result:
        self.ran.append(tuple(argv))
        return Result(self.name, tuple(argv), 0, "MainPID=0\n", "", 0.0)


def test_a_bench_that_cannot_be_cleared_says_so() -> None:
    bench = Workbench(Etcdctl(Files("controller-0"), ()))
    bench.directory = "/b"
    with pytest.raises(NotJudged, match="left behind on controller-0: /b"):
        bench.close()


def test_a_snapshot_that_cannot_be_taken_or_restored() -> None:
    bench = Bench(ask_to_save=answer(1, stderr="no leader"))
    bench.live = Ctl(revision=5)  # type: ignore[assignment]
    bench.live.endpoints = ("https://10.0.1.11:2379",)  # type: ignore[misc]
    red(bench.save, says="no snapshot of")
    refusing = Bench(restore=answer(1, stderr="expected sha256"))
    red(restores.restore_beside, SNAPSHOT, refusing, says="cannot be restored: expected sha256")
    stillborn = Bench(restore=answer(0))
    stillborn.shell = FakeShell("controller-0")
    red(restores.restore_beside, SNAPSHOT, stillborn, says="no member runs from /b/snapshot.db")


def test_a_member_that_does_not_return(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck:
        def start(self, machine: str, unit: str) -> None:
            raise WaitTimeout(f"{unit} on {machine} is active: not within 60 s")

    faults: Any = Stuck()
    lost = etcd.Lost("controller-0", (), {})
    red(etcd.member_starts, cluster(), lost, faults, says="etcd on controller-0")


def test_writes_that_end_with_a_snapshot() -> None:
    failing: Any = SimpleNamespace(written=[1] * 10, failures=["refused"] * 11, close=lambda: None)
    bench = Bench(save=SNAPSHOT)
    red(
        snapshot_under_load.snapshot_under_load,
        bench,
        failing,
        says="ConfigMaps written, 20 wanted",
    )
