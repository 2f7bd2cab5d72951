"""Leader election of a component that runs three times: who holds its Lease, and since when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import median

from infra.clients.controlplane import control_plane_snapshot, leases
from infra.clients.controlplane.control_plane_snapshot import Bystanders
from infra.clients.controlplane.leader_metrics import MasterWatch
from infra.clients.controlplane.leases import Change, Lease, LeaseWatch
from infra.cluster import Cluster
from infra.errors import ClaimError, NotJudged, WaitTimeout
from infra.timing import scaled
from infra.wait import eventually

LIVING = 36.0
"""Seconds until a Lease has a living holder: T1, a takeover takes up to 24 s, and half more."""


@dataclass(frozen=True)
class Election:
    """One component's election as a scenario sees it, from before anything happens.

    ``component`` names the Lease, ``unit`` its processes; ``leader`` is the machine that held the
    Lease at ``start``.
    """

    component: str
    unit: str
    start: Lease
    watch: LeaseWatch
    masters: MasterWatch = field(repr=False)
    bystanders: Bystanders = field(repr=False)

    @property
    def leader(self) -> str:
        return self.start.machine

    @property
    def place(self) -> tuple[str, str]:
        return self.leader, self.unit

    def holder(self) -> str:
        return self.watch.latest().holder

    def another(self, holder: str) -> bool:
        """Whether a machine other than the first leader's is named."""
        return bool(holder) and holder.split("_", 1)[0] != self.leader

    def successor(self) -> Change:
        """The first version that another machine held. Errors: ClaimError with the history."""
        return first(self.watch, leases.held_by_other(self.leader))

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
    """An election under watch. Errors: NotJudged when nobody holds the Lease."""
    api = cluster.api_of(cluster.spec.controllers[0].name)
    watch = LeaseWatch(api, component).open()
    start = settled(watch)
    if not start.holder:
        raise NotJudged(f"nobody holds the Lease {component}: the cluster is not ready for this")
    untouched = control_plane_snapshot.look(cluster)
    control_plane_snapshot.all_active(untouched)
    unit, masters = cluster.layout.units.named(component), MasterWatch(cluster, component)
    return Election(component, unit, start, watch, masters.open(), untouched)


def settled(watch: LeaseWatch) -> Lease:
    """The Lease once its holder was seen to renew it: before, it may name a process that is gone.

    A run that was interrupted in a takeover leaves that for up to 24 s. Errors: NotJudged.
    """
    try:
        eventually(
            watch.changes, is_renewed, within=scaled(LIVING), every=0.2, what="one holder renews"
        )
    except WaitTimeout as error:
        raise NotJudged(f"the Lease {watch.name} has no living holder: {error}") from error
    return watch.latest()


def is_renewed(changes: tuple[Change, ...]) -> bool:
    last, before = changes[-1].lease, changes[-min(2, len(changes))].lease
    return last.holder == before.holder and last.renewed != before.renewed


def first(watch: LeaseWatch, wanted: Callable[[Lease], bool]) -> Change:
    """The first such version. Errors: ClaimError with the history."""
    for change in watch.changes():
        if not change.gone and wanted(change.lease):
            return change
    raise ClaimError(f"no such version of Lease {watch.name} was seen\n{watch.story()}")


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


def await_leader_seen(election: Election, *, within: float) -> None:
    """The holder says itself that it leads; to be seen before it is stopped, never after."""
    eventually(
        election.masters.seen_leading,
        lambda seen: election.leader in seen,
        within=within,
        every=0.2,
        what=f"{election.leader} holds the Lease {election.component} and says that it leads",
    )


def await_both_seen(election: Election, *, within: float) -> None:
    """The control of ``doubles``: the first leader and its successor were both seen to lead."""
    taken = election.successor().lease.machine
    eventually(
        election.masters.seen_leading,
        lambda seen: {election.leader, taken} <= seen,
        within=within,
        what=f"{election.leader} and then {taken} say that they lead (control)",
    )


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


def slow_renewals(watch: LeaseWatch, *, limit: float) -> str:
    """What is wrong with the time between renewals, by the holder's clock; empty when nothing."""
    gaps = gaps_between(watch)
    if not gaps:
        return "it was never renewed"
    return f"{max(gaps):.1f} s passed between two renewals" if max(gaps) > limit else ""


def usual_gap(watch: LeaseWatch) -> float:
    """The median of the seconds between renewals. Errors: ClaimError when there was none."""
    gaps = gaps_between(watch)
    if not gaps:
        raise ClaimError(f"the Lease {watch.name} was never renewed")
    return median(gaps)


def gaps_between(watch: LeaseWatch) -> list[float]:
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
