"""The build: every machine works through its phases in order, all machines at once.

What waits for another machine says so (``Gates``). The second API server starts after the first,
the third when the nodes are Ready: three at once race the same bootstrap writes, and on two cores
they would take the time that the nodes need. Building twice changes nothing and says so.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from infra.build import images, objects
from infra.build.phase import Phase
from infra.build.ready import READY_WITHIN, answer, await_api, await_nodes, await_units
from infra.clients.auth import published_client_cas
from infra.clients.etcd import alarms, etcdctl
from infra.cluster import Cluster
from infra.desired import facts
from infra.desired.apply import Supplies, apply
from infra.desired.facts import Facts
from infra.desired.plan import Action, Import, Plan, plan
from infra.desired.things import Thing
from infra.errors import ClaimError, LabError, PhaseFailed
from infra.inventory import Machine
from infra.phases import BUILD
from infra.progress import Progress

ETCD = 6
API = 7
RUNTIME = 10
NEED_API = (11, 12)
"""kubelet and kube-proxy: they wait for an API server, so a worker's other phases come first."""


@dataclass
class Gates:
    """What one machine waits for of others; an error of one machine ends the wait of all."""

    first_api: Future[None] = field(default_factory=Future)
    nodes_ready: Future[None] = field(default_factory=Future)

    def fail(self, error: BaseException) -> None:
        for gate in (self.first_api, self.nodes_ready):
            if not gate.done():
                gate.set_exception(error)


@dataclass
class Tally:
    kept: int = 0
    changed: int = 0

    def add(self, result: Plan) -> None:
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
        doing = "a first look"
        try:
            known = self.first_look(machine)
            for phase in phases_of(machine):
                doing = f"{phase.article} {phase.title}"
                self.await_others(phase, machine)
                self.phase(phase, machine, known, before)
        except PhaseFailed:  # another machine's, seen through a gate
            raise
        except (LabError, ClaimError) as error:
            failed = PhaseFailed(doing, machine.name, str(error))
            self.gates.fail(failed)
            raise failed from error

    def first_look(self, machine: Machine) -> Facts:
        with self.progress.stage("ssh on every machine", quiet=True):
            answer(self.cluster, machine)
        with self.progress.stage("what is there already", quiet=True):
            return facts.read(self.cluster.shell(machine.name), all_of(self.cluster, machine))

    def phase(self, phase: Phase, machine: Machine, known: Facts, before: list[Action]) -> None:
        with self.progress.stage(f"{phase.article} {phase.title}", quiet=True):
            wanted = things(self.cluster, phase, machine)
            result = plan(wanted, known, dict(self.supplies.digests), before)
            started = time.monotonic()
            apply(self.cluster.shell(machine.name), result.actions, self.supplies)
            await_units(self.cluster, machine, wanted)
            before.extend(result.actions)
            self.tally.add(result)
            if result.changed:
                took = time.monotonic() - started
                self.progress.say(
                    f"{phase.article} {phase.title}: {machine.name} "
                    f"changed {result.changed}, kept {result.kept}, {took:.1f} s"
                )
            if phase.article == ETCD:
                self.disarm(machine)
            if phase.article == RUNTIME:
                self.restore(machine)
            if phase.article == API:
                await_api(self.cluster.api_of(machine.name))
                if machine == self.cluster.spec.controllers[0]:
                    self.gates.first_api.set_result(None)

    def disarm(self, machine: Machine) -> None:
        """The unit is as it should be: an alarm that is left over from before goes."""
        own = f"https://{machine.private_ip}:{etcdctl.CLIENT_PORT}"
        if alarms.disarm(etcdctl.Etcdctl(self.cluster.shell(machine.name), (own,))):
            self.tally.changed += 1
            self.progress.say(f"etcd of {machine.name} has room again: its alarm is disarmed")

    def restore(self, machine: Machine) -> None:
        """What the machine image brought is there; containerd runs, so that it can tell."""
        result = images.restore(self.cluster.shell(machine.name), self.supplies)
        self.tally.add(result)
        if lost := [a.reference for a in result.actions if isinstance(a, Import)]:
            self.progress.say(f"{machine.name} had lost images, which are back: {', '.join(lost)}")

    def await_others(self, phase: Phase, machine: Machine) -> None:
        """The second API server starts beside the nodes (another CPU), the third after them."""
        first, second, *_ = self.cluster.spec.controllers
        if phase.article in NEED_API or (phase.article == API and machine == second):
            self.gates.first_api.result()
        elif phase.article == API and machine != first:
            self.gates.nodes_ready.result()

    def api(self) -> None:
        """Objects of the phases through the balancer, then two Ready nodes."""
        try:
            self.gates.first_api.result()
            await_api(self.cluster.api)
            for phase in BUILD:
                for item in phase.objects(self.cluster.spec):
                    changed = objects.stored(self.cluster.api, item, within=READY_WITHIN)
                    self.tally.changed += changed
                    self.tally.kept += not changed
            with self.progress.stage("two Ready nodes", quiet=True):
                await_nodes(self.cluster)
            self.progress.say("two Ready nodes")
            self.gates.nodes_ready.set_result(None)
        except (LabError, ClaimError) as error:
            self.gates.fail(error)
            raise


def build(cluster: Cluster, supplies: Supplies, progress: Progress) -> Tally:
    """Brings every machine to its desired state. Errors: PhaseFailed with its first cause."""
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
    """The machine's phases in the series' order, but what waits for others last."""
    mine = [phase for phase in BUILD if machine.role in phase.on]
    return tuple(sorted(mine, key=lambda phase: phase.article in NEED_API))


def things(cluster: Cluster, phase: Phase, machine: Machine) -> tuple[Thing, ...]:
    return tuple(phase.desired(cluster.spec, cluster.material, machine))


def all_of(cluster: Cluster, machine: Machine) -> tuple[Thing, ...]:
    return tuple(t for phase in phases_of(machine) for t in things(cluster, phase, machine))
