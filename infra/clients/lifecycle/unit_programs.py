"""What the units of Kubernetes would start on a machine, and which API servers they are sent to."""

import re
import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

from infra import parallel
from infra.clients.auth import kubeconfigs
from infra.clients.lifecycle import version_skew
from infra.clients.lifecycle.version_skew import Versions
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.inventory import Machine, Role
from infra.machine_layout import Units
from infra.ssh import Shell

ARGUMENTS = re.compile(r"argv\[\]=(.*?) ;")
"""In what systemd shows of ExecStart; drop-ins are in it."""


def clients(units: Units) -> dict[str, tuple[str, Role]]:
    """Units that are clients of the API, with their role, by what they are called elsewhere."""
    return {
        "controller manager": (units.controller_manager, Role.CONTROLLER),
        "scheduler": (units.scheduler, Role.CONTROLLER),
        "kubelet": (units.kubelet, Role.WORKER),
        "kube-proxy": (units.kube_proxy, Role.WORKER),
    }


@dataclass(frozen=True)
class Program:
    """``version`` is that of the file that a start would run; ``server`` is whom it would ask."""

    component: str
    machine: str
    version: str
    server: str

    def asked(self, cluster: Cluster) -> list[str]:
        """Controllers whose API server it may ask; none when the address is none of ours."""
        names = cluster.names_by_address()
        host = urlsplit(self.server).hostname or ""
        name = self.machine if host == "127.0.0.1" else names.get(host, host)
        controllers = [str(machine.name) for machine in cluster.spec.controllers]
        if name == cluster.spec.load_balancer.name:
            return controllers
        return [name] if name in controllers else []


def installed(cluster: Cluster) -> list[Program]:
    """Of every controller and worker. Errors: NotJudged for what cannot be read."""
    machines = [*cluster.spec.controllers, *cluster.spec.workers]
    return parallel.found(machines, lambda machine: of_machine(cluster, machine))


def of_machine(cluster: Cluster, machine: Machine) -> list[Program]:
    return [
        look(cluster.shell(machine.name), component, unit)
        for component, (unit, role) in clients(cluster.layout.units).items()
        if role is machine.role
    ]


def look(shell: Shell, component: str, unit: str) -> Program:
    text = shell.run(["systemctl", "show", "--property=ExecStart", "--value", unit]).stdout
    found = ARGUMENTS.search(text)
    if found is None:
        raise NotJudged(f"unit {unit} of {shell.name} starts nothing: {text[:200]}")
    program, *words = shlex.split(found[1])
    version = shell.run([program, "--version"]).stdout.split()[-1]
    server = kubeconfigs.server(shell.get(kubeconfigs.of_command(shell, words)))
    return Program(component, shell.name, version, server)


def past_the_balancer(cluster: Cluster, programs: list[Program]) -> list[str]:
    """Components of workers that are sent to one API server: it takes them with it when it goes."""
    port = cluster.layout.ports.api_server
    balancer = f"https://{cluster.spec.load_balancer.private_ip}:{port}"
    workers = [str(machine.name) for machine in cluster.spec.workers]
    return [
        f"the {one.component} of {one.machine} is sent to {one.server}"
        for one in programs
        if one.machine in workers and one.server != balancer
    ]


def disorder(cluster: Cluster, versions: Versions, programs: list[Program]) -> list[str]:
    """What is newer than an API server that it asks: a process, or what its unit would start."""
    wrong: list[str] = []
    for one in programs:
        who, asked = f"the {one.component} of {one.machine}", one.asked(cluster)
        wrong += [] if asked else [f"{who} is sent to {one.server}, no API server of ours"]
        wrong += version_skew.newer(versions, who, versions[one.component][one.machine], asked)
        wrong += version_skew.newer(versions, f"the program of {who[4:]}", one.version, asked)
    return list(dict.fromkeys(wrong))
