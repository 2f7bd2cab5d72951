"""Leader election of a component that runs three times: who holds its Lease, who says it leads."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from infra.clients import bystanders, leases, metrics, tls
from infra.clients.bystanders import Bystanders
from infra.clients.leases import Change, Lease, LeaseWatch
from infra.cluster import Cluster
from infra.errors import LabError
from infra.wait import SYSTEM, Clock, eventually, pause

PORTS = {"kube-controller-manager": 10257, "kube-scheduler": 10259}
"""Secure ports of K cmd/kube-controller-manager and cmd/kube-scheduler."""
MASTER = "leader_election_master_status"
"""1 on the instance that leads, 0 on others (CB metrics/prometheus/clientgo/leaderelection)."""
EVERY = 0.5
"""Seconds between looks at the three: shorter than a Lease's retry of 2 s, so no lead is missed."""
LEADS, STANDS_BY = "leads", "stands by"
Looks = Mapping[str, str]
"""By machine: LEADS, STANDS_BY, or why there is no answer (a stopped process gives none)."""


def says(cluster: Cluster, machine: str, component: str) -> str:
    """What this machine's process says of itself."""
    try:
        text = metrics.scrape(
            cluster, machine, PORTS[component], credentials=cluster.credentials("admin")
        )
    except LabError as error:
        return f"no answer: {error}"
    found = metrics.value(metrics.parse(text, only=MASTER), MASTER, name=component)
    if found is None:
        return f"no metric {MASTER}"
    return LEADS if found == 1 else STANDS_BY


def all_say(cluster: Cluster, component: str) -> Looks:
    machines = [machine.name for machine in cluster.spec.controllers]
    with ThreadPoolExecutor(len(machines)) as pool:
        said = pool.map(lambda machine: says(cluster, machine, component), machines)
        return dict(zip(machines, said, strict=True))


def masters(looks: Looks) -> list[str]:
    return [machine for machine, said in looks.items() if said == LEADS]


def unhealthy(cluster: Cluster, component: str) -> list[str]:
    """Machines whose process does not answer 200 on /healthz, with what it answers."""
    found: list[str] = []
    for machine in cluster.spec.controllers:
        credentials = cluster.credentials("admin")
        status, text = tls.fetch(
            cluster, machine.name, PORTS[component], path="/healthz", credentials=credentials
        )
        if status != 200:
            found.append(f"{machine.name}: {status} {text[:100]}")
    return found


class MasterWatch:
    """What the three processes say of themselves, over and over, kept by a thread."""

    def __init__(self, cluster: Cluster, component: str, *, clock: Clock = SYSTEM) -> None:
        self.component = component
        self._cluster = cluster
        self._clock = clock
        self._began = clock.now()
        self._looks: list[tuple[float, Looks]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True, name=f"who {component}")

    def open(self) -> "MasterWatch":
        self._thread.start()
        return self

    def close(self) -> None:
        self._ended.set()

    def looks(self) -> tuple[tuple[float, Looks], ...]:
        """Seconds since the start and what was said."""
        return tuple(self._looks)

    def doubles(self) -> list[str]:
        """Looks in which more than one said that it leads; empty is what has to be."""
        return [
            f"+{at:.1f} s  {' and '.join(masters(looks))}"
            for at, looks in self.looks()
            if len(masters(looks)) > 1
        ]

    def seen_leading(self) -> set[str]:
        """Machines that said at least once that they lead: the control of ``doubles``."""
        return {machine for _, looks in self.looks() for machine in masters(looks)}

    def _follow(self) -> None:
        while not self._ended.is_set():
            looks = all_say(self._cluster, self.component)
            self._looks.append((self._clock.now() - self._began, looks))
            pause(EVERY, because="samples are recorded, not judged", clock=self._clock)


