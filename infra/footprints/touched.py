"""What a scenario touched, as its record hears it; it must lie inside what it declared.

Commands on machines, requests to the API and kubectl tell it. Objects, units and files that carry a
scenario's own name are its own; what others see changed is touched.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from infra.footprints.footprint import Footprint
from infra.footprints.footprint_tags import (
    ADD_ONS,
    API_SERVERS,
    BALANCER,
    DRIVER,
    ETCD,
    FLOW_CONTROL,
    MANAGERS,
    READINESS,
    SCHEDULERS,
    WORKERS,
)
from infra.footprints.held_resources import Need
from infra.machine_layout import SERIES, Layout

OWN = re.compile(r"\bclaim-[0-9a-f]{8}\b")
"""A name that a scenario gave (suite/leftovers.py)."""
VERBS = {"start", "stop", "restart", "reload", "kill", "poweroff", "reboot"}
LOGIND = "systemd-logind"
WRITERS = {"cp", "mv", "rm", "install"}
SYSTEM = re.compile(r"^/apis?/\S*?v\d\w*/namespaces/kube-system/(\w+)/([^/]+)(?:/(\w+))?$")
WRITTEN = ("deployments", "daemonsets", "pods", "services", "configmaps")
NO_CHANGE = ("exec", "attach", "portforward", "proxy")
"""Subresources by which nothing is written."""
NODE = re.compile(r"^/api/v1/nodes/([^/]+)(?:/(\w+))?")
FLOW = re.compile(r"^/apis/flowcontrol\.apiserver\.k8s\.io/\w+/\w+/([^/]+)")
ROLE = re.compile(r"^/apis/rbac\.authorization\.k8s\.io/v1/clusterroles/([^/]+)")
OF_THE_DRIVER = re.compile(r"^(ebs-|snapshot-|aws-meta$)")
LABELS = "PATCH /api/v1/nodes/"
ONE_OF = {API_SERVERS: ("an_api_server", "every_api_server"), ETCD: ("a_member", "etcd")}
"""Words for one machine's component, and for all of them."""


@dataclass(frozen=True)
class Touch:
    """A resource by name, on which machine if on one, and by what."""

    resource: str
    how: str
    machine: str = ""


Listener = Callable[[Touch], None]
listeners: list[Listener] = []


def tell(touches: Iterator[Touch]) -> None:
    for touch in touches:
        for listener in listeners:
            listener(touch)


def by_command(machine: str, argv: Sequence[str], layout: Layout = SERIES) -> Iterator[Touch]:
    """What a command on a machine changes for others."""
    how = " ".join(argv)
    if OWN.search(how) or len(argv) < 2:
        return
    if argv[0] == "systemctl" and argv[1] in VERBS:
        for resource in of_unit(machine, argv, layout):
            yield Touch(resource, how, machine)
    elif argv[0] in ("swapon", "swapoff") or writes_files(argv, layout):
        yield from (Touch(one, how, machine) for one in of_machine(machine))


def of_unit(machine: str, argv: Sequence[str], layout: Layout) -> list[str]:
    units = layout.units
    if argv[1] in ("poweroff", "reboot"):
        return [machine, READINESS] if machine in WORKERS else []
    unit = argv[-1].removesuffix(".service")
    if unit in (units.container_runtime, units.kubelet, units.kube_proxy, LOGIND):
        return [machine] if machine in WORKERS else []
    found = {
        units.etcd: ETCD,
        units.api_server: API_SERVERS,
        units.controller_manager: MANAGERS,
        units.scheduler: SCHEDULERS,
        units.load_balancer: BALANCER,
    }.get(unit)
    return [found] if found else []


def of_machine(machine: str) -> list[str]:
    """Its files are a worker's; those of a controller are of several components, whose units tell
    which.
    """
    return [machine] if machine in WORKERS else []


def writes_files(argv: Sequence[str], layout: Layout) -> bool:
    """Whether files of components are written, as suite/leftovers.py looks at them."""
    where = layout.directories
    folders = {where.units, where.kubelet, where.kubernetes, where.kube_proxy, where.programs}
    paths = [PurePosixPath(word) for word in argv[1:] if word.startswith("/")]
    return argv[0] in WRITERS and any(str(path.parent) in folders for path in paths)


def by_request(
    method: str, path: str, params: Mapping[str, str] | None, status: int
) -> Iterator[Touch]:
    """What a request that was answered changes for others; a dry run changes nothing."""
    if method in ("GET", "POST") or status >= 400 or (params or {}).get("dryRun"):
        return  # what is created has a name of its own, or stays behind and is found
    if not OWN.search(path):
        yield from (Touch(one, f"{method} {path}") for one in of_path(path))


def of_path(path: str) -> list[str]:
    if (found := NODE.match(path)) and found[2] not in NO_CHANGE:
        return [found[1]] if found[1] in WORKERS else []
    if found := SYSTEM.match(path):
        if found[1] in WRITTEN and found[3] not in NO_CHANGE:
            return [DRIVER if OF_THE_DRIVER.match(found[2]) else ADD_ONS]
        return []
    if FLOW.match(path):
        return [FLOW_CONTROL]
    found = ROLE.match(path)
    return [API_SERVERS] if found and not OF_THE_DRIVER.match(found[1]) else []


def by_kubectl(argv: Sequence[str]) -> Iterator[Touch]:
    if len(argv) > 1 and argv[0] in ("drain", "cordon", "uncordon", "taint") and argv[1] in WORKERS:
        yield Touch(argv[1], f"kubectl {' '.join(argv)}")


def outside(
    touches: Collection[Touch], looked_at: Collection[str], footprint: Footprint, need: Need
) -> list[str]:
    """What lies outside the footprint, a sentence each. ``need`` is what it held, which may be
    more.
    """
    declared = footprint.exclusive | ({need.own_worker} if footprint.takes_a_worker else set())
    uses_driver = footprint.uses_driver
    declared |= {DRIVER} if uses_driver else set()  # who uses it may bring it
    strange = {one.resource: one for one in touches if one.resource not in declared}
    if uses_driver:  # labels of nodes come and go with it
        strange = {name: one for name, one in strange.items() if not one.how.startswith(LABELS)}
    found = [f"it touched {name} ({one.how}{on(one)})" for name, one in strange.items()]
    if not need.is_alone:
        unheld = sorted(set(looked_at) & set(WORKERS) - need.held)
        found += [f"it looked at {name}, which others may be changing" for name in unheld]
    return found + more_than_one(touches, footprint)


def on(one: Touch) -> str:
    return f" on {one.machine}" if one.machine else ""


def more_than_one(touches: Collection[Touch], footprint: Footprint) -> list[str]:
    """Machines whose component was touched where one was declared."""
    found = []
    for resource, (one, every) in ONE_OF.items():
        where = {touch.machine for touch in touches if touch.resource == resource} - {""}
        if one in footprint.changes and every not in footprint.changes and len(where) > 1:
            found.append(f"it touched {resource} on {', '.join(sorted(where))}, not on one")
    return found
