"""The running etcd as a whole: what a backup, or the loss of one member, must not change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.clients.controlplane import control_plane_snapshot
from infra.clients.etcd import etcdctl
from infra.clients.etcd.etcdctl import Etcdctl, Status
from infra.clients.transport import prometheus
from infra.clients.transport.systemd import Unit
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.errors import CommandFailed, NotJudged, preparing
from infra.timing import scaled
from infra.wait import eventually

CHANGES = "etcd_server_leader_changes_seen_total"
"""Metric of each member (ET server etcdserver/metrics.go)."""
CLIENT = "apiserver-etcd-client"
"""The identity with which API servers, and we, ask etcd over HTTPS."""
REPLICATED = 10.0
"""Seconds for an entry to reach every member: heartbeat 100 ms, election 1 s (T19)."""


@dataclass(frozen=True)
class Members:
    """The three members at one time. ``machines`` are their places by member id."""

    statuses: tuple[Status, ...]
    names: Mapping[int, str]
    alarms: tuple[str, ...]
    units: Mapping[str, Unit]

    @property
    def leader(self) -> str:
        """Machine of the leader. Errors: NotJudged when there is none."""
        for status in self.statuses:
            if status.leader in self.names:
                return self.names[status.leader]
        raise NotJudged(f"etcd has no leader: {self.statuses}")

    @property
    def followers(self) -> list[str]:
        return [name for name in self.names.values() if name != self.leader]


def client(cluster: Cluster, machine: str = "") -> Etcdctl:
    """The command on one controller, against all three members."""
    name = machine or cluster.spec.controllers[0].name
    return Etcdctl(cluster.shell(name), etcdctl.endpoints_of(cluster.spec))


def client_of(cluster: Cluster, machine: str) -> Etcdctl:
    """The command on a controller, against the member of that controller only."""
    return client(cluster, machine).at(endpoint(cluster, machine))


def endpoint(cluster: Cluster, machine: str) -> str:
    return f"https://{cluster.spec.machine(machine).private_ip}:{cluster.layout.ports.etcd}"


def look(cluster: Cluster) -> Members:
    """The members as one controller's command sees them; those that answer have a status."""
    ctl = client(cluster)
    return Members(ctl.statuses(), ctl.members(), ctl.alarms(), processes(cluster))


def processes(cluster: Cluster) -> dict[str, Unit]:
    """By machine. One that is stopped is among them; its member's status would take 20 s."""
    found = control_plane_snapshot.processes(cluster, [cluster.layout.units.etcd])
    return {machine: unit for (machine, _), unit in found.items()}


def differences(before: Members, after: Members) -> list[str]:
    """What changed that must not: members, leader, term, processes, alarms, a lower revision."""
    found = [
        f"{what} {a} became {b}"
        for what, a, b in (
            ("members", dict(before.names), dict(after.names)),
            ("alarms", before.alarms, after.alarms),
        )
        if a != b
    ]
    now = {status.endpoint: status for status in after.statuses}
    for one in before.statuses:
        other = now.get(one.endpoint)
        if other is None:
            found.append(f"{one.endpoint} does not answer any more")
            continue
        found += [
            f"{one.endpoint}: {what} {a} became {b}"
            for what, a, b in (
                ("member", one.member, other.member),
                ("leader", one.leader, other.leader),
                ("term", one.term, other.term),
            )
            if a != b
        ]
        if other.revision < one.revision:
            found.append(f"{one.endpoint}: revision fell from {one.revision} to {other.revision}")
    return found + restarted(before, after.units)


def restarted(before: Members, now: Mapping[str, Unit], *, but: str = "") -> list[str]:
    """Machines whose etcd is another process now, with both."""
    return [
        f"etcd on {machine}: process {unit.pid} is now {now[machine].pid}"
        for machine, unit in before.units.items()
        if machine != but
        and control_plane_snapshot.identity(unit) != control_plane_snapshot.identity(now[machine])
    ]


def strangers(found: Members) -> list[str]:
    """Why these are not three different members of one cluster; empty when they are."""
    wrong = []
    if len({s.member for s in found.statuses}) != 3 or len(found.names) != 3:
        ids = [f"{s.member:x}" for s in found.statuses]
        counted = {f"{member:x}": name for member, name in found.names.items()}
        wrong.append(f"not three different members: {ids} answer, and etcd counts {counted}")
    if len({s.cluster for s in found.statuses}) != 1:
        wrong.append(f"they are of clusters {sorted({s.cluster for s in found.statuses})}")
    return wrong


def disagreements(found: Members) -> list[str]:
    """What they do not agree on: leader and term; empty when one of them leads."""
    wrong = []
    for what, values in (
        ("leader", {s.leader for s in found.statuses}),
        ("term", {s.term for s in found.statuses}),
    ):
        if len(values) != 1:
            wrong.append(f"they do not agree on their {what}: {values}")
    if not {s.leader for s in found.statuses} <= set(found.names):
        wrong.append("the leader is none of the members")
    return wrong


def table(found: Members) -> dict[str, Any]:
    """The members as evidence of kind ``table``."""
    columns = ["endpoint", "member", "leads", "term", "revision", "version"]
    rows = [
        [s.endpoint, f"{s.member:x}", s.member == s.leader, s.term, s.revision, s.version]
        for s in found.statuses
    ]
    return {"columns": columns, "rows": rows}


def await_everywhere(cluster: Cluster, key: str) -> None:
    """Each member holds the key by itself. Errors: NotPrepared: nothing can be judged then."""
    with preparing():
        eventually(
            lambda: holders(cluster, key),
            lambda found: len(found) == len(cluster.spec.controllers),
            within=scaled(REPLICATED),
            every=0.5,
            what=f"machines whose member has {key}",
        )


def config_map_key(namespace: str, name: str) -> str:
    """Where API servers store it (--etcd-prefix is /registry)."""
    return f"/registry/configmaps/{namespace}/{name}"


def holders(cluster: Cluster, key: str) -> list[str]:
    """Machines whose member has the key in its own copy, without asking the others."""
    names = [machine.name for machine in cluster.spec.controllers]
    return [n for n in names if client_of(cluster, n).find(key, serializable=True)]


def leader_changes(cluster: Cluster, machines: Iterable[str]) -> dict[str, float]:
    """How often each of these members has seen the leader change since it started."""
    credentials, port = cluster.credentials(CLIENT), cluster.layout.ports.etcd
    found: dict[str, float] = {}
    for machine in machines:
        text = prometheus.scrape(MachinePort(cluster, machine, port), credentials=credentials)
        value = prometheus.value(prometheus.parse(text, only=CHANGES), CHANGES)
        if value is None:
            raise NotJudged(f"etcd on {machine} has no metric {CHANGES}")
        found[machine] = value
    return found


def await_same_data(cluster: Cluster, *, within: float) -> None:
    """All three members have equal hashes at one revision. Errors: WaitTimeout with the hashes."""
    ctl = client(cluster)
    revision = ctl.revision()
    eventually(
        lambda: ctl.hashes(revision=revision),
        lambda found: len(found) == 3 and len(set(found.values())) == 1,
        within=within,
        what=f"hashes of the three members' data at revision {revision} are equal",
        transient=(CommandFailed,),
    )