@dataclass(frozen=True)
class Election:
    """One component's election as a scenario sees it, from before anything happens.

    ``leader`` is the machine that held the Lease at ``start``.
    """

    component: str
    start: Lease
    watch: LeaseWatch
    masters: MasterWatch = field(repr=False)
    bystanders: Bystanders = field(repr=False)

    @property
    def leader(self) -> str:
        return self.start.machine

    @property
    def place(self) -> tuple[str, str]:
        return self.leader, self.component

    def holder(self) -> str:
        return self.watch.latest().holder

    def another(self, holder: str) -> bool:
        """Whether a machine other than the first leader's is named."""
        return bool(holder) and holder.split("_", 1)[0] != self.leader

    def successor(self) -> Change:
        """The first version that another machine held. Errors: ClaimError with the history."""
        return self.watch.first(leases.held_by_other(self.leader))

    def last_of_leader(self) -> Change:
        """The last version that the first leader wrote before the successor did."""
        until = self.successor().at
        return [
            change
            for change in self.watch.changes()
            if change.at < until and change.lease.machine == self.leader
        ][-1]

    def close(self) -> None:
        self.watch.close()
        self.masters.close()


def follow(cluster: Cluster, component: str) -> Election:
    """An election under watch. Errors: LabError when nobody holds the Lease."""
    api = cluster.api_of(cluster.spec.controllers[0].name)
    watch = LeaseWatch(api, component).open()
    start = watch.latest()
    if not start.holder:
        raise LabError(f"nobody holds the Lease {component}: the cluster is not ready for this")
    untouched = bystanders.look(cluster)
    bystanders.all_active(untouched)
    return Election(component, start, watch, MasterWatch(cluster, component).open(), untouched)


def taken_over(election: Election, *, within: float) -> Lease:
    """The Lease once another machine holds it. Errors: WaitTimeout with who held it when."""
    eventually(
        election.holder,
        election.another,
        within=within,
        every=0.2,
        what=f"a controller other than {election.leader} holds the Lease {election.component}",
    )
    return election.successor().lease


def disorder(election: Election) -> list[str]:
    """What is wrong with one clean change of hands; empty when there was exactly one."""
    start, now = election.start, election.watch.latest()
    found: list[str] = []
    if now.transitions != start.transitions + 1:
        found.append(f"leaseTransitions went from {start.transitions} to {now.transitions}")
    if now.acquired == start.acquired:
        found.append(f"acquireTime is still {now.acquired}")
    names = [change.lease.holder for change in election.watch.changes()]
    holders = [name for name, before in zip(names, ["", *names], strict=False) if name != before]
    if "" in names:
        found.append("for a while nobody held it")
    if len(holders) != 2:
        found.append(f"it was held by {', '.join(holders)}")
    return found


def held(lease: Lease) -> tuple[str, datetime | None, int]:
    """What stays while one process holds a Lease: holder, acquisition, transitions."""
    return lease.holder, lease.acquired, lease.transitions


def written_after_takeover(election: Election) -> list[Change]:
    """Versions that the first leader's process wrote after another held the Lease."""
    taken = election.successor().at
    changes = election.watch.changes()
    return [c for c in changes if c.at > taken and c.lease.holder == election.start.holder]


def renewal_gaps(watch: LeaseWatch) -> list[float]:
    """Seconds between renewals, by the holder's clock."""
    times = [c.lease.renewed for c in watch.changes() if c.lease.renewed is not None]
    return [(b - a).total_seconds() for a, b in pairwise(times) if a != b]


def figures(election: Election) -> dict[str, float]:
    """How long it took, in seconds of our clock, and by the two holders' clocks."""
    successor, last = election.successor(), election.last_of_leader()
    stopped = election.watch.marks[0][0] if election.watch.marks else 0.0
    found = {
        "from the fault to the takeover": round(successor.at - stopped, 2),
        "from the last renewal seen to the takeover": round(successor.at - last.at, 2),
    }
    if successor.lease.acquired and last.lease.renewed:
        by_holders = (successor.lease.acquired - last.lease.renewed).total_seconds()
        found["from renewTime to the new acquireTime"] = round(by_holders, 2)
    return found


def history(watch: LeaseWatch) -> dict[str, object]:
    """The history as evidence of kind ``lease-history``."""
    return {
        "lease": watch.name,
        "samples": [
            {"t": round(c.at, 2), "holder": c.lease.holder, "transitions": c.lease.transitions}
            for c in watch.seen
        ],
        "marks": [{"t": round(at, 2), "text": text} for at, text in watch.marks],
    }
