"""A whole upgrade: refused before anything changes, or carried out step by step; a killed one goes
on with the step that it was at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infra.artifacts import catalog as catalogs
from infra.artifacts.store import Store
from infra.build.ready import answer
from infra.clients.transport.kubectl import Kubectl
from infra.cluster import Cluster
from infra.errors import ClusterBroken, UserError, WaitTimeout
from infra.lifecycle import (
    cluster_identity,
    cluster_lifecycle,
    gate,
    platforms,
    state_dir,
    upgrade_record,
)
from infra.lifecycle.build_runner import build
from infra.lifecycle.cluster_artifacts import Supplied
from infra.lifecycle.upgrade import steps
from infra.lifecycle.upgrade.machine_upgrade import Upgrade
from infra.lifecycle.upgrade.steps import Step
from infra.lifecycle.upgrade_record import UnderWay
from infra.progress import Progress
from infra.settings import Settings
from infra.timing import scaled
from infra.wait import eventually


@dataclass(frozen=True)
class Upgraded:
    """``done`` are the steps of this run; ``old`` is ``new`` when the cluster had it already."""

    old: str
    new: str
    done: tuple[Step, ...] = ()


Listener = Callable[[Step, str], None]
"""Hears of each step when it begins ("begins") and when it is done ("done")."""
BEGINS, DONE = "begins", "done"


def upgrade(
    settings: Settings, to: str, progress: Progress, listener: Listener = lambda *_: None
) -> Upgraded:
    """The cluster has the version that ``to`` names, and is healthy.

    Errors: UserError and ClusterBroken in one line when nothing was changed; PhaseFailed,
    ClusterBroken, MissingArtifact, PlatformError: the same call goes on.
    """
    cluster_lifecycle.must_be_ours(settings)
    settings = cluster_identity.decided(settings)
    way, goes_on = decided(settings, catalogs.cluster_version(to))
    if way.old == way.new and not goes_on:
        return Upgraded(way.old, way.new)
    target = settings.model_copy(update={"kubernetes": way.new})
    with progress.stage("artifacts"):  # the cluster's network, entered below, leads to no registry
        supplied = cluster_lifecycle.gather(target, Store.default(), progress)
        kubectl = cluster_lifecycle.kubectl(settings)
    platforms.renew(settings)
    cluster = cluster_lifecycle.attach_as(settings, way.new)
    try:
        asking = Kubectl(kubectl, settings.state / "pki" / "admin.kubeconfig")
        run = Upgrade(cluster, supplied.supplies, progress, asking)
        done = through(settings, run, way, listener, goes_on=goes_on)
        finish(settings, run, way, supplied)
    finally:
        cluster.close()
    return Upgraded(way.old, way.new, tuple(done))


def decided(settings: Settings, new: str) -> tuple[UnderWay, bool]:
    """The upgrade, and whether it is under way already. Errors: UserError when it may not be."""
    record = upgrade_record.recorded(settings.state)
    name, found = settings.cluster_id, upgrade_record.read(settings.state)
    if found is None:
        steps.must_be_allowed(name, old=record["kubernetes"], new=new)
        return UnderWay(record["kubernetes"], new, {}), False
    if catalogs.minor_of(found.new) != catalogs.minor_of(new):
        raise UserError(upgrade_record.unfinished(name, found))
    return UnderWay(found.old, new, found.machines), True


def through(
    settings: Settings, run: Upgrade, way: UnderWay, listener: Listener, *, goes_on: bool
) -> Sequence[Step]:
    """What was left is done, each step written down when it is."""
    spec = run.cluster.spec
    left = way.left(steps.of_upgrade(spec, old=way.old, new=way.new))
    if goes_on:
        must_be_well_elsewhere(settings, run.cluster, left)
    else:
        must_be_healthy(settings, run.cluster)
        way = UnderWay(way.old, way.new, steps.versions_at(spec, way.old))
    upgrade_record.save(settings.state, way)
    platforms.put_off(settings, run.cluster)
    for step in left:
        listener(step, BEGINS)
        run.carry_out(step)
        way = way.with_done(step)
        upgrade_record.save(settings.state, way)
        listener(step, DONE)
    return left


def finish(settings: Settings, run: Upgrade, way: UnderWay, supplied: Supplied) -> None:
    """Objects of the phases, and what a look at everything finds; then the record is changed.

    Its last write ends the upgrade: a run that is killed before it does this again.
    """
    build(run.cluster, run.supplies, run.progress)
    with run.progress.stage("health gate"):
        gate.gate(run.cluster, deep=True)
    state_dir.mended(settings.state)
    cluster_identity.moved_to(settings.state, way.new)
    upgrade_record.over(settings.state, kubernetes=way.new, artifacts=list(supplied.sources))


def must_be_healthy(settings: Settings, cluster: Cluster) -> None:
    """Errors: ClusterBroken, one line; nothing was changed."""
    try:
        gate.gate(cluster, deep=True)
    except ClusterBroken as error:
        first = str(error).partition("\n")[0]
        raise ClusterBroken(
            f"cluster {settings.cluster_id!r} is not upgraded: {first}; look with: ./kfs status"
        ) from error


def must_be_well_elsewhere(settings: Settings, cluster: Cluster, left: Sequence[Step]) -> None:
    """What a killed run has left half done is on one machine, whose step is next: anything else
    that is wrong is to be mended before another machine is touched.

    Errors: ClusterBroken, one line; PlatformError.
    """
    start_stopped(settings, cluster)
    machine = left[0].machine if left else ""
    try:
        eventually(
            lambda: wrong_elsewhere(cluster, machine),
            lambda found: not found,
            within=scaled(gate.WITHIN),
            what="every other machine is well",
        )
    except WaitTimeout as error:
        first = str(error).partition("\n")[0]
        raise ClusterBroken(f"the upgrade does not go on: {first}; mend that first") from error


def wrong_elsewhere(cluster: Cluster, machine: str) -> list[str]:
    """Problems of the health gate that do not name the machine; all of them when it is none."""
    own = set[str]()
    if machine:
        own = {machine, cluster.reached_at(machine), str(cluster.spec.machine(machine).private_ip)}
    return [one for one in gate.problems(cluster) if not any(word in one for word in own)]


def start_stopped(settings: Settings, cluster: Cluster) -> None:
    """Machines that were switched off since, as AWS's are when they are not used, run again."""
    machines = platforms.instances(settings, cluster.spec)
    for machine in cluster.spec.machines:
        if machines.look(machine.name).state == "stopped":
            machines.start(machine.name)
        answer(cluster, machine)
