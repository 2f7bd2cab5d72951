"""Snapshots: every Then-step goes red, as one understands."""

from dataclasses import replace
from typing import Any, cast

import pytest

from infra.ec2.volumes import Snapshot
from infra.errors import Changed, WaitTimeout
from suite.storage import group_snapshots, volume_writer
from suite.storage.volume_writer import Line
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import NOW, Time
from tests.steps.storage import volume_snapshots as steps
from tests.steps.storage.volume_snapshots import Source
from tests.unit.fakes import evidence, goes_red, not_judged, pod
from tests.unit.storage_fake import CLAIM, LEFT, LINES, VOLUME, storage_of, volume

SNAPSHOT = "/apis/snapshot.storage.k8s.io/v1/namespaces/ns/volumesnapshots/snapshot"
GROUP = "/apis/groupsnapshot.storage.k8s.io/v1/namespaces/ns/volumegroupsnapshots/group"
COPY = Snapshot("snap-1", "vol-1", "completed", 8)
SOURCE = Source("sum-1", LINES[:2], LINES)
RESTORED = CLAIM.replace("/claim", "/restored").replace("persistentvolumeclaims", "pods")
POD = cast("RunningPod", type("Writer", (), {"name": "writer", "restarts": lambda _: []})())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume_writer, "sum_of_fixed", lambda _: "sum-1")


def test_a_snapshot_that_is_not_ready_or_not_on_ec2() -> None:
    ebs, api, ec2 = storage_of({SNAPSHOT: {"status": {"readyToUse": False}}})
    with pytest.raises(WaitTimeout, match="the snapshot is ready to use"):
        steps.ready(ebs, evidence(), 60)
    api.table[SNAPSHOT]["status"]["readyToUse"] = True
    goes_red("one snapshot of the volume, completed; it has", steps.ready, ebs, evidence(), 60)
    ec2.copies = [replace(COPY, state="pending")]
    goes_red("state='pending'", steps.ready, ebs, evidence(), 60)
    ec2.copies = [COPY]
    steps.ready(ebs, evidence(), 60)


