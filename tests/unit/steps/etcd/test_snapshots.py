"""Every Then about snapshot files and their status goes red, and says why."""

from dataclasses import replace

import pytest

from infra.clients.etcd import members
from suite.etcd.snapshots import FileFacts
from tests.steps.etcd import snapshots
from tests.unit.elections_fake import cluster
from tests.unit.etcd_fake import KNOWN, SNAPSHOT, STATUS, STATUSES, Bench, Ctl, answer
from tests.unit.fakes import not_judged, red


@pytest.mark.parametrize(
    ("facts", "entries", "says"),
    [
        (FileFacts("644", "root", 1056), [], "the file's mode and owner"),
        (FileFacts("600", "root", 0), [], "the file holds nothing"),
        (FileFacts("600", "root", 1024), [], "no checksum"),
        (FileFacts("600", "root", 1056), ["a.part"], "the unfinished"),
    ],
)
def test_a_file_that_is_no_private_snapshot(
    facts: FileFacts, entries: list[str], says: str
) -> None:
    benches = [
        Bench(facts=FileFacts("600", "root", 1056), entries=[]),
        Bench(facts=facts, entries=entries),
    ]
    red(snapshots.private_files, benches, [SNAPSHOT] * 2, says=f"controller-0: {says}")


def test_a_version_that_nobody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = [replace(one, storage="3.6.0") for one in STATUSES]
    monkeypatch.setattr(members, "client", lambda *_: Ctl(statuses=statuses))
    silent = replace(SNAPSHOT, said="Snapshot saved")
    both = [replace(SNAPSHOT, said="Server version 3.6.0"), silent]
    red(snapshots.named_version, cluster(), both, says="Snapshot saved")


def test_a_snapshot_of_three_endpoints() -> None:
    asked = ("etcdctl refuses the snapshot", "requested to one selected node")
    red(snapshots.refuses, answer(0), *asked, says="took a snapshot of three")
    red(snapshots.refuses, answer(1, stderr="refused"), *asked, says="another reason: refused")
    red(snapshots.nothing_left, Bench(entries=["three.db"]), says="three.db")


def test_statuses_that_differ_or_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = [replace(one, storage="3.6.0") for one in STATUSES]
    monkeypatch.setattr(members, "client", lambda *_: Ctl(statuses=statuses))
    live = cluster()
    red(snapshots.same_status, [STATUS, {**STATUS, "hash": 2}], says="two looks")
    red(snapshots.same_status, [{**STATUS, "revision": 0}] * 2, says="no revision")
    snapshots.same_status([STATUS] * 2)
    old = [{**STATUS, "version": "3.5.0"}] * 2
    red(snapshots.has_version, old, live, says="version is '3.5.0', the members' is '3.6.0'")
    snapshots.has_version([{**STATUS, "version": "3.6.0"}] * 2, live)


def test_a_status_that_miscounts() -> None:
    bench = Bench()
    bench.live = Ctl(count=8)  # type: ignore[assignment]
    red(snapshots.counts_keys, bench, [STATUS], says="counts 9 keys, at revision 35 lived 8")


def test_a_file_that_its_reader_changed() -> None:
    seen = [{**STATUS, "sha256 before": "a"}]
    red(snapshots.bytes_unchanged, Bench(sha256="b"), SNAPSHOT, seen, says="changed /b/snapshot.db")


def test_a_status_where_none_should_be() -> None:
    both = Bench(ask_status=answer(0, '{"hash": 1}'), ask_etcdctl_status=answer(0, '{"hash": 1}'))
    files, step = (SNAPSHOT, "/b/half"), snapshots.has_status
    says = "etcdutl should report no status of the truncated copy"
    red(step, both, *files, "etcdutl", "no", "truncated copy", says=says)
    says = "etcdctl should report no status of the snapshot"
    red(step, both, *files, "etcdctl", "no", "snapshot", says=says)
    step(both, *files, "etcdutl", "a", "snapshot")
    none = Bench(ask_status=answer(1, stderr="bad"), ask_etcdctl_status=answer(0, "deprecated"))
    red(step, none, *files, "etcdutl", "a", "snapshot", says="a status of the snapshot: bad")
    step(none, *files, "etcdctl", "no", "snapshot")


def test_a_snapshot_without_the_known_value() -> None:
    not_judged("there is nothing to damage", snapshots.change_one_byte, Bench(places=[]), KNOWN)
