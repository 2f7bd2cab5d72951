"""What every process of a component is set to, and who differs from others.

Flags are those of its command line: /flagz, which tells defaults too, is off before 1.36, and one
version has one default.

A candidate that stands by, an API server that the balancer did not choose, the worker that no Pod
came to: none of them shows what it is set to until its turn comes.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra import parallel
from infra.clients.instrumentation import configz
from infra.clients.node import image_gc, machine_settings
from infra.clients.node.kubelet_api import Port
from infra.clients.transport import systemd
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.inventory import Machine, Role
from infra.ssh import Shell

OF_EVERY_MEMBER = ("--initial-cluster", "--etcd-servers")
"""Lists that have the machine's own address among those of the others."""
OF_UNIT = (
    "UnitFileState", "Restart", "RestartUSec", "RestartPreventExitStatus", "SuccessExitStatus",
    "StartLimitIntervalUSec", "StartLimitBurst", "RuntimeMaxUSec", "KillMode", "KillSignal",
    "TimeoutStopUSec", "Environment", "EnvironmentFiles", "DropInPaths", "User", "Nice",
    "OOMScoreAdjust", "Delegate", "CPUWeight", "CPUQuotaPerSecUSec", "AllowedCPUs", "MemoryHigh",
    "MemoryMax", "LimitNOFILE",
)  # fmt: skip
"""What systemd does with a process that ends or is in its way; systemctl(1) show."""
SUMS = ("-type", "f", "-exec", "sha256sum", "{}", "+")
"""Of find(1)."""
SUBJECTS: Mapping[str, re.Pattern[str]] = {
    "images": re.compile(r"(?i)image|registry|snapshotter|transfer|/hosts\.toml$"),
    "leader election": re.compile(
        r"--leader-elect|[Ll]eaderElection|--controllers$|Controllers$|--(kube)?config$"
        r"|\.service's "
    ),
    "limits": re.compile(r"kubepods|^vm\.|[cC]group|cpuCFS|MemoryQoS|memoryThrottling"),
    "log queries": re.compile(
        r"enableSystemLog|enableDebuggingHandlers|NodeLogQuery|the time zone"
    ),
    "quorum": re.compile(
        r"--(heartbeat-interval|election-timeout|pre-vote|initial-|listen-peer|data-dir)"
        r"|\.service's "
    ),
    "the kubernetes Service": re.compile(
        r"--(advertise-address|bind-address|secure-port|etcd-servers|endpoint-reconciler-type"
        r"|service-cluster-ip-range|kubernetes-service-node-port)$|\.service's "
    ),
}
"""Settings that belong to a claim, by what it speaks of: one that differs makes it false. Where any
other differs, what one process shows is not shown of its peers, which leaves the claim open.
"""
OWN, ABSENT, EMPTY = "its own", "absent", '""'
Settings = Mapping[str, str]
"""By name: flags with their dashes, fields of a configuration with their parents, the unit's."""


def of_processes(cluster: Cluster, component: str) -> dict[str, Settings]:
    """Of a component of the controllers, by machine: flags and unit. Errors: NotJudged."""

    def of(machine: Machine) -> Settings:
        return started(cluster, machine, component)

    return each(cluster, Role.CONTROLLER, of)


def of_candidates(cluster: Cluster, component: str) -> dict[str, Settings]:
    """Of an elected component, by machine. Errors: NotJudged."""

    def of(machine: Machine) -> Settings:
        configured = fields(configz.told(cluster, str(machine.name), component))
        return {**started(cluster, machine, component), **configured}

    return each(cluster, Role.CONTROLLER, of)


def started(cluster: Cluster, machine: Machine, component: str) -> Settings:
    """Flags of the running process, and what systemd does with it."""
    shell = cluster.shell(machine.name)
    given = systemd.flags(shell, component).items()
    own = {flag: without_own(machine, flag, value) for flag, value in given}
    return {**own, **of_unit(shell, cluster.layout.units.named(component))}


def without_own(machine: Machine, flag: str, value: str) -> str:
    """The machine's own name and address are that of each."""
    if flag in OF_EVERY_MEMBER:
        return value
    return OWN if value == machine.name else value.replace(str(machine.private_ip), OWN)


def of_kubelets(cluster: Cluster) -> dict[str, Settings]:
    """By worker. Errors: NotJudged."""
    admin = cluster.credentials("admin")

    def of(machine: Machine) -> Settings:
        port = Port(cluster, str(machine.name), admin)
        if (told := port.ask("/configz").body.get("kubeletconfig")) is None:
            raise NotJudged(f"the kubelet of {machine.name} tells no configuration")
        own = machine_settings.of_worker(cluster.shell(machine.name))
        return {**started(cluster, machine, "kubelet"), **fields(told), **own}

    return each(cluster, Role.WORKER, of)


