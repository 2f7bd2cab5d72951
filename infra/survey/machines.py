"""What a machine shows when it is entered: components that run there, and their configurations.

Only reads, each by one command without a shell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml

from infra.errors import CommandFailed, NotJudged
from infra.ssh import Shell
from infra.survey import command_lines, places
from infra.survey.command_lines import Started
from infra.survey.places import Key, Value

TOOLS = ("etcdctl", "etcdutl")
"""Programs that nothing starts, and which claims use on controllers."""
STATIC_PODS = "staticPodPath"
"""Of KubeletConfiguration v1beta1: the directory of manifests."""


@dataclass
class Machine:
    """``unseen`` are sentences on what could not be looked at."""

    hostname: str
    started: list[Started] = field(default_factory=list)
    places: dict[Key, Value] = field(default_factory=dict)
    unseen: list[str] = field(default_factory=list)

    def runs(self, component: str) -> bool:
        return any(one.component == component for one in self.started)


def look(shell: Shell, pods: Sequence[Started] = ()) -> Machine:
    """``pods`` are components of this machine as the API has them.

    Errors: Unreachable; CommandFailed when not even root's first command runs.
    """
    found = Machine(shell.run(["hostname"]).stdout.strip())
    processes = list(running(shell))
    found.started += [one for one in processes if one.unit]
    if not found.runs("kubelet"):
        found.started += of_unit_file(shell, "kubelet")
    found.places |= dict(units_directory(shell, found.started))
    contents = {one.component: configuration(shell, one, found.unseen) for one in found.started}
    known = {one.component: one for one in [*manifests(shell, contents.get("kubelet")), *pods]}
    for one in processes:
        if not found.runs(one.component):
            found.started.append(known.get(one.component, one))
    for one in found.started:
        if one.component not in contents:
            contents[one.component] = configuration(shell, one, found.unseen)
        found.places |= places.of_command(one)
        found.places |= places.of_configuration(one.component, contents[one.component])
    found.places |= dict(tools(shell))
    return found


def running(shell: Shell) -> Iterator[Started]:
    listed = shell.run(["ps", "-e", "-o", "pid=,comm="]).stdout
    for pid, component in command_lines.processes(listed).items():
        if one := process(shell, pid, component):
            yield one


def process(shell: Shell, pid: int, component: str) -> Started | None:
    """None for one that has ended meanwhile."""
    try:
        argv = command_lines.of_process(shell.run(["cat", f"/proc/{pid}/cmdline"]).stdout)
        unit = command_lines.unit_of(shell.run(["cat", f"/proc/{pid}/cgroup"]).stdout)
        program = shell.run(["readlink", f"/proc/{pid}/exe"]).stdout.strip()
    except CommandFailed:
        return None
    if not argv:
        return None
    if unit:
        return Started(component, shell.name, argv, unit=unit, program=program)
    # where a container's files lie is for who knows its mounts
    return Started(component, shell.name, argv, mounts={}, seen="/proc, in a container")


def of_unit_file(shell: Shell, unit: str) -> list[Started]:
    """A component that does not run, as its unit would start it."""
    shown = shell.run(["systemctl", "cat", unit], check=False)
    argv = command_lines.of_unit(shown.stdout) if shown.exit_status == 0 else ()
    if not argv:
        return []
    whole = tuple(word for word in argv if "$" not in word)
    seen = f"{unit}.service, which does not run"
    return [Started(unit, shell.name, whole, unit=unit, program=argv[0], seen=seen)]


def manifests(shell: Shell, kubelet: Any) -> Iterator[Started]:
    """Static Pods, from the directory that a kubelet's configuration names."""
    directory = kubelet.get(STATIC_PODS) if isinstance(kubelet, dict) else None
    if directory:
        listed = shell.run(["find", str(directory), "-name", "*.yaml", "-type", "f"], check=False)
        for path in listed.stdout.splitlines():
            content = parsed(shell, path, [])
            if isinstance(content, dict):
                yield from command_lines.of_pod(content, machine=shell.name)


def configuration(shell: Shell, one: Started, unseen: list[str]) -> Any:
    """The file that ``--config`` names; None where none is."""
    path = one.place(one.flags.get("config", ""))
    if not path or one.component not in places.CONFIGURATIONS:
        return None
    return parsed(shell, path, unseen)


def parsed(shell: Shell, path: str, unseen: list[str]) -> Any:
    try:
        return yaml.safe_load(shell.get(path))
    except (NotJudged, yaml.YAMLError) as error:
        unseen.append(f"{path} of {shell.name} could not be read: {' '.join(str(error).split())}")
        return None


def units_directory(shell: Shell, started: Sequence[Started]) -> Iterator[tuple[Key, Value]]:
    """Where Kubernetes' own unit files lie; the container runtime's are another's."""
    ours = [one.unit for one in started if one.component.startswith(("etcd", "kube"))]
    for unit in ours[:1]:
        asked = ["systemctl", "show", "--property=FragmentPath", "--value", unit]
        path = shell.run(asked, check=False).stdout.strip()
        if path.startswith("/"):
            yield ("directories", "units"), str(PurePosixPath(path).parent)


def tools(shell: Shell) -> Iterator[tuple[Key, Value]]:
    for path in shell.run(["which", *TOOLS], check=False).stdout.splitlines():
        if (name := PurePosixPath(path).name) in TOOLS:
            yield ("programs", name), path
