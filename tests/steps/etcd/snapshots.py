"""Phrases about snapshots of etcd: taking, judging and damaging the file."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_bdd import given, step, then, when

from fixtures.plugin.recording import Evidence
from infra import parallel
from infra.clients.etcd import members
from infra.cluster import Cluster
from infra.errors import require
from infra.ssh import Result
from suite.etcd.snapshots import Snapshot, Workbench
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

REFUSED = {
    "etcdctl refuses the snapshot": "etcdctl took a snapshot of three endpoints",
    "etcdutl refuses the restore": "the restore was not refused",
}
"""What is wrong when it is not."""
STATUS: Mapping[str, tuple[Callable[[Workbench, str], Result], Callable[[Result], bool]]] = {
    "etcdctl": (
        lambda bench, path: bench.ask_etcdctl_status(path),
        lambda answer: answer.exit_status == 0 and '"hash"' in answer.stdout,
    ),
    "etcdutl": (
        lambda bench, path: bench.ask_status(path),
        lambda answer: answer.exit_status == 0,
    ),
}
"""How each tool is asked for a file's status, and whether it has answered with one."""


@dataclass(frozen=True)
class Known:
    """A ConfigMap whose value is in a snapshot. ``uid`` is the object's."""

    snapshot: Snapshot
    namespace: str
    name: str
    value: str
    uid: str


@pytest.fixture
def snapshot(known: Known) -> Snapshot:
    """The snapshot that holds the known value, where no step took another."""
    return known.snapshot


@step("a snapshot of one etcd member is taken", target_fixture="snapshot")
def take_snapshot(workbench: Workbench, evidence: Evidence) -> Snapshot:
    snapshot = workbench.save()
    evidence.record("snapshot", "figures", workbench.status(snapshot.path))
    return snapshot


@when("a snapshot is taken of each etcd member, on its machine", target_fixture="snapshots")
def take_of_each(workbenches: list[Workbench], evidence: Evidence) -> list[Snapshot]:
    snapshots = parallel.answers(workbenches, Workbench.save)
    for bench, snapshot in zip(workbenches, snapshots, strict=True):
        evidence.record(f"snapshot on {bench.shell.name}", "figures", bench.status(snapshot.path))
    return snapshots


@given("a snapshot that contains a known value", target_fixture="known")
def known_value(cluster: Cluster, namespace: str, workbench: Workbench) -> Known:
    name, value = "known", f"marker-{uuid.uuid4()}"
    body = {"metadata": {"name": name}, "data": {"value": value}}
    made = cluster.api.create(f"/api/v1/namespaces/{namespace}/configmaps", body)
    return Known(workbench.save(), namespace, name, value, made["metadata"]["uid"])


@when("a snapshot of all three endpoints is requested", target_fixture="outcome")
def ask_three(cluster: Cluster, workbench: Workbench) -> Result:
    everyone = members.client(cluster, workbench.shell.name)
    return workbench.ask_to_save(everyone, "three.db")


@when("the status of the snapshot is read twice", target_fixture="statuses")
def read_twice(workbench: Workbench, snapshot: Snapshot) -> list[dict[str, Any]]:
    before = workbench.sha256(snapshot.path)
    found = [workbench.status(snapshot.path), workbench.status(snapshot.path)]
    return [{**status, "sha256 before": before} for status in found]


@when("a copy of the snapshot is truncated to half", target_fixture="half")
def cut_off(workbench: Workbench, snapshot: Snapshot) -> str:
    half = workbench.copy(snapshot.path, "half.db")
    workbench.cut_in_half(half)
    return half


@when("one byte of the known value is changed in the snapshot")
def change_one_byte(workbench: Workbench, known: Known) -> None:
    places = workbench.places(known.value, known.snapshot.path)
    require(places, f"{known.value} is not in the snapshot: there is nothing to damage")
    workbench.change_byte(known.snapshot.path, places[-1])


@then("each snapshot file is complete, has a checksum, and only root may read it")
def private_files(workbenches: list[Workbench], snapshots: list[Snapshot]) -> None:
    wrong = [
        f"{bench.shell.name}: {text}"
        for bench, snapshot in zip(workbenches, snapshots, strict=True)
        for text in bench.incomplete(snapshot)
    ]
    must_be_none(wrong, "each snapshot is a whole file of root's alone")


def storage_version(cluster: Cluster) -> str:
    """Of all members' data. Errors: NotPrepared when they differ."""
    versions = {status.storage for status in members.client(cluster).statuses()}
    require(len(versions) == 1 and all(versions), f"the members' storage is of versions {versions}")
    return versions.pop()


@then("etcdctl reports the storage version of the members")
def named_version(cluster: Cluster, snapshots: list[Snapshot]) -> None:
    """Article 63 shows "Server version 3.6.0": the data's format, not the program's version."""
    word = f"Server version {storage_version(cluster)}"
    wrong = [one.said for one in snapshots if word not in one.said]
    must_be_none(wrong, f"etcdctl says {word!r} of each snapshot")


@then(phrase('{what:Refused}, naming "{words}"', Refused=one_of(REFUSED)))
def refuses(outcome: Result, what: str, words: str) -> None:
    said = outcome.stderr + outcome.stdout
    assert outcome.exit_status != 0, f"{REFUSED[what]}: {said}"
    assert words in said, f"it was refused for another reason: {said}"


@then("the refused snapshot leaves no file")
def nothing_left(workbench: Workbench) -> None:
    left = workbench.entries(workbench.directory)
    assert not left, f"files in the directory of the refused snapshot: {left}"


@then("both statuses have the same hash, revision and size")
def same_status(statuses: list[dict[str, Any]]) -> None:
    one, other = statuses
    assert one == other, f"two looks at one file: {one} and {other}"
    assert one["revision"] > 0, f"no revision: {one}"


@then("the status has the storage version of the members")
def has_version(statuses: list[dict[str, Any]], cluster: Cluster) -> None:
    own, there = statuses[0]["version"], storage_version(cluster)
    assert own == there, f"its version is {own!r}, the members' is {there!r}"


@then("the status counts the keys that were live at the snapshot's revision")
def counts_keys(workbench: Workbench, statuses: list[dict[str, Any]]) -> None:
    """Live keys only, by etcdutl 3.6.8 (ET etcdutl snapshot/v3_snapshot.go)."""
    said, revision = statuses[0]["totalKey"], statuses[0]["revision"]
    lived = workbench.live.count(revision=revision)
    assert said == lived, f"the status counts {said} keys, at revision {revision} lived {lived}"


@then("the snapshot file is unchanged")
def bytes_unchanged(
    workbench: Workbench, snapshot: Snapshot, statuses: list[dict[str, Any]]
) -> None:
    now = workbench.sha256(snapshot.path)
    assert now == statuses[0]["sha256 before"], f"reading its status changed {snapshot.path}"


@then(
    phrase(
        "{tool:Tool} reports {count:HowMany} status of the {file:File}",
        Tool=one_of(STATUS),
        HowMany=one_of(["a", "no"]),
        File=one_of(["snapshot", "truncated copy"]),
    )
)
def has_status(
    workbench: Workbench, snapshot: Snapshot, half: str, tool: str, count: str, file: str
) -> None:
    ask, answered = STATUS[tool]
    answer = ask(workbench, half if file == "truncated copy" else snapshot.path)
    assert answered(answer) == (count == "a"), (
        f"{tool} should report {count} status of the {file}: {answer.stdout}{answer.stderr}"
    )
