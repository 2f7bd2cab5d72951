"""Shells of the machines that a description has, as its [ssh] says; none without it."""

from collections.abc import Callable
from dataclasses import replace

from infra.described.description import DescribedMachine, Description
from infra.described.description import Ssh as Access
from infra.errors import UserError
from infra.inventory import ClusterSpec
from infra.ssh import Ssh
from infra.ssh.connection import Login, configured, jump_of


def shells(description: Description, spec: ClusterSpec) -> Callable[[str], Ssh]:
    """What makes the shell of a machine, by name. Errors, when it is called: UserError."""
    machines = {one.name: one for one in description.machine}
    names = [one.name for one in spec.machines]

    def shell(name: str) -> Ssh:
        if description.ssh is None:
            raise UserError(f"{name} is not entered: my.toml has no [ssh]")
        if name not in machines:
            known = ", ".join(names)
            raise UserError(
                f"{name} is not entered: my.toml has no [[machine]] {name}, but {known}"
            )
        login = login_of(description.ssh, machines[name])
        return Ssh(name, lambda: login)

    return shell


def login_of(ssh: Access, machine: DescribedMachine) -> Login:
    login = Login(machine.reached, ssh.user, ssh.key, ssh.known_hosts, ssh.port)
    if ssh.jump:
        login = replace(login, jump=jump_of(ssh.jump, login))
    return configured(login, ssh.ssh_config) if ssh.ssh_config else login
