"""The build: every machine works through its phases in order, all machines at once.

A phase says which gate it waits for, what it opens and what runs after its units; here it is only
done. Building twice changes nothing and says so.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from infra.build import objects
from infra.build.phase import Finished, Gate, Phase
from infra.build.ready import (
    READY_WITHIN,
    answer,
    await_api,
    await_nodes,
    await_units,
    first_boot,
)
from infra.clients.auth import published_client_cas
from infra.cluster import Cluster
from infra.desired import facts
from infra.desired.apply import Supplies, apply
from infra.desired.facts import Facts
from infra.desired.plan import Action, Plan, plan
from infra.desired.things import Thing
from infra.errors import ClaimError, NotJudged, PhaseFailed
from infra.inventory import Machine
from infra.phases import BUILD
from infra.progress import Progress

FIRST_LOOK = "a first look"
"""What fails on a machine that does not answer."""


@dataclass
class Gates:
    """What one machine waits for of others; an error of one machine ends the wait of all."""

    futures: Mapping[Gate, Future[None]] = field(
        default_factory=lambda: {gate: Future() for gate in Gate}
    )

    def wait(self, gate: Gate) -> None:
        """Returns when it is open. Errors: what another machine failed with."""
        self.futures[gate].result()

    def open(self, gate: Gate) -> None:
        self.futures[gate].set_result(None)

    def fail(self, error: BaseException) -> None:
        for future in self.futures.values():
            if not future.done():
                future.set_exception(error)


def all_open() -> Gates:
    """Nothing to wait for: the other machines were built long ago."""
    gates = Gates()
    for gate in Gate:
        gates.open(gate)
    return gates


@dataclass
class Tally:
    kept: int = 0
    changed: int = 0

    def add(self, result: Plan | Finished) -> None:
        self.kept += result.kept
        self.changed += result.changed


@dataclass
class Build:
    cluster: Cluster
    supplies: Supplies
    progress: Progress
    gates: Gates = field(default_factory=Gates)
    tally: Tally = field(default_factory=Tally)

    def machine(self, machine: Machine) -> None:
        """All phases of one machine. Errors: PhaseFailed; other machines' waits end with it."""
        before: list[Action] = []
        doing = FIRST_LOOK
        try:
            known = self.first_look(machine)
            for phase in phases_of(machine):
                doing = str(phase)
                if gate := phase.waits_for(self.cluster.spec, machine):
                    self.gates.wait(gate)
                before += self.phase(phase, machine, known, before)
        except PhaseFailed:  # another machine's, seen through a gate
            raise
        except (NotJudged, ClaimError) as error:
            failed = PhaseFailed(doing, machine.name, str(error))
            self.gates.fail(failed)
            raise failed from error

    def first_look(self, machine: Machine) -> Facts:
        with self.progress.stage("ssh on every machine", quiet=True):
            answer(self.cluster, machine)
            first_boot(self.cluster, machine)
        with self.progress.stage("what is there already", quiet=True):
            return facts.read(self.cluster.shell(machine.name), all_of(self.cluster, machine))

    def phase(
        self, phase: Phase, machine: Machine, known: Facts, before: Sequence[Action]
    ) -> Sequence[Action]:
        """What was done; ``before`` is what earlier phases did, which restarts units as well."""
        with self.progress.stage(str(phase), quiet=True):
            wanted = things(self.cluster, phase, machine)
            result = plan(wanted, known, dict(self.supplies.digests), before)
            started = time.monotonic()
            apply(self.cluster.shell(machine.name), result.actions, self.supplies)
            await_units(self.cluster, machine, wanted)
            self.tally.add(result)
            if result.changed:
                took = time.monotonic() - started
                self.progress.say(
                    f"{phase}: {machine.name} "
                    f"changed {result.changed}, kept {result.kept}, {took:.1f} s"
                )
            self.finish(phase, machine)
        return result.actions

    def finish(self, phase: Phase, machine: Machine) -> None:
        finished = phase.afterwards(self.cluster, machine, self.supplies)
        self.tally.add(finished)
        if finished.message:
            self.progress.say(finished.message)
        if gate := phase.opened_by(self.cluster.spec, machine):
            self.gates.open(gate)

    def api(self) -> None:
        """Objects of the phases through the balancer, then two Ready nodes."""
        try:
            self.gates.wait(Gate.FIRST_API)
            await_api(self.cluster.api)
            for phase in BUILD:
                for item in phase.objects(self.cluster.spec):
                    changed = objects.stored(self.cluster.api, item, within=READY_WITHIN)
                    self.tally.changed += changed
                    self.tally.kept += not changed
            with self.progress.stage("two Ready nodes", quiet=True):
                await_nodes(self.cluster)
            self.progress.say("two Ready nodes")
            self.gates.open(Gate.NODES_READY)
        except (NotJudged, ClaimError) as error:
            self.gates.fail(error)
            raise


def build(cluster: Cluster, supplies: Supplies, progress: Progress, *, admits: str = "") -> Tally:
    """Brings every machine to its desired state; ``admits`` is whom a security group lets in.

    Errors: PhaseFailed with its first cause, and with that range when a machine does not answer.
    """
    try:
        return _build(cluster, supplies, progress)
    except PhaseFailed as error:
        if not (admits and error.phase == FIRST_LOOK):
            raise
        hint = (
            f"the security group admits {admits} only: if you come from another address now, "
            "repeat ./kfs up; a range is named by KFS_ALLOWED_CIDR"
        )
        raise PhaseFailed(error.phase, error.machine, f"{error.cause}\n{hint}") from error


def _build(cluster: Cluster, supplies: Supplies, progress: Progress) -> Tally:
    machines = cluster.spec.machines
    run = Build(cluster, supplies, progress)
    with progress.stage("phases"), ThreadPoolExecutor(max_workers=len(machines) + 1) as pool:
        builds = [pool.submit(run.machine, m) for m in machines]
        builds.append(pool.submit(run.api))
    for ended in builds:  # a machine's own failure comes before the waits that it ended
        if isinstance(ended.exception(), PhaseFailed):
            ended.result()
    for ended in builds:
        ended.result()
    if keys := published_client_cas.forget_strangers(cluster.api, cluster.material):
        run.tally.changed += 1
        progress.say(f"further authorities are no longer published under {', '.join(keys)}")
    return run.tally


def phases_of(machine: Machine) -> tuple[Phase, ...]:
    """The machine's phases in the series' order, but those that wait on every machine last."""
    mine = [phase for phase in BUILD if machine.role in phase.on]
    return tuple(sorted(mine, key=lambda phase: phase.waits_everywhere))


def things(cluster: Cluster, phase: Phase, machine: Machine) -> tuple[Thing, ...]:
    return tuple(phase.desired(cluster.spec, cluster.material, machine))


def all_of(cluster: Cluster, machine: Machine) -> tuple[Thing, ...]:
    return tuple(t for phase in phases_of(machine) for t in things(cluster, phase, machine))
