"""Phrases about the running etcd: its members, their loss and return, what each one holds."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.faults import Faults
from infra.artifacts.catalog import component_version, minor_of
from infra.clients.etcd import members, quorum_settings
from infra.clients.etcd.members import Members
from infra.cluster import Cluster
from infra.errors import CommandFailed, claimed
from infra.timing import scaled
from infra.wait import eventually
from suite.etcd import configmap_writer
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase, typed

MEMBER = typed("the leader|a follower", str)


def sick(cluster: Cluster, found: Members) -> list[str]:
    health = members.client(cluster).health()
    wrong = [f"{h.endpoint}: {h.error}" for h in health if not h.healthy]
    if len(health) != 3:
        wrong.append(f"etcdctl tells the health of {len(health)} endpoints, not of three")
    wrong += [f"{s.endpoint} goes back to {s.downgrade}" for s in found.statuses if s.downgrade]
    return wrong + members.strangers(found)


def of_another_minor(cluster: Cluster, found: Members) -> list[str]:
    """As kubeadm would install it; a patch of one's own is fine."""
    version = minor_of(component_version(cluster.spec.kubernetes, "etcd"))
    return [
        f"{s.endpoint} runs {s.version}, not {version}"
        for s in found.statuses
        if not s.version.startswith(f"{version}.")
    ]


DOES: Mapping[str, Callable[[Cluster, Members], list[str]]] = {
    "has a heartbeat interval of 100 ms and an election timeout of 1000 ms": (
        lambda cluster, _: quorum_settings.slow_members(cluster)
    ),
    "is healthy, and one of three in the same cluster": sick,
    "names the same leader in the same term": lambda _, found: members.disagreements(found),
    "runs the minor version that Kubernetes names": of_another_minor,
}
"""What is wrong with members, by what features say of each; nothing is good."""


@dataclass(frozen=True)
class Lost:
    """The machine whose member ended, the others, and their counts of leader changes.

    ``namespace`` was made before: what is written in it afterwards is what is judged.
    """

    machine: str
    others: tuple[str, ...]
    changes: dict[str, float]
    namespace: str = ""


@dataclass(frozen=True)
class Stored:
    """An object of the API and the key at which etcd holds it."""

    path: str
    key: str


@given("the running etcd members", target_fixture="members_before")
def running_members(cluster: Cluster, evidence: Evidence) -> Members:
    found = members.look(cluster)
    evidence.record("etcd members", "table", members.table(found))
    return found


@given("an object that every etcd member stores", target_fixture="stored")
def stored_object(cluster: Cluster, namespace: str) -> Stored:
    path, name = f"/api/v1/namespaces/{namespace}/configmaps", f"deleted-{uuid.uuid4().hex[:8]}"
    cluster.api.create(path, {"metadata": {"name": name}})
    stored = Stored(f"{path}/{name}", members.config_map_key(namespace, name))
    members.await_everywhere(cluster, stored.key)
    return stored


@when("the stored object is deleted")
def object_deleted(cluster: Cluster, stored: Stored) -> None:
    cluster.api.delete(stored.path)


@when(
    phrase(
        "{member:Member} of etcd {ends:Ends}", Member=MEMBER, Ends=one_of(["is killed", "stops"])
    ),
    target_fixture="lost",
)
def member_ends(
    cluster: Cluster,
    namespace: str,
    members_before: Members,
    faults: Faults,
    member: str,
    ends: str,
) -> Lost:
    """Stopped cleanly a leader hands over before it ends; killed, the others have to notice."""
    lost = replace(losing(cluster, members_before, member), namespace=namespace)
    end = faults.stop if ends == "stops" else faults.kill
    end(lost.machine, cluster.layout.units.etcd)
    return lost


@when("the lost member starts")
def member_starts(cluster: Cluster, lost: Lost, faults: Faults) -> None:
    with claimed():  # a lost member returns
        faults.start(lost.machine, cluster.layout.units.etcd)


@then(phrase("every etcd member {does:Does}", Does=one_of(DOES)))
def each_does(cluster: Cluster, members_before: Members, does: str) -> None:
    must_be_none(DOES[does](cluster, members_before), f"every etcd member {does}")


@then(
    phrase(
        "within {limit:Duration} a write through each API server is read from both "
        "remaining members"
    )
)
def write_survives(cluster: Cluster, lost: Lost, limit: float) -> None:
    eventually(
        lambda: configmap_writer.written_through_each(cluster, lost.namespace, lost.others),
        lambda found: set(found.values()) == {configmap_writer.READ},
        within=scaled(limit),
        what=f"writes without the member of {lost.machine} are read from {lost.others}",
        transient=(CommandFailed,),
    )


@then("no remaining member has restarted, and the leader has changed at most once")
def others_run_on(cluster: Cluster, members_before: Members, lost: Lost) -> None:
    now = members.processes(cluster)
    must_be_none(members.restarted(members_before, now, but=lost.machine), "the others run on")
    changes = members.leader_changes(cluster, lost.others)
    many = {m: n - lost.changes[m] for m, n in changes.items() if n - lost.changes[m] > 1}
    assert not many, f"leader changes that a member saw, more than one: {many}"


@then(phrase("within {limit:Duration} every member has the same data"))
def same_data(cluster: Cluster, limit: float) -> None:
    members.await_same_data(cluster, within=scaled(limit))


@then("the running etcd members are unchanged")
def untouched(cluster: Cluster, members_before: Members) -> None:
    found = members.differences(members_before, members.look(cluster))
    must_be_none(found, "the running etcd did not notice")


@then(phrase("within {limit:Duration} no etcd member stores the object"))
def no_member_holds(cluster: Cluster, stored: Stored, limit: float) -> None:
    eventually(
        lambda: members.holders(cluster, stored.key),
        lambda found: not found,
        within=scaled(limit),
        every=0.5,
        what=f"machines whose member still has {stored.key}",
    )


def losing(cluster: Cluster, found: Members, member: str) -> Lost:
    machine = found.leader if member == "the leader" else found.followers[0]
    others = tuple(name for name in found.names.values() if name != machine)
    return Lost(machine, others, members.leader_changes(cluster, others))
