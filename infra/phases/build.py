"""The build: phases in order, machines of a phase in parallel, each phase observed before the next.

Building twice changes nothing and says so.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from infra.clients.api import Api, ApiUnreachable, need
from infra.cluster import Cluster
from infra.desired import facts
from infra.desired.apply import Supplies, apply
from infra.desired.facts import Facts
from infra.desired.plan import Plan, plan
from infra.desired.things import Running, Thing
from infra.errors import LabError, PhaseFailed, Unreachable, WaitTimeout
from infra.inventory import Machine
from infra.phases import BUILD
from infra.phases.phase import Phase
from infra.progress import Progress
from infra.wait import eventually

SSH_WITHIN = 90.0
"""Seconds from `running` to an SSH answer: 12 s measured for six machines at once, AWS up to 60."""
READY_WITHIN = 120.0
"""Seconds for a phase's units: API servers took 45 s on two cores with everything at once."""
FIELD_MANAGER = "kubernetes-from-scratch"
FIRST_API = 7
"""Article 7: three API servers at once race the same bootstrap writes, so one goes first."""
CLUSTER_SCOPED = frozenset({"ClusterRole", "ClusterRoleBinding", "Namespace", "APIService"})


@dataclass
class Tally:
    kept: int = 0
    changed: int = 0

    def add(self, result: Plan) -> None:
        self.kept += result.kept
        self.changed += result.changed


def build(cluster: Cluster, supplies: Supplies, progress: Progress) -> Tally:
    """Brings every machine to its desired state. Errors: PhaseFailed with its first cause."""
    machines = cluster.spec.machines
    with progress.stage("ssh on every machine"):
        each(machines, lambda m: answer(cluster, m))
    with progress.stage("what is there already"):
        things = {m.name: everything(cluster, m) for m in machines}
        known = dict(each(machines, lambda m: facts.read(cluster.shell(m.name), things[m.name])))
    tally = Tally()
    for phase in BUILD:
        with progress.stage(f"{phase.article} {phase.title}"):
            run_phase(phase, cluster, supplies, known=known, tally=tally)
        for item in phase.objects(cluster.spec):
            tally.changed += put_object(cluster.api, item)
    return tally


def run_phase(
    phase: Phase,
    cluster: Cluster,
    supplies: Supplies,
    *,
    known: Mapping[str, Facts],
    tally: Tally,
) -> None:
    def one(machine: Machine) -> None:
        wanted = tuple(phase.desired(cluster.spec, cluster.material, machine))
        result = plan(wanted, known[machine.name], dict(supplies.digests))
        apply(cluster.shell(machine.name), result.actions, supplies)
        tally.add(result)
        await_units(cluster, machine, wanted)

    machines = [m for m in cluster.spec.machines if m.role in phase.on]
    try:
        if phase.article == FIRST_API:
            one(machines[0])
            await_api(cluster.api_of(machines[0].name))
            machines = machines[1:]
        each(machines, one)
        if phase.article == FIRST_API:
            each(machines, lambda m: await_api(cluster.api_of(m.name)))
        if phase.objects(cluster.spec):
            await_api(cluster.api)
    except (LabError, WaitTimeout) as error:
        raise PhaseFailed(f"{phase.article} {phase.title}", "its machines", str(error)) from error


def everything(cluster: Cluster, machine: Machine) -> tuple[Thing, ...]:
    return tuple(
        thing
        for phase in BUILD
        if machine.role in phase.on
        for thing in phase.desired(cluster.spec, cluster.material, machine)
    )


def answer(cluster: Cluster, machine: Machine) -> None:
    eventually(
        lambda: cluster.shell(machine.name).run(["true"], timeout=10).exit_status,
        lambda status: status == 0,
        within=SSH_WITHIN,
        every=0.2,
        what=f"{machine.name} answers over SSH",
        transient=(Unreachable,),
    )


def await_units(cluster: Cluster, machine: Machine, wanted: Iterable[Thing]) -> None:
    names = [thing.unit for thing in wanted if isinstance(thing, Running)]
    if not names:
        return
    shell = cluster.shell(machine.name)
    eventually(
        lambda: shell.run(["systemctl", "is-active", *names], check=False).stdout.split(),
        lambda states: all(state == "active" for state in states),
        within=READY_WITHIN,
        every=0.3,
        what=f"units {', '.join(names)} are active on {machine.name}",
    )


def await_api(api: Api) -> None:
    eventually(
        lambda: api.ask("GET", "/readyz").status,
        lambda status: status == 200,
        within=READY_WITHIN,
        every=0.3,
        what=f"the API answers at {api.base}",
        transient=(ApiUnreachable,),
    )


def put_object(api: Api, item: dict[str, Any]) -> bool:
    """Server-side apply; True when the stored object changed. Errors: ApiRefused."""
    path = object_path(item)
    before = api.find(path)
    after = need(api.patch(path, item, kind="apply", fieldManager=FIELD_MANAGER, force="true"))
    return before is None or version(before) != version(after)


def version(item: dict[str, Any]) -> str:
    return str(item["metadata"]["resourceVersion"])


def object_path(item: Mapping[str, Any]) -> str:
    """The API path of a manifest; plural names of the kinds we apply are regular."""
    api_version, kind = item["apiVersion"], item["kind"]
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    name = item["metadata"]["name"]
    plural = f"{kind.lower()}s"
    if kind in CLUSTER_SCOPED:
        return f"{root}/{plural}/{name}"
    return f"{root}/namespaces/{item['metadata']['namespace']}/{plural}/{name}"


def each(machines: Iterable[Machine], do: Callable[[Machine], Any]) -> list[tuple[str, Any]]:
    """``do`` on every machine at once; the first error leaves after all have ended."""
    targets = list(machines)
    if not targets:
        return []
    with ThreadPoolExecutor(max_workers=len(targets)) as pool:
        futures = [(m.name, pool.submit(do, m)) for m in targets]
    return [(name, future.result()) for name, future in futures]
