"""Phrases about restored snapshots: the directory, the member that runs from it, what it holds."""

from dataclasses import dataclass

from pytest_bdd import then, when

from fixtures.plugin.recording import Evidence
from infra.clients.etcd import members
from infra.cluster import Cluster
from infra.errors import ClaimError, NotJudged
from suite.etcd import keyspace_diff
from suite.etcd.snapshots import RestoredMember, Snapshot, Workbench
from suite.expect import must_be_none
from tests.steps.etcd.snapshots import Known


@dataclass(frozen=True)
class Fresh:
    """A directory restored into, and the running member's files before."""

    name: str
    live_files: list[str]
    live_inode: str


@when("the snapshot is restored to a separate member", target_fixture="restored")
def restore_beside(snapshot: Snapshot, workbench: Workbench) -> RestoredMember:
    return workbench.start_restored(snapshot)


@when("the snapshot is restored to a fresh directory", target_fixture="fresh")
def restore_fresh(workbench: Workbench, snapshot: Snapshot) -> Fresh:
    before = live_files(workbench, "fresh")
    answer = workbench.restore(snapshot.path, before.name)
    if answer.exit_status != 0:
        raise ClaimError(f"a restore into a fresh directory was refused: {answer.stderr}")
    return before


@when(
    "the object with the known value is deleted and a later object is created",
    target_fixture="later",
)
def delete_and_create(cluster: Cluster, known: Known) -> str:
    path = f"/api/v1/namespaces/{known.namespace}/configmaps"
    cluster.api.delete(f"{path}/{known.name}")
    cluster.api.create(path, {"metadata": {"name": "later"}})
    return "later"


@then("the fresh directory has a member")
def holds_member(workbench: Workbench, fresh: Fresh) -> None:
    found = workbench.entries(workbench.path(f"{fresh.name}/member"))
    assert found == ["snap", "wal"], f"the restored directory holds {found}"


@then("restoring the snapshot to the same directory again is refused")
def refused_again(workbench: Workbench, snapshot: Snapshot, fresh: Fresh) -> None:
    answer = workbench.restore(snapshot.path, fresh.name)
    assert answer.exit_status != 0, "the restore wrote over a member"
    assert "not empty" in answer.stderr, f"it was refused for another reason: {answer.stderr}"


@then("the data directory of the running member is unchanged")
def live_files_untouched(workbench: Workbench, fresh: Fresh) -> None:
    now = live_files(workbench, fresh.name)
    assert now == fresh, f"the running member's files were {fresh} and are {now}"


@then("the restored member is a healthy cluster of its own")
def own_cluster(cluster: Cluster, restored: RestoredMember) -> None:
    wrong = keyspace_diff.not_alone(restored.ctl, members.client(cluster, restored.ctl.shell.name))
    must_be_none(wrong, "the restored member is a healthy cluster of its own")


@then(
    "every key of the restored member has the same bytes as in the running etcd at "
    "the snapshot's revision"
)
def same_bytes(
    workbench: Workbench, snapshot: Snapshot, restored: RestoredMember, evidence: Evidence
) -> None:
    revision = workbench.status(snapshot.path)["revision"]
    there, live = restored.ctl.entries(""), workbench.live.entries("", revision=revision)
    evidence.record("keys compared", "figures", {"running": len(live), "restored": len(there)})
    if not live:
        raise NotJudged(f"the running etcd tells nothing of revision {revision}")
    must_be_none(keyspace_diff.different(live, there), f"keys and bytes at revision {revision}")


@then("the restored Nodes have the UIDs that the API returns")
def same_nodes(cluster: Cluster, restored: RestoredMember) -> None:
    wrong = keyspace_diff.wrong_nodes(cluster.api, restored.ctl.entries(keyspace_diff.NODES))
    must_be_none(wrong, "the restored Nodes are those of the API")


@then("the restored member has the deleted object with its UID")
def has_deleted(restored: RestoredMember, known: Known) -> None:
    key = members.config_map_key(known.namespace, known.name)
    entry = restored.ctl.find(key)
    assert entry is not None, f"{key} is not in the backup"
    assert known.uid.encode() in entry.value, f"{key} has another UID than {known.uid}"


@then("the restored member does not have the later object")
def lacks_later(restored: RestoredMember, known: Known, later: str) -> None:
    key = members.config_map_key(known.namespace, later)
    assert restored.ctl.find(key) is None, f"{key}, made after the snapshot, is in it"


@then("the API has only the later object")
def api_has_later(cluster: Cluster, known: Known, later: str) -> None:
    path = f"/api/v1/namespaces/{known.namespace}/configmaps"
    assert cluster.api.find(f"{path}/{known.name}") is None, f"{known.name} is back"
    assert cluster.api.find(f"{path}/{later}") is not None, f"{later} is gone"


def live_files(workbench: Workbench, restored: str) -> Fresh:
    """The running member's files now, beside the directory that is restored into."""
    data = workbench.shell.layout.directories.etcd_data
    return Fresh(restored, workbench.entries(data), workbench.inode(f"{data}/member/snap/db"))
