"""Snapshots of volumes: what EC2 has of them and what a claim made of one finds."""

from dataclasses import dataclass

from pytest_bdd import step, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.storage.ebs_volumes import CLAIM, Ebs, Left
from infra.errors import ClaimError, claimed, require
from infra.timing import scaled
from infra.wait import consistently, eventually
from suite.expect import must_be_none
from suite.storage import group_snapshots, volume_writer
from suite.storage.volume_writer import Line
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import Time, one_of, phrase

SNAPSHOT, RESTORED, GROUP = "snapshot", "restored", "group"
KNOWN = ("plugin CONTROLLER_SERVICE", "controller CREATE_DELETE_SNAPSHOT")
NONE = "groups Unimplemented"
"""How a driver without such a service answers; gRPC, status codes."""
STATES = {
    "the snapshot and not the source volume": ["completed"],
    "neither the snapshot nor the source volume": [],
}
"""Of snapshots of a volume that is deleted."""


@dataclass(frozen=True)
class Source:
    """A source around its copy: the sum of its fixed file, if any, and the numbers that it had
    before the copy was asked for, and once its moment had passed.
    """

    sum: str
    before: list[Line]
    after: list[Line]


@step(
    phrase("{mib:Count} MiB of random bytes are written to the source volume"),
    target_fixture="written",
)
def write_bytes(writer: RunningPod, mib: int) -> str:
    """Their SHA-256."""
    before = volume_writer.sum_of_fixed(writer)
    found = volume_writer.write_fixed(writer, mib)
    require(found != before, "the bytes were written again as they were")
    return found


@when("a VolumeSnapshot of the PVC is created", target_fixture="source")
def take_snapshot(ebs: Ebs, writer: RunningPod) -> Source:
    found = volume_writer.sum_of_fixed(writer)
    before = volume_writer.on_disk(writer)
    ebs.storage.take_snapshot(SNAPSHOT, CLAIM)
    with claimed():
        ebs.storage.await_begun(SNAPSHOT)
    return Source(found, before, volume_writer.numbers(writer))


@when(
    "a Pod mounts a PVC created from the VolumeSnapshot",
    target_fixture="reader",
)
def restore(ebs: Ebs) -> RunningPod:
    ebs.storage.claim(RESTORED, source=ebs.storage.source_of(SNAPSHOT))
    return ebs.read(RESTORED)


@when(
    "a Pod mounts a PVC created from the writer's PVC",
    target_fixture="source",
)
def copy_claim(ebs: Ebs, writer: RunningPod) -> Source:
    """The volume is made for the Pod, so that its moment has passed once that runs."""
    before = volume_writer.on_disk(writer)
    ebs.storage.claim(RESTORED, source={"kind": "PersistentVolumeClaim", "name": CLAIM})
    ebs.read(RESTORED)
    return Source("", before, volume_writer.numbers(writer))


@when("a VolumeGroupSnapshot of the PVC is created")
def take_group(ebs: Ebs) -> None:
    group_snapshots.take(ebs.storage, GROUP, CLAIM)


@when("the VolumeSnapshot is deleted")
def delete_snapshot(ebs: Ebs) -> None:
    ebs.storage.delete_snapshot(SNAPSHOT)


@when(
    phrase(
        'the definitions of "{group:Name}" are {change:Change}',
        Change=one_of(["created again", "deleted"]),
    )
)
def change_definitions(ebs: Ebs, group: str, change: str) -> None:
    if change == "deleted":
        ebs.driver.remove_definitions(group)
    else:
        ebs.driver.make_definitions(group)


@then(phrase("within {limit:Duration} the VolumeSnapshot is ready to use and completed in EC2"))
def ready(ebs: Ebs, evidence: Evidence, limit: float) -> None:
    def is_ready() -> bool:
        return ebs.storage.is_ready_to_use(SNAPSHOT)

    eventually(is_ready, bool, within=scaled(limit), what="the snapshot is ready to use")
    shown = ebs.witness.snapshots(ebs.volume().id)
    evidence.record("snapshots of the volume as EC2 has them", "text", repr(shown))
    if [one.state for one in shown] != ["completed"]:
        raise ClaimError(f"EC2 should have one snapshot of the volume, completed; it has {shown}")


@then("the Pod reads the earlier bytes, on another EC2 volume created from the EC2 snapshot")
def restored_bytes(ebs: Ebs, evidence: Evidence, reader: RunningPod, source: Source) -> None:
    found = volume_writer.sum_of_fixed(reader)
    evidence.table("SHA-256", "when, sum", [("before", source.sum), ("restored", found)])
    if not found or found != source.sum:
        raise ClaimError(f"the restored bytes should have the sum {source.sum}; it is {found}")
    volume, first = ebs.volume(RESTORED), ebs.volume()
    (snapshot,) = ebs.witness.snapshots(first.id)
    if volume.id == first.id or volume.snapshot != snapshot.id:
        raise ClaimError(f"{volume.id} should be another one than {first.id}, of {snapshot.id}")


