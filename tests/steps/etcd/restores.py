"""Phrases about restored snapshots: the directory, the member that runs from it, what it holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from pytest_bdd import then, when

from fixtures.plugin.recording import Evidence
from infra.clients.etcd import members
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.ssh import Result
from suite.etcd import keyspace_diff
from suite.etcd.snapshots import RestoredMember, Snapshot, Workbench
from suite.expect import must_be_none
from tests.steps.etcd.snapshots import Known
from tests.steps.phrases import one_of, phrase

FRESH = "a fresh directory"
RESTORED: Mapping[str, Callable[[Cluster, RestoredMember], list[str]]] = {
    "has Nodes with the UIDs that the API returns": lambda cluster, restored: (
        keyspace_diff.wrong_nodes(cluster.api, restored.ctl.entries(keyspace_diff.NODES))
    ),
    "is a healthy cluster of its own": lambda cluster, restored: keyspace_diff.not_alone(
        restored.ctl, members.client(cluster, restored.ctl.shell.name)
    ),
}
"""What is wrong with a restored member; nothing is good."""


@dataclass
class Directories:
    """Names of directories restored to, and the running member's files before: names and inode."""

    live: tuple[list[str], str]
    names: list[str] = field(default_factory=list)

    @property
    def last(self) -> str:
        return self.names[-1]


@pytest.fixture
def directories(workbench: Workbench) -> Directories:
    return Directories(live_files(workbench))


@when("the snapshot is restored to a separate member", target_fixture="restored")
def restore_beside(snapshot: Snapshot, workbench: Workbench) -> RestoredMember:
    return workbench.start_restored(snapshot)


@when(
    phrase(
        "the snapshot is restored to {where:Where}",
        Where=one_of([FRESH, "the same directory again"]),
    ),
    target_fixture="outcome",
)
def restore(
    workbench: Workbench, snapshot: Snapshot, directories: Directories, where: str
) -> Result:
    if where == FRESH:
        directories.names.append(f"fresh-{len(directories.names)}")
    return workbench.restore(snapshot.path, directories.last)


@when(
    "the object with the known value is deleted and a later object is created",
    target_fixture="later",
)
def delete_and_create(cluster: Cluster, known: Known) -> str:
    path = f"/api/v1/namespaces/{known.namespace}/configmaps"
    cluster.api.delete(f"{path}/{known.name}")
    cluster.api.create(path, {"metadata": {"name": "later"}})
    return "later"


@then(
    phrase("the fresh directory has {count:HowMany} member", HowMany=one_of(["a", "no"])),
)
def has_member(workbench: Workbench, directories: Directories, outcome: Result, count: str) -> None:
    """A failed restore may leave a directory, but no log that a member could start from."""
    if count == "no":
        left = workbench.entries(workbench.path(f"{directories.last}/member/wal"))
        assert not left, f"the failed restore left a member that could start: {left}"
        return
    assert outcome.exit_status == 0, f"a restore was refused: {outcome.stderr}"
    found = workbench.entries(workbench.path(f"{directories.last}/member"))
    assert found == ["snap", "wal"], f"the restored directory holds {found}"


@then("the data directory of the running member is unchanged")
def live_files_untouched(workbench: Workbench, directories: Directories) -> None:
    now = live_files(workbench)
    assert now == directories.live, f"the running member has {now}; it had {directories.live}"


@then(phrase("the restored member {does:Does}", Does=one_of(RESTORED)))
def member_does(cluster: Cluster, restored: RestoredMember, does: str) -> None:
    must_be_none(RESTORED[does](cluster, restored), f"the restored member {does}")


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


@then("the restored member has the deleted object and not the later object")
def restored_has_deleted(restored: RestoredMember, known: Known, later: str) -> None:
    old, new = (members.config_map_key(known.namespace, name) for name in (known.name, later))
    entry = restored.ctl.find(old)
    assert entry is not None, f"{old} is not in the backup"
    assert known.uid.encode() in entry.value, f"{old} has another UID than {known.uid}"
    assert restored.ctl.find(new) is None, f"{new}, made after the snapshot, is in it"


@then("the API has the later object and not the deleted object")
def api_has_later(cluster: Cluster, known: Known, later: str) -> None:
    path = f"/api/v1/namespaces/{known.namespace}/configmaps"
    assert cluster.api.find(f"{path}/{known.name}") is None, f"{known.name} is back"
    assert cluster.api.find(f"{path}/{later}") is not None, f"{later} is gone"


def live_files(workbench: Workbench) -> tuple[list[str], str]:
    """Names of the running member's files, and the inode of its data."""
    data = workbench.shell.layout.directories.etcd_data
    return workbench.entries(data), workbench.inode(f"{data}/member/snap/db")
