"""One step of an upgrade on its machine: by the phases that built it, until it is ready again."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.build.phase import Phase
from infra.clients.transport.kubectl import Kubectl
from infra.cluster import Cluster
from infra.desired.apply import Supplies
from infra.desired.plan import Action
from infra.errors import ClaimError, NotJudged, PhaseFailed
from infra.inventory import Machine
from infra.lifecycle import gate
from infra.lifecycle.build_runner import Build, phases_of
from infra.lifecycle.upgrade import observed
from infra.lifecycle.upgrade.steps import Kind, Step
from infra.phases import api_server, controllers, etcd
from infra.progress import Progress

PHASES: Mapping[Kind, tuple[Phase, ...]] = {
    Kind.ETCD: (etcd.PHASE,),
    Kind.API_SERVER: (api_server.PHASE,),
    Kind.MANAGERS: (controllers.PHASE,),
}
"""Of a controller, one kind at a time; a drained worker goes through all of its phases."""
DRAINED = 600
"""Seconds for a drain: grace of the Pods, and as long as their budgets wait for others."""
DRAIN = ("--ignore-daemonsets", "--delete-emptydir-data", f"--timeout={DRAINED}s")
"""metrics-server has scratch space. Without --force: an unmanaged Pod would be lost, and is its
owner's to move."""


@dataclass(frozen=True)
class Upgrade:
    """``cluster`` is as it will be; ``kubectl`` is of its old version, within one minor of both."""

    cluster: Cluster
    supplies: Supplies
    progress: Progress
    kubectl: Kubectl

    def carry_out(self, step: Step) -> None:
        """Returns when the step's components are ready and the whole cluster is healthy.

        Errors: PhaseFailed with the cause.
        """
        try:
            with self.progress.stage(str(step)):
                if step.kind is Kind.NODE:
                    self._node(step)
                else:
                    self._phases(step)
                    observed.await_done(self.cluster, step)
                gate.gate(self.cluster)
        except PhaseFailed:
            raise
        except (NotJudged, ClaimError) as error:
            cause = f"{error}\nonce that is mended, the same command goes on from here"
            raise PhaseFailed(f"upgrade of {step.kind}", step.machine, cause) from error

    def _node(self, step: Step) -> None:
        """One that a killed run had upgraded already is not drained again."""
        if not observed.is_done(self.cluster, step):
            self._ask("drain", step.machine, *DRAIN)
        self._phases(step)
        observed.await_done(self.cluster, step)
        self._ask("uncordon", step.machine)

    def _phases(self, step: Step) -> None:
        machine = self.cluster.spec.machine(step.machine)
        run = Build(self.cluster, self.supplies, self.progress)
        known, before = run.first_look(machine), list[Action]()
        for phase in of_step(step, machine):
            before += run.phase(phase, machine, known, before)

    def _ask(self, *argv: str) -> None:
        """Errors: NotJudged with what kubectl said."""
        told = self.kubectl.run(*argv, timeout=DRAINED + 60)
        if told.status != 0:
            raise NotJudged(f"kubectl {' '.join(argv)} failed: {told.text[-500:].strip()}")


def of_step(step: Step, machine: Machine) -> tuple[Phase, ...]:
    return phases_of(machine) if step.kind is Kind.NODE else PHASES[step.kind]