@then("EC2 has another volume for the new PVC, copied from the source volume")
def copied(ebs: Ebs) -> None:
    volume, first = ebs.volume(RESTORED), ebs.volume()
    if volume.id == first.id or volume.source != first.id:
        raise ClaimError(f"{volume.id} should be a copy of {first.id}; it is of {volume.source!r}")


@then("the source volume has the new bytes")
def source_bytes(writer: RunningPod, written: str) -> None:
    found = volume_writer.sum_of_fixed(writer)
    if found != written:
        raise ClaimError(f"the source's bytes should have the sum {written}; it is {found}")


@then("the writer of the source volume is undisturbed")
def undisturbed(writer: RunningPod) -> None:
    must_be_none(writer.restarts(), "the source's writer is the same")
    before = volume_writer.numbers(writer)
    must_be_none(volume_writer.broken(before), "the source's numbers follow one another")
    volume_writer.await_more(writer, len(before))


@then("the Pod reads the lines of one point in time: every earlier line intact, and no later line")
def one_moment(ebs: Ebs, evidence: Evidence, source: Source) -> None:
    found = volume_writer.numbers(ebs.workloads.running(RESTORED))
    counts = [len(source.before), len(found), len(source.after)]
    evidence.table("numbers on the disks", "before, restored, after", [counts])
    wrong = volume_writer.of_no_moment(found, before=source.before, after=source.after)
    must_be_none(wrong, "what is restored is one moment of the disk")


@then(phrase("within {limit:Duration} EC2 has {what:What}", What=one_of(STATES)))
def of_the_source(ebs: Ebs, left: Left, limit: float, what: str) -> None:
    eventually(
        lambda: (ebs.standing(left)[1], [s.state for s in ebs.witness.snapshots(left.volume.id)]),
        lambda seen: seen == ("absent", STATES[what]),
        within=scaled(limit),
        what=f"EC2 has no {left.volume.id} and its snapshot {' '.join(STATES[what]) or 'neither'}",
    )


@then(phrase("within {limit:Duration} the VolumeGroupSnapshot names the missing driver service"))
def group_error(ebs: Ebs, evidence: Evidence, limit: float) -> None:
    told = eventually(
        lambda: group_snapshots.error(ebs.storage, GROUP),
        lambda text: "Unimplemented" in text and "csi.v1.GroupController" in text,
        within=scaled(limit),
        what="the group snapshot tells that the driver has no service for groups",
    )
    evidence.record("the group's error", "text", told)


@then("the driver reports no capability for groups")
def no_ability(ebs: Ebs, evidence: Evidence, csi_companion: bytes) -> None:
    found = ebs.driver.abilities(csi_companion)
    evidence.record("what the driver says that it can do", "text", "\n".join(found))
    require(not set(KNOWN) - set(found), f"the driver does not tell what it can do: {found}")
    if any("GROUP" in ability for ability in found) or NONE not in found:
        raise ClaimError(f"the driver should have no ability for groups; it has {found}")


@then(phrase("for {lasting:Duration} the VolumeGroupSnapshot has no snapshot and is not ready"))
def group_never(ebs: Ebs, lasting: float) -> None:
    volume = ebs.volume().id
    consistently(
        lambda: (group_snapshots.is_ready(ebs.storage, GROUP), len(ebs.witness.snapshots(volume))),
        lambda seen: seen == (False, 1),
        lasting=scaled(lasting),
        what="the group is not ready and has made no snapshot",
    )


@then(
    phrase(
        'every API server serves "{one:Name}" and "{other:Name}" from '
        "CustomResourceDefinitions only"
    )
)
def custom_alone(ebs: Ebs, one: str, other: str) -> None:
    for group in (one, other):
        defined = group_snapshots.defined(ebs.storage.api, group)
        for where, served in group_snapshots.everywhere(ebs.driver.cluster, group).items():
            if not served or set(served) != set(defined):
                raise ClaimError(f"{where} has {served} of {group}; defined are {defined}")


@then(phrase('{time:Time}{who:Who} API server serves "{group:Name}"', Who=one_of(["every", "no"])))
def discovered(ebs: Ebs, time: Time, who: str, group: str) -> None:
    time.must(
        lambda: group_snapshots.everywhere(ebs.driver.cluster, group),
        lambda seen: all(seen.values()) if who == "every" else not any(seen.values()),
        what=f"{who} API server has {group}",
    )
