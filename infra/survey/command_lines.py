"""How components were started, from where it can be seen: a process, a Pod's manifest, a unit file.

All pure: who reads the texts is infra/survey/machines.py.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from infra.kube_api import JsonObject

COMPONENTS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "containerd",
    "haproxy",
)
"""By the names of their programs upstream; a process is one of these by its name."""
COMM = 15
"""Characters of a process's name that the kernel keeps: TASK_COMM_LEN of linux/sched.h less one."""
PREFIXES = "-@:+!|"
"""What may stand before a command in a unit: systemd.service(5), "special executable prefixes"."""
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
UNIT = re.compile(r"/([^/]+)\.service(?:/|$)")
IN_A_POD = "kubepods"
"""In the cgroup of what a kubelet runs (pkg/kubelet/cm: the root of Pods' cgroups)."""


@dataclass(frozen=True)
class Started:
    """A component as it was started on a machine.

    ``unit`` is its systemd unit without ``.service``, empty in a Pod; ``program`` its file on the
    machine, empty where that is a container's. ``mounts`` are directories and files of the machine
    by where a container has them, None for what is no container. ``seen`` says how it is known.
    """

    component: str
    machine: str
    argv: tuple[str, ...]
    unit: str = ""
    program: str = ""
    mounts: Mapping[str, str] | None = None
    seen: str = "/proc"

    @property
    def flags(self) -> dict[str, str]:
        return flags(self.argv)

    def place(self, path: str) -> str:
        """A path of the component's own as the machine has it; empty for one that only its
        container has, and for what is no whole path.
        """
        if not path.startswith("/"):
            return ""
        return path if self.mounts is None else placed(path, self.mounts)


def flags(argv: Sequence[str]) -> dict[str, str]:
    """By name without dashes; ``true`` for one without a value. Both ``--name=value`` and ``--name
    value`` are understood, as Go's flag packages do; of a repeated one the last counts.
    """
    found: dict[str, str] = {}
    words = list(argv[1:])
    for word, after in zip(words, [*words[1:], "-"], strict=False):
        if word.startswith("-"):
            name, sign, value = word.lstrip("-").partition("=")
            found[name] = value if sign else "true" if after.startswith("-") else after
    return found


def component_of(argv: Sequence[str]) -> str:
    """Which component a command line is of; empty when it is none's."""
    name = PurePosixPath(argv[0]).name if argv else ""
    return name if name in COMPONENTS else ""


def of_process(cmdline: str) -> tuple[str, ...]:
    """Words of ``/proc/PID/cmdline``."""
    return tuple(cmdline.rstrip("\0").split("\0")) if cmdline.strip("\0") else ()


def processes(listed: str) -> dict[int, str]:
    """Components by process, from ``ps -e -o pid=,comm=``; threads have other names."""
    short = {name[:COMM]: name for name in COMPONENTS}
    rows = (line.split(None, 1) for line in listed.splitlines())
    named = ((row[0], row[1].strip()) for row in rows if len(row) == 2)
    return {int(pid): short[comm] for pid, comm in named if pid.isdigit() and comm in short}


def unit_of(cgroup: str) -> str:
    """The unit that a process belongs to, from ``/proc/PID/cgroup``; empty in a Pod, where the
    slices of a kubelet's own unit may be around it.
    """
    lines = [line.rpartition(":")[2] for line in cgroup.splitlines()]
    if any(IN_A_POD in line for line in lines):
        return ""
    found = [match[1] for line in lines for match in UNIT.finditer(line)]
    return found[-1] if found else ""


def of_unit(text: str) -> tuple[str, ...]:
    """Words of the command that ``systemctl cat`` shows, drop-ins after their unit.

    Variables of ``Environment=`` are put in; another one stays as it is written. Empty without an
    ``ExecStart=``, and of several the last counts.
    """
    command, variables = "", dict[str, str]()
    for name, value in settings(text):
        if name == "ExecStart":
            command = value
        elif name == "Environment":
            variables |= dict(word.split("=", 1) for word in shlex.split(value) if "=" in word)
    words = shlex.split(command.lstrip(PREFIXES))
    return tuple(one for word in words for one in expanded(word, variables))


def settings(text: str) -> Iterator[tuple[str, str]]:
    """Names and values of a unit file, lines that go on joined; comments left out."""
    for line in text.replace("\\\n", " ").splitlines():
        name, sign, value = line.strip().partition("=")
        if sign and not name.startswith(("#", ";")):
            yield name.strip(), value.strip()


def expanded(word: str, variables: Mapping[str, str]) -> list[str]:
    """As systemd does: ``$NAME`` alone becomes words, ``${NAME}`` a part of one."""
    whole = VARIABLE.fullmatch(word)
    if whole and whole[2] in variables:
        return variables[whole[2]].split()

    def value(match: re.Match[str]) -> str:
        return variables.get(match[1] or match[2], match[0])

    return [VARIABLE.sub(value, word)]


def of_pod(pod: JsonObject, *, machine: str = "") -> list[Started]:
    """Components among the containers of a Pod or of a static Pod's manifest.

    Arguments that name variables (``$(NAME)``) stay as they are written.
    """
    spec = pod.get("spec") or {}
    volumes = {
        volume["name"]: str(volume["hostPath"]["path"])
        for volume in spec.get("volumes") or []
        if "hostPath" in volume
    }
    found = []
    for container in spec.get("containers") or []:
        argv = [*(container.get("command") or []), *(container.get("args") or [])]
        argv = [word for word in after_a_shell(argv) if isinstance(word, str)]
        if component := component_of(argv):
            where = machine or str(spec.get("nodeName", ""))
            mounts = {
                str(mount["mountPath"]): inside(volumes[mount["name"]], mount.get("subPath", ""))
                for mount in container.get("volumeMounts") or []
                if mount["name"] in volumes
            }
            found.append(Started(component, where, tuple(argv), mounts=mounts, seen="its Pod"))
    return found


def after_a_shell(argv: Sequence[str]) -> Sequence[str]:
    """What ``sh -c "exec kube-proxy ..."`` runs; any other command as it is."""
    if len(argv) > 2 and PurePosixPath(argv[0]).name in {"sh", "bash"} and argv[1] == "-c":
        words = shlex.split(str(argv[2]))
        return words[1:] if words[:1] == ["exec"] else words
    return argv


def inside(path: str, sub: str) -> str:
    return str(PurePosixPath(path) / sub) if sub else path


def placed(path: str, mounts: Mapping[str, str]) -> str:
    """A container's path on the machine, by the innermost mount around it; empty without one."""
    wanted = PurePosixPath(path)
    around = [mount for mount in mounts if wanted.is_relative_to(mount)]
    if not around:
        return ""
    nearest = max(around, key=len)
    return str(PurePosixPath(mounts[nearest]) / wanted.relative_to(nearest))