def of_runtimes(cluster: Cluster) -> dict[str, Settings]:
    """By worker: containerd's configuration, how it asks registries, and the programs that it runs.

    Errors: NotJudged.
    """
    runc, plugins = cluster.layout.programs.runc, cluster.layout.directories.cni_plugins
    registries = cluster.layout.directories.registries
    ours = tuple(f"{registries}/{one.private_ip}:" for one in cluster.spec.controllers)

    def of(machine: Machine) -> Settings:
        shell = cluster.shell(machine.name)
        configured = fields(image_gc.configuration(shell))
        found = sums(shell.run(["find", runc, plugins, *SUMS]).stdout)
        asked = sums(shell.run(["find", registries, *SUMS], check=False).stdout)
        unit = of_unit(shell, cluster.layout.units.container_runtime)
        # a scenario's own registry, on a controller, is known to the worker that uses it
        known = {path: told for path, told in asked.items() if not path.startswith(ours)}
        return {**configured, **found, **known, **unit}

    return each(cluster, Role.WORKER, of)


def of_files(cluster: Cluster) -> dict[str, Settings]:
    """Sums of the files that every controller has, by controller: keys, certificates and policies
    of the control plane. Errors: NotJudged.

    Who makes some for each machine has others on each of them; what two have alike the third
    should have, too.
    """
    folder = cluster.layout.directories.kubernetes

    def of(machine: Machine) -> Settings:
        return sums(cluster.shell(machine.name).run(["find", folder, *SUMS]).stdout)

    found = each(cluster, Role.CONTROLLER, of)
    common = set.intersection(*(set(one) for one in found.values()))
    shared = [path for path in common if len({one[path] for one in found.values()}) < len(found)]
    return {m: {path: one[path] for path in shared} for m, one in found.items()}


def sums(text: str) -> Settings:
    """Of the output of sha256sum, by path."""
    lines = (line.split() for line in text.splitlines())
    return {path: f"of SHA-256 {found[:12]}" for found, path in lines}


def each(cluster: Cluster, role: Role, of: Callable[[Machine], Settings]) -> dict[str, Settings]:
    found = parallel.by_item(cluster.spec.of(role), of)
    return {str(machine.name): one for machine, one in found.items()}


def of_unit(shell: Shell, name: str) -> Settings:
    shown = shell.run(["systemctl", "show", f"--property={','.join(OF_UNIT)}", name]).stdout
    pairs = (line.partition("=") for line in shown.splitlines() if line)
    return {f"{name}.service's {key}": value for key, _, value in pairs}


def fields(tree: Mapping[str, Any]) -> Settings:
    return dict(leaves(tree, ""))


def leaves(tree: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    """A list is one value. The order of words counts; that of objects is a Go map's, drawn anew at
    each start (seen: GCIgnoredResources of the controller manager).
    """
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value if isinstance(value, str) else json.dumps(settled(value))


def settled(value: object) -> object:
    if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
        return sorted(value, key=lambda one: json.dumps(one, sort_keys=True))
    return value


@dataclass(frozen=True)
class Odd:
    """A setting that not all have alike; ``text`` is what a stranger has to know of it."""

    setting: str
    text: str

    def __str__(self) -> str:
        return self.text

    def is_of(self, subject: str) -> bool:
        return bool(SUBJECTS[subject].search(self.setting))


def odd(found: Mapping[str, Settings]) -> list[Odd]:
    """Who has what otherwise than most of them; of two that differ each is told. Pure."""
    names = sorted({name for one in found.values() for name in one})
    seen = {name: {m: one.get(name, ABSENT) for m, one in found.items()} for name in names}
    return [Odd(name, text) for name, values in seen.items() if (text := difference(name, values))]


def difference(name: str, values: Mapping[str, str]) -> str:
    """Empty when all have it alike."""
    (usual, times), *others = Counter(values.values()).most_common()
    if not others:
        return ""
    if 2 * times <= len(values):
        return f"{name} is {', '.join(f'{v or EMPTY} on {m}' for m, v in values.items())}"
    alone = [f"{value or EMPTY} on {m}" for m, value in values.items() if value != usual]
    return f"{name} is {', '.join(alone)}, {usual or EMPTY} on the others"
