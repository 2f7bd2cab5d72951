"""Who may lead an elected component: every process of its program, and what each may write."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from infra import parallel
from infra.clients.auth import kubeconfigs
from infra.clients.transport import systemd
from infra.cluster import Cluster
from infra.errors import require
from infra.inventory import MachineName
from infra.kube_api import WHO, Api, ApiUnreachable
from infra.ssh import Shell

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def processes(shell: Shell, program: str) -> list[int]:
    """Processes that run a program of this name, also one whose file was replaced since."""
    argv = ["find", "/proc", "-maxdepth", "2", "-name", "exe", "-lname", f"*/{program}*"]
    found = shell.run(argv, check=False).stdout.split()  # others end while it looks
    return [int(path.split("/")[2]) for path in found]


def arguments(shell: Shell, pid: int) -> list[str]:
    """Words of a process's command line; none of one that has ended."""
    text = shell.run(["cat", f"/proc/{pid}/cmdline"], check=False).stdout
    return [word for word in text.split("\0") if word]


def strangers(cluster: Cluster, component: str) -> list[str]:
    """Processes of a component's program, on any machine, that are none of its three units'."""
    controllers = {machine.name for machine in cluster.spec.controllers}
    unit = cluster.layout.units.named(component)

    def on(machine: MachineName) -> list[str]:
        shell = cluster.shell(machine)
        own = systemd.show(shell, unit).pid if machine in controllers else 0
        found = processes(shell, component)
        require(not own or own in found, f"{machine} does not list its own {component} (control)")
        others = [arguments(shell, pid) for pid in found if pid != own]
        return [f"{machine}: {shlex.join(words)}" for words in others if stays(words)]

    return parallel.found([machine.name for machine in cluster.spec.machines], on)


def stays(words: Sequence[str]) -> bool:
    """Whether a command line is of a process that goes on: not ended, nor telling its version."""
    return bool(words) and "--version" not in words


def unable(cluster: Cluster, component: str) -> list[str]:
    """Candidates that may not renew the Lease as their component's user, asked as each.

    Who is a component's user is told by article 4. Any user that elects itself may write any Lease
    of kube-system (bootstrap policy, system::leader-locking-*, 1.36): a scheduler that goes by the
    manager's kubeconfig would lead, and could bind no Pod.
    """
    found = []
    for machine in cluster.spec.controllers:
        with TemporaryDirectory() as folder:
            api = own_api(cluster, machine.name, component, Path(folder))
            if wrong := hindrance(api, component):
                found.append(f"{component} of {machine.name} {wrong}")
    return found


def own_api(cluster: Cluster, machine: str, component: str, folder: Path) -> Api:
    """The API server of a machine as the component there; its files are put in ``folder``."""
    shell = cluster.shell(machine)
    unit = shell.layout.units.named(component)
    words = arguments(shell, systemd.show(shell, unit).pid)
    path = kubeconfigs.of_command(shell, words)
    credentials = kubeconfigs.credentials(shell.get(path), cluster.credentials("admin").ca, folder)
    return Api(cluster.api_of(machine).base, credentials)


def hindrance(api: Api, component: str) -> str:
    """What keeps a candidate from renewing the Lease as its own user; empty when nothing does."""
    lease = {"group": "coordination.k8s.io", "resource": "leases", "name": component}
    attributes = {**lease, "verb": "update", "namespace": "kube-system"}
    try:
        answer = api.ask("POST", REVIEW, body={"spec": {"resourceAttributes": attributes}})
        who = api.ask("POST", WHO, body={}).body.get("status", {}).get("userInfo", {})
    except ApiUnreachable as error:
        return f"is not answered: {error}"
    if not answer.ok:
        return f"is refused: {answer.status} {answer.message}"
    user, own = who.get("username", "nobody"), f"system:{component}"
    if user != own:
        return f"asks as {user}, must be {own}"
    return "" if answer.body["status"]["allowed"] else f"may not update the Lease {component}"
