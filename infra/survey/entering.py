"""Machines that a survey enters, by SSH as the person says."""

from collections.abc import Mapping
from pathlib import Path

from infra.described import reading
from infra.described.description import DescribedMachine
from infra.described.shells import login_of
from infra.errors import UserError
from infra.ssh import Shell, Ssh
from infra.survey.candidates import Candidate
from infra.survey.describing import Enter

OPTIONS = {
    "user": "--ssh-user",
    "key": "--ssh-key",
    "known_hosts": "--known-hosts",
    "jump": "--jump",
    "ssh_config": "--ssh-config",
}
"""Of the command, by key of the table."""
FILES = ("key", "known_hosts", "ssh_config")


def table(**given: str | Path | None) -> dict[str, str] | None:
    """``[ssh]`` of what was given, paths whole; None when no user was, hence no machine is entered.

    Errors: UserError when something was given that needs a user.
    """
    told = {key: value for key, value in given.items() if value}
    if not told:
        return None
    if "user" not in told:
        raise UserError(f"{OPTIONS[next(iter(told))]} is for SSH: give --ssh-user too")
    return {
        key: str(Path(value).expanduser().absolute()) if key in FILES else str(value)
        for key, value in told.items()
    }


def by(ssh: Mapping[str, str | int] | None, out: Path) -> Enter | None:
    """What opens a machine's shell; None: no machine is to be entered. Errors: UserError."""
    if ssh is None:
        return None
    any_ = {"name": "any", "role": "worker", "private": "127.0.0.1"}
    draft = {"name": "draft", "kubeconfig": __file__, "kubernetes": "v1.0.0"}
    described = reading.parse({**draft, "ssh": dict(ssh), "machine": [any_]}, out)

    def enter(one: Candidate) -> Shell:
        if described.ssh is None:
            raise UserError("no machine is to be entered")
        login = login_of(described.ssh, machine(one))
        return Ssh(one.name, lambda: login)

    return enter


def machine(one: Candidate) -> DescribedMachine:
    return DescribedMachine.model_validate(
        {"name": one.name, "role": one.role, "private": one.private, "ssh": one.ssh}
    )
