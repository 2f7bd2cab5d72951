"""Locks on the shutdown of workers: who holds one, and what logind allows."""

from dataclasses import dataclass

import pytest
from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.faults import Faults
from infra.clients.node import kubelet
from infra.clients.transport import journal, systemd
from infra.cluster import Cluster
from infra.errors import require
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.node import graceful_shutdown
from suite.node.graceful_shutdown import DROP_IN, LATER, LOGIND, NOT_RAISED
from tests.steps.node.graceful_shutdown import delay_shutdown
from tests.steps.phrases import Time, one_of, phrase

Limits = dict[str, float]
"""Seconds that the logind of each worker allows before anything is changed."""


@dataclass(frozen=True)
class Held:
    """A worker whose logind is held to a limit, and where its journal stood before."""

    node: str
    position: str


@pytest.fixture
def changed(held: Held) -> str:
    """The worker whose logind is held to a limit, where no step changed another's kubelet."""
    return held.node


@given(phrase("workers whose logind allows less than {period:Duration}"), target_fixture="limits")
def allowing_less(cluster: Cluster, period: float) -> Limits:
    names = [str(worker.name) for worker in cluster.spec.workers]
    found = {name: graceful_shutdown.limit(cluster.shell(name)) for name in names}
    enough = [f"{name} allows {limit:g} s" for name, limit in found.items() if limit >= period]
    require(not enough, f"no kubelet has to raise what logind allows already: {enough}")
    return found


@when(
    phrase(
        "every kubelet is set to delay a shutdown by {period:Duration}, "
        "{critical:Duration} of them for critical Pods"
    )
)
def delaying_workers(
    cluster: Cluster, faults: Faults, limits: Limits, period: float, critical: float
) -> None:
    for node in limits:
        delay_shutdown(cluster, faults, node, graceful_shutdown.settings(period, critical))
    for node in limits:
        kubelet.await_heartbeat(cluster.api, node)


@when(
    phrase(
        "a later drop-in limits one worker's logind to {limit:Duration}, and that "
        "worker's kubelet restarts"
    ),
    target_fixture="held",
)
def hold_limit(cluster: Cluster, faults: Faults, limits: Limits, limit: float) -> Held:
    """As a site does, or a package of the distribution (kubernetes#102818)."""
    node = list(limits)[-1]
    shell = cluster.shell(node)
    shell.run(["rm", "--force", DROP_IN])
    faults.add(node, LATER, graceful_shutdown.at_most(limit), unit=LOGIND)
    held = Held(node, journal.cursor(shell))
    systemd.restart(shell, cluster.layout.units.kubelet, reread=False)
    return held


@then(phrase("within {limit:Duration} every kubelet has an inhibitor lock"))
def each_holds_lock(cluster: Cluster, limits: Limits, evidence: Evidence, limit: float) -> None:
    found = eventually(
        lambda: {node: graceful_shutdown.lock_or_why(cluster.shell(node)) for node in limits},
        lambda seen: all(lock for lock, _ in seen.values()),
        within=scaled(limit),
        what=f"the kubelets of {' and '.join(limits)} hold a lock on their machine's shutdown",
    )
    evidence.table("locks", "worker, lock, limit", [(n, *seen) for n, seen in found.items()])


@then(
    phrase(
        "a drop-in of each kubelet has raised InhibitDelayMaxSec of its logind to {period:Duration}"
    )
)
def limits_raised(cluster: Cluster, limits: Limits, period: float) -> None:
    shells = [cluster.shell(node) for node in limits]
    found = [(s.name, graceful_shutdown.limit(s), graceful_shutdown.raised(s)) for s in shells]
    wrong = [
        f"{name}: {now:g} s after {limits[name]:g} s, {'by' if raised else 'without'} {DROP_IN}"
        for name, now, raised in found
        if now < period or not raised
    ]
    must_be_none(wrong, f"the kubelet's file lets logind allow {period:g} s")


@then(
    phrase(
        "within {limit:Duration} the limited worker's kubelet reports that logind still "
        "allows {held_to:Duration}"
    )
)
def says_not_raised(cluster: Cluster, held: Held, limit: float, held_to: float) -> None:
    shell, words = cluster.shell(held.node), f"current value is {held_to:g}s"
    unit = cluster.layout.units.kubelet
    eventually(
        lambda: [m for m in journal.messages(shell, held.position, unit) if NOT_RAISED in m],
        lambda seen: any(words in line for line in seen),
        within=scaled(limit),
        what=f"the kubelet of {held.node} says that it could not raise what logind allows",
    )


@then(
    phrase(
        "{time:Time}{whose:Whose} kubelet has {count:HowMany} inhibitor lock",
        Whose=one_of(["the worker's", "the limited worker's"]),
        HowMany=one_of(["an", "no"]),
    )
)
def has_lock(cluster: Cluster, changed: str, evidence: Evidence, time: Time, count: str) -> None:
    shell = cluster.shell(changed)
    time.must(
        lambda: graceful_shutdown.lock_or_why(shell),
        lambda seen: bool(seen[0]) == (count == "an"),
        what=f"the kubelet of {changed} holds {count.rstrip('n')} lock on its shutdown",
    )
    evidence.record("the lock", "text", graceful_shutdown.delays(shell))


@then("every worker's logind reports its maximum inhibitor delay")
def every_logind(cluster: Cluster, evidence: Evidence) -> None:
    shells = [cluster.shell(worker.name) for worker in cluster.spec.workers]
    told = {shell.name: graceful_shutdown.allows(shell) for shell in shells}
    evidence.table("logind", "worker, what it says", told.items())
    wrong = [f"{node}: {words}" for node, words in told.items() if "allows" not in words]
    must_be_none(wrong, "every worker has logind")
