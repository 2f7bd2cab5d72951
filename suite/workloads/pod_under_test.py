"""A running Pod under test: what it was when it started, what it is now, and how to resize it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra import observed_places
from infra.clients.workloads import cgroups
from infra.clients.workloads.cgroups import NoCgroup, PodCgroups
from infra.errors import CommandFailed
from infra.kube_api import ApiRefused, JsonObject
from infra.ssh import Shell
from suite.workloads.pods import Pods, Sight, Version, container_in

ENDED = ("Failed", "Succeeded")
"""Phases of a Pod that runs no more."""


@dataclass(frozen=True)
class RunningPod:
    """The subject of a scenario. ``first`` was seen before anything was changed."""

    pods: Pods
    shell: Shell
    first: Sight

    @property
    def name(self) -> str:
        return str(self.first.pod["metadata"]["name"])

    @property
    def node(self) -> str:
        return str(self.first.pod["spec"]["nodeName"])

    @property
    def address(self) -> str:
        return str(self.first.pod["status"]["podIP"])

    @property
    def generation(self) -> int:
        """Generation of the spec before anything was changed."""
        return int(self.first.pod["metadata"]["generation"])

    @property
    def only_container(self) -> str:
        (container,) = self.first.pod["spec"]["containers"]
        return str(container["name"])

    def get(self) -> JsonObject:
        observed_places.looked(self.node)
        return self.pods.get(self.name)

    def version(self) -> Version:
        return self.pods.version(self.name)

    def cgroups(self) -> PodCgroups:
        """Files at every scope now. Errors: NoCgroup while a container is being replaced."""
        return cgroups.read(self.shell, self.get())

    def look(self) -> Sight:
        return look(self.pods, self.shell, self.name)

    def restarts(self, *, but: str = "") -> list[str]:
        """What differs in identity, processes and OOM kills from the first sight; empty is good.

        ``but`` names a container that may differ.
        """
        return self._compared(lambda: differences(self.first, self.look(), but=but), but=but)

    def changes(self) -> list[str]:
        """What differs in spec, identity, labels and cgroup limits from the first sight."""

        def compared() -> list[str]:
            now = self.get()
            found = spec_differences(self.first.pod, now)
            found += identity_differences(self.first, Sight(now, self.first.cgroups))
            return found or file_differences(self.first.cgroups, cgroups.read(self.shell, now))

        return self._compared(compared)

    def file_changes(self) -> list[str]:
        """What differs in identity and cgroup limits from the first sight; the spec may differ."""

        def compared() -> list[str]:
            now = self.get()
            found = identity_differences(self.first, Sight(now, self.first.cgroups))
            return found or file_differences(self.first.cgroups, cgroups.read(self.shell, now))

        return self._compared(compared)

    def _compared(self, compare: Callable[[], list[str]], *, but: str = "") -> list[str]:
        """What ``compare`` finds, or how the Pod ended: one without cgroups cannot be compared.

        A Pod that died where it should run on is a false claim, not one that could not be judged.
        """
        try:
            return compare()
        except (NoCgroup, ApiRefused, CommandFailed):
            if ended := self.ended(but=but):
                return ended
            raise

    def ended(self, *, but: str = "") -> list[str]:
        """That the Pod is gone or has ended, and why; or which container of it ended."""
        found = self.pods.find(self.name)
        if found is None:
            return [f"the Pod {self.name} is gone"]
        if found["metadata"].get("deletionTimestamp"):
            return [f"the Pod {self.name} is being deleted"]
        if found["status"]["phase"] in ENDED:
            return [how_it_ended(found)]
        return identity_differences(self.first, Sight(found, self.first.cgroups), but=but)


def look(pods: Pods, shell: Shell, name: str) -> Sight:
    pod = pods.get(name)
    found = cgroups.read(shell, pod)
    return Sight(pod, found, cgroups.main_processes(shell, found))


def how_it_ended(pod: JsonObject) -> str:
    status = pod["status"]
    said = ": ".join(str(status[key]) for key in ("reason", "message") if status.get(key))
    reason = f" ({said})" if said else ""
    return f"the Pod {pod['metadata']['name']} is {status['phase']}{reason}"


def differences(before: Sight, after: Sight, *, but: str = "") -> list[str]:
    found = identity_differences(before, after, but=but)
    found += mapping_differences(
        "start time of the process of {}", before.processes, after.processes, but=but
    )
    kills = {
        name: after_group.oom_kills - before.cgroups.containers[name].oom_kills
        for name, after_group in after.cgroups.containers.items()
        if name in before.cgroups.containers and name != but
    }
    return found + [f"{count} OOM kills in {name}" for name, count in kills.items() if count > 0]


def identity_differences(before: Sight, after: Sight, *, but: str = "") -> list[str]:
    one, other = before.identity, after.identity
    named = {"UID": (one.uid, other.uid), "node": (one.node, other.node), "IP": (one.ip, other.ip)}
    found = [f"{what}: {a!r} became {b!r}" for what, (a, b) in named.items() if a != b]
    return found + mapping_differences(
        "ID, start and restarts of {}", one.containers, other.containers, but=but
    )


def spec_differences(before: JsonObject, after: JsonObject) -> list[str]:
    """Differences in what a resize, granted or not, could have written."""
    found = []
    for name in [c["name"] for c in before["spec"]["containers"]]:
        one, other = container_in(before, name), container_in(after, name)
        found += mapping_differences(f"spec of {name}, {{}}", one, other)
    for key in ("generation", "labels"):
        if before["metadata"].get(key) != after["metadata"].get(key):
            old, new = before["metadata"].get(key), after["metadata"].get(key)
            found.append(f"{key}: {old} became {new}")
    if before["status"]["qosClass"] != after["status"]["qosClass"]:
        found.append(f"QoS class became {after['status']['qosClass']}")
    return found


def file_differences(before: PodCgroups, after: PodCgroups) -> list[str]:
    return mapping_differences("cgroup of {}", before.all(), after.all())


def mapping_differences(
    what: str, before: Mapping[str, object], after: Mapping[str, object], *, but: str = ""
) -> list[str]:
    names = [name for name in {**before, **after} if name != but]
    return [
        f"{what.format(name)}: {before.get(name)} became {after.get(name)}"
        for name in names
        if before.get(name) != after.get(name)
    ]