def test_restored_bytes_that_are_others_or_on_the_same_volume(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    restored = CLAIM.replace("/claim", "/restored")
    ebs, api, ec2 = storage_of()
    api.table[restored] = {"spec": {"volumeName": "pv-2"}, "status": {}}
    api.table["/api/v1/persistentvolumes/pv-2"] = volume(csi={"volumeHandle": "vol-2"})
    ec2.copies = [COPY]
    ec2.known["vol-2"] = replace(VOLUME, id="vol-2", snapshot="snap-1")
    steps.restored_bytes(ebs, evidence(), POD, SOURCE)
    ec2.known["vol-2"] = replace(VOLUME, id="vol-2", snapshot="")
    goes_red(
        "should be another one than vol-1, of snap-1",
        steps.restored_bytes,
        ebs,
        evidence(),
        POD,
        SOURCE,
    )
    monkeypatch.setattr(volume_writer, "sum_of_fixed", lambda _: "sum-2")
    goes_red(
        "should have the sum sum-1; it is sum-2", steps.restored_bytes, ebs, evidence(), POD, SOURCE
    )


def test_a_copy_of_another_volume_or_none() -> None:
    ebs, api, ec2 = storage_of()
    api.table[CLAIM.replace("/claim", "/restored")] = {"spec": {"volumeName": "pv-2"}}
    api.table["/api/v1/persistentvolumes/pv-2"] = volume(csi={"volumeHandle": "vol-2"})
    ec2.known["vol-2"] = replace(VOLUME, id="vol-2", source="vol-1")
    steps.copied(ebs)
    ec2.known["vol-2"] = replace(VOLUME, id="vol-2")
    goes_red("vol-2 should be a copy of vol-1; it is of ''", steps.copied, ebs)


def test_a_source_that_was_changed_or_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_red("should have the sum sum-9", steps.source_bytes, POD, "sum-9")
    steps.source_bytes(POD, "sum-1")
    written = iter([LINES, LINES])
    monkeypatch.setattr(volume_writer, "numbers", lambda _: next(written, LINES))
    with pytest.raises(WaitTimeout, match="writer adds numbers to the 3"):
        steps.undisturbed(POD)
    more = [*LINES, *(Line(n, 10.0 + n) for n in (4, 5, 6))]
    written = iter([LINES, more])
    monkeypatch.setattr(volume_writer, "numbers", lambda _: next(written))
    steps.undisturbed(POD)
    monkeypatch.setattr(volume_writer, "numbers", lambda _: [Line(2, 1.0)])
    goes_red("line 1 holds 2", steps.undisturbed, POD)


def test_restored_numbers_that_are_no_moment_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.worlds.workloads.pods.Workloads.running", lambda *_: POD)
    ebs, _, _ = storage_of()
    more = [*LINES, Line(4, 10.6)]
    for lines, words in (
        ([Line(1, 10.0), Line(3, 10.4)], "line 2 holds 3"),
        (LINES[:1], "2 of 10.2 s was on the disk before; there is nothing"),
        ([LINES[0], Line(2, 99.0)], "there is 2 of 99.0 s"),
        (more, "4 numbers are there; 3 were written by then"),
    ):
        monkeypatch.setattr(volume_writer, "numbers", lambda _, found=lines: found)
        goes_red(words, steps.one_moment, ebs, evidence(), SOURCE)
    for good in (LINES[:2], LINES, [*LINES[:2], Line(3, 1.0)]):
        monkeypatch.setattr(volume_writer, "numbers", lambda _, found=good: found)
        steps.one_moment(ebs, evidence(), SOURCE)
    filled = [*LINES[:2], Line(3, 99.0), Line(4, 99.2)]
    monkeypatch.setattr(volume_writer, "numbers", lambda _: filled)
    late = Source("", LINES[:2], [*more, Line(5, 10.8)])
    goes_red(
        "3 of 99.0 s was never written, 3 of 10.4 s was", steps.one_moment, ebs, evidence(), late
    )


def test_a_moment_is_looked_for_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the snapshot is asked for, and once it has begun, which is a part of the claim."""
    ebs, api, _ = storage_of({SNAPSHOT: {"status": {}}, f"POST {SNAPSHOT[:-9]}": {}})
    api.table["POST /apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses"] = {}
    monkeypatch.setattr(volume_writer, "numbers", lambda _: LINES)
    not_judged("writer adds numbers to the 10", steps.take_snapshot, ebs, POD)
    many = [Line(n, 10.0 + n / 5) for n in range(1, 14)]
    monkeypatch.setattr(volume_writer, "numbers", lambda _: many)
    goes_red("the snapshot snapshot has begun: not within 60 s", steps.take_snapshot, ebs, POD)
    api.table[SNAPSHOT]["status"]["creationTime"] = "t"
    looks = iter([many, many, [*many, Line(14, 13.0)]])
    monkeypatch.setattr(volume_writer, "numbers", lambda _: next(looks))
    taken = steps.take_snapshot(ebs, POD)
    assert (taken.before, len(taken.after)) == (many[:-1], 14), "the last may be on its way"


def test_who_reads_a_copy_cannot_write_there() -> None:
    """A writer would fill up the very file by which the copy is judged."""
    ebs, api, _ = storage_of({f"POST {RESTORED[:-9]}": pod(metadata__name="restored")})
    api.table[RESTORED] = pod(status__conditions=[])
    goes_red("Pod ns/restored runs: not within", ebs.read, "restored")
    (spec,) = [body["spec"] for method, _, body in api.asked if method == "POST"]
    assert spec["containers"][0]["volumeMounts"] == [
        {"name": "data", "mountPath": "/data", "readOnly": True}
    ]
    assert spec["containers"][0]["command"][0] == "sleep"


def test_a_snapshot_that_goes_with_its_source_or_stays_behind_its_object() -> None:
    ebs, _, ec2 = storage_of()
    stays, gone = steps.STATES
    with pytest.raises(WaitTimeout, match="EC2 has no vol-1 and its snapshot completed"):
        steps.of_the_source(ebs, LEFT, 60, stays)
    ec2.known.clear()
    with pytest.raises(WaitTimeout, match="its snapshot completed"):
        steps.of_the_source(ebs, LEFT, 60, stays)
    ec2.copies = [COPY]
    steps.of_the_source(ebs, LEFT, 60, stays)
    with pytest.raises(WaitTimeout, match="EC2 has no vol-1 and its snapshot neither"):
        steps.of_the_source(ebs, LEFT, 60, gone)
    ec2.copies = []
    steps.of_the_source(ebs, LEFT, 60, gone)


def test_bytes_that_are_written_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume_writer, "write_fixed", lambda *_: "sum-2")
    assert steps.write_bytes(POD, 4) == "sum-2"
    monkeypatch.setattr(volume_writer, "write_fixed", lambda *_: "sum-1")
    not_judged("written again as they were", steps.write_bytes, POD, 4)


def test_a_group_that_is_silent_or_becomes_ready() -> None:
    told = "rpc error: code = Unimplemented desc = unknown service csi.v1.GroupController"
    for message in ("", "rpc error: code = Unavailable"):
        ebs, _, _ = storage_of({GROUP: {"status": {"error": {"message": message}}}})
        with pytest.raises(WaitTimeout, match="the driver has no service for groups"):
            steps.group_error(ebs, evidence(), 60)
    ebs, api, ec2 = storage_of({GROUP: {"status": {"error": {"message": told}}}})
    steps.group_error(ebs, evidence(), 60)
    ec2.copies = [COPY]
    steps.group_never(ebs, 10)
    ec2.copies = [COPY, replace(COPY, id="snap-2")]
    with pytest.raises(Changed, match="has made no snapshot"):
        steps.group_never(ebs, 10)
    ec2.copies = [COPY]
    api.table[GROUP]["status"]["readyToUse"] = True
    with pytest.raises(Changed, match="the group is not ready"):
        steps.group_never(ebs, 10)


def test_a_driver_that_can_make_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    ebs, _, _ = storage_of()
    known = ["plugin CONTROLLER_SERVICE", "controller CREATE_DELETE_SNAPSHOT", steps.NONE]

    def says(*lines: str) -> None:
        monkeypatch.setattr(ebs.driver, "abilities", lambda _: list(lines), raising=False)

    says(*known)
    steps.no_ability(ebs, evidence(), b"")
    says(*known, "plugin GROUP_CONTROLLER_SERVICE")
    goes_red("should have no ability for groups", steps.no_ability, ebs, evidence(), b"")
    says(*known[:2], "groups OK")
    goes_red("groups OK", steps.no_ability, ebs, evidence(), b"")
    says(steps.NONE)
    not_judged("does not tell what it can do", steps.no_ability, ebs, evidence(), b"")


ONE, TWO = "groupsnapshot.storage.k8s.io", "snapshot.storage.k8s.io"
SOON = Time("within", 30)


def discovery(*groups: str, defined: tuple[str, ...] = (ONE, TWO)) -> dict[str, Any]:
    crds = [{"spec": {"group": g, "names": {"plural": f"{g}-things"}}} for g in defined]
    table: dict[str, Any] = {group_snapshots.CRDS: {"items": crds}}
    for group in groups:
        things = [{"name": f"{group}-things"}, {"name": f"{group}-things/status"}]
        table[f"/apis/{group}"] = {"versions": [{"groupVersion": f"{group}/v1"}]}
        table[f"/apis/{group}/v1"] = {"resources": things}
    return table


def test_an_api_that_is_not_by_custom_resources() -> None:
    ebs, _, _ = storage_of(discovery(ONE, TWO))
    steps.custom_alone(ebs, ONE, TWO)
    ebs, _, _ = storage_of(discovery(ONE, TWO, defined=(TWO,)))
    goes_red(f"controller-0 has .* of {ONE}; defined are", steps.custom_alone, ebs, ONE, TWO)
    ebs, _, _ = storage_of(discovery(TWO))
    goes_red(f"controller-0 has .. of {ONE}", steps.custom_alone, ebs, ONE, TWO)


def test_an_api_that_stays_or_does_not_come_back() -> None:
    def served(*groups: str) -> Any:
        return storage_of(discovery(*groups))[0]

    steps.discovered(served(TWO), SOON, "no", ONE)
    between = served(ONE, TWO)
    del between.storage.api.table[f"/apis/{ONE}/v1"]
    steps.discovered(between, SOON, "no", ONE)
    with pytest.raises(WaitTimeout, match=f"no API server has {ONE}"):
        steps.discovered(served(ONE, TWO), SOON, "no", ONE)
    goes_red(
        f"every API server has {TWO}; it is .*controller-0",
        steps.discovered,
        served(),
        NOW,
        "every",
        TWO,
    )
    steps.discovered(served(ONE), SOON, "every", ONE)
    with pytest.raises(WaitTimeout, match=f"every API server has {ONE}"):
        steps.discovered(served(TWO), SOON, "every", ONE)
