"""What the build waits for: SSH on a machine, its units, an API server, Ready nodes."""

from collections.abc import Iterable, Mapping
from typing import Any

from infra.cluster import Cluster
from infra.desired.things import Running, Thing
from infra.errors import Unreachable
from infra.inventory import Machine, Role
from infra.kube_api import Api, ApiUnreachable
from infra.wait import eventually

SSH_WITHIN = 90.0
"""Seconds from `running` to an SSH answer: 12 s measured for six machines at once, AWS up to 60."""
FIRST_BOOT_WITHIN = 300.0
"""Seconds for cloud-init after SSH answers; half a minute to one on AWS."""
BOOTING = frozenset({"status: running", "status: not started", "status: not run"})
"""What cloud-init says before it is done; source: its documentation, `cloud-init status`."""
READY_WITHIN = 180.0
"""Seconds for a phase's units: 45 s measured for API servers with everything at once; 4 x that."""


def answer(cluster: Cluster, machine: Machine) -> None:
    eventually(
        lambda: cluster.shell(machine.name).run(["true"], timeout=10).exit_status,
        lambda status: status == 0,
        within=SSH_WITHIN,
        every=0.2,
        what=f"{machine.name} answers over SSH",
        transient=(Unreachable,),
    )


def first_boot(cluster: Cluster, machine: Machine) -> None:
    """Cloud-init, where a machine has it, is done: it runs packages' tools and writes files, and
    SSH answers before. Errors: WaitTimeout, those of the shell.
    """
    shell = cluster.shell(machine.name)
    eventually(
        lambda: shell.run(["cloud-init", "status"], check=False).stdout,
        lambda said: said.strip() not in BOOTING,
        within=FIRST_BOOT_WITHIN,
        what=f"the first boot of {machine.name} is over",
    )


def await_units(cluster: Cluster, machine: Machine, wanted: Iterable[Thing]) -> None:
    names = [thing.unit for thing in wanted if isinstance(thing, Running)]
    if not names:
        return
    shell = cluster.shell(machine.name)
    eventually(
        lambda: set(shell.run(["systemctl", "is-active", *names], check=False).stdout.split()),
        lambda states: states == {"active"},
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


def await_nodes(cluster: Cluster) -> None:
    workers = {str(m.name) for m in cluster.spec.of(Role.WORKER)}
    eventually(
        lambda: ready_nodes(cluster.api.get("/api/v1/nodes")),
        lambda ready: ready == workers,
        within=READY_WITHIN,
        every=0.5,
        what="every worker is a Ready node",
        transient=(ApiUnreachable,),
    )


def ready_nodes(nodes: Mapping[str, Any]) -> set[str]:
    return {
        node["metadata"]["name"]
        for node in nodes["items"]
        for condition in node["status"].get("conditions", ())
        if (condition["type"], condition["status"]) == ("Ready", "True")
    }
