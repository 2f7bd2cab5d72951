"""Phrases about a snapshot that is taken while writes go on."""

from collections.abc import Iterator

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra.clients.etcd import members
from infra.cluster import Cluster
from infra.errors import claimed, require
from infra.timing import scaled
from infra.wait import eventually
from suite.etcd import keyspace_diff
from suite.etcd.configmap_writer import Writer
from suite.etcd.snapshots import RestoredMember, Snapshot, Workbench
from suite.expect import must_be_none

A_SECOND = 5
"""Writes a second, as the step says."""
A_SIDE = 10
"""Writes before and after the snapshot: without them its revision says nothing (claim 63.4)."""


@given("a client that creates five ConfigMaps a second", target_fixture="configmap_writer")
def writer(cluster: Cluster, namespace: str) -> Iterator[Writer]:
    writing = Writer(cluster.api, namespace, a_second=A_SECOND).open()
    try:
        yield writing
    finally:
        writing.close()


@when("a snapshot is taken while the client writes", target_fixture="snapshot")
def snapshot_under_load(workbench: Workbench, configmap_writer: Writer) -> Snapshot:
    await_writes(configmap_writer, A_SIDE)
    snapshot = workbench.save()
    with claimed():  # writes go on while a snapshot is taken
        await_writes(configmap_writer, len(configmap_writer.written) + A_SIDE)
    configmap_writer.close()
    return snapshot


def await_writes(writer: Writer, count: int) -> None:
    """Enough writes by then; a tenth of the rate is slow, not broken."""
    eventually(
        lambda: len(writer.written),
        lambda written: written >= count,
        giving_up_if=lambda _: len(writer.failures) > A_SIDE,
        within=scaled(A_SIDE * 10 / A_SECOND),
        every=0.2,
        what=f"ConfigMaps written, {count} wanted; failures: {writer.failures[:1]}",
    )


@then("the snapshot's revision is in the range read around the snapshot")
def revision_between(workbench: Workbench, snapshot: Snapshot) -> None:
    revision = workbench.status(snapshot.path)["revision"]
    assert snapshot.before <= revision <= snapshot.after, (
        f"revision {revision} is not between {snapshot.before} and {snapshot.after}"
    )


@then(
    "the restored member has the ConfigMaps written up to the snapshot's revision, and no later one"
)
def point_in_time(
    workbench: Workbench,
    snapshot: Snapshot,
    configmap_writer: Writer,
    restored: RestoredMember,
    evidence: Evidence,
) -> None:
    revision = workbench.status(snapshot.path)["revision"]
    must_have_both_sides(configmap_writer, revision, evidence)
    keys = restored.ctl.entries(members.config_map_key(configmap_writer.namespace, "numbered-"))
    wrong = keyspace_diff.misplaced(configmap_writer.written, keys, revision=revision)
    must_be_none(wrong, f"the snapshot is the store at revision {revision}")


def must_have_both_sides(writer: Writer, revision: int, evidence: Evidence) -> None:
    """Errors: NotPrepared when too few were written before or after the snapshot's revision."""
    early, late = keyspace_diff.sides(writer.written, revision)
    seen = {"revision": revision, "written before": early, "written after": late}
    evidence.record("writes around the snapshot", "figures", seen)
    require(min(early, late) >= A_SIDE, f"too few writes to show a point in time: {seen}")


@then("every write of the client succeeded")
def no_write_failed(configmap_writer: Writer) -> None:
    must_be_none(configmap_writer.failures, "every write during the snapshot succeeded")
