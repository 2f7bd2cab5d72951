"""Versions of a running cluster's components, and how far apart Kubernetes lets them be.

Rules: kubernetes.io, "Version Skew Policy" (unchanged for 1.36).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.clients.instrumentation import component_metrics
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import Api, JsonObject

API = "API server"
MANAGERS = ("controller manager", "scheduler")
NODES = ("kubelet", "kube-proxy")
CLIENT = "kubectl"
ORDER = (API, *MANAGERS, *NODES)
"""In which an upgrade takes them: nothing may be newer than the API servers it talks to."""
FORM = re.compile(r"v(\d+)\.(\d+)\.\d+\S*")
Versions = Mapping[str, Mapping[str, str]]
"""Versions like ``v1.36.1`` by machine, by kind of component."""


@dataclass(frozen=True)
class Move:
    """A step of an upgrade: one component of a machine to another version."""

    component: str
    machine: str
    version: str

    def __str__(self) -> str:
        return f"{self.component} of {self.machine} to {self.version}"


def measure(cluster: Cluster, kubectl: str) -> Versions:
    """Every component asked itself. Errors: ApiUnreachable, ApiRefused."""
    managers = (cluster.layout.ports.controller_manager, cluster.layout.ports.scheduler)
    return {
        API: {m: serving(api.get("/version")) for m, api in cluster.api_servers().items()},
        **{
            name: {
                m: told.version
                for m, told in component_metrics.ask_component(cluster, port).items()
            }
            for name, port in zip(MANAGERS, managers, strict=True)
        },
        "kubelet": {str(m.name): built(cluster.api, m.name) for m in cluster.spec.workers},
        "kube-proxy": {
            m: t.version for m, t in component_metrics.ask_kube_proxies(cluster).items()
        },
        CLIENT: {"here": kubectl},
    }


def serving(told: JsonObject) -> str:
    """Version of an API server; one that emulates a minor behaves like it, and says both."""
    emulated = f"v{told.get('emulationMajor')}.{told.get('emulationMinor')}.0"
    version = str(told["gitVersion"])
    if not told.get("emulationMinor") or minor(emulated) == minor(version):
        return version
    return f"{emulated}-emulated-by-{version}"


def built(api: Api, node: str) -> str:
    """Version of a kubelet as it tells itself; empty when it tells none."""
    return component_metrics.version_in(api.text(f"/api/v1/nodes/{node}/proxy/metrics"))


def kubelets(api: Api) -> dict[str, str]:
    """Versions that kubelets have written to their nodes."""
    nodes = api.get("/api/v1/nodes")["items"]
    return {n["metadata"]["name"]: str(n["status"]["nodeInfo"]["kubeletVersion"]) for n in nodes}


def minor(version: str) -> int:
    """The minor of a version of major 1. Errors: NotJudged."""
    found = FORM.fullmatch(version)
    if found is None or found[1] != "1":
        raise NotJudged(f"not a version of Kubernetes: {version!r}; they look like v1.36.1")
    return int(found[2])


def shifted(version: str, minors: int) -> str:
    """The first version of a minor so much newer."""
    return f"v1.{minor(version) + minors}.0"


def problems(versions: Versions) -> list[str]:
    """Which rules a set of versions breaks; empty is right."""
    servers = [minor(version) for version in versions[API].values()]
    oldest, newest = min(servers), max(servers)
    found = [] if newest - oldest <= 1 else [f"API servers are {newest - oldest} minors apart"]
    for component, allowed in (*((m, 1) for m in MANAGERS), *((n, 3) for n in NODES)):
        for machine, version in versions.get(component, {}).items():
            found += skew(f"{component} of {machine}", version, oldest, newest, allowed=allowed)
    for version in versions.get(CLIENT, {}).values():
        if not newest - 1 <= minor(version) <= oldest + 1:
            found.append(f"{CLIENT} {version} is more than one minor from an API server")
    return found


def skew(who: str, version: str, oldest: int, newest: int, *, allowed: int) -> list[str]:
    """Never newer than the oldest API server, at most so many minors behind the newest."""
    if minor(version) > oldest:
        return [f"{who} ({version}) is newer than an API server (1.{oldest})"]
    if newest - minor(version) > allowed:
        return [f"{who} ({version}) is {newest - minor(version)} minors behind, {allowed} allowed"]
    return []


def newer(versions: Versions, who: str, version: str, asked: Sequence[str]) -> list[str]:
    """What is wrong with a component of that version which may ask the API servers of these."""
    return [
        f"{who} ({version}) is newer than the API server of {server}, which it asks "
        f"({versions[API][server]})"
        for server in asked
        if minor(version) > minor(versions[API][server])
    ]


def moves(versions: Versions, to: str, *, order: Sequence[str] = ORDER) -> list[Move]:
    """An upgrade of everything on machines, in that order of components."""
    return [Move(part, machine, to) for part in order for machine in versions[part]]


def broken_on_the_way(versions: Versions, plan: Sequence[Move]) -> list[str]:
    """What rules a plan breaks, each with the step that breaks it first."""
    now = {component: dict(found) for component, found in versions.items() if component != CLIENT}
    found: list[str] = []
    known: set[str] = set(problems(now))
    for move in plan:
        now[move.component][move.machine] = move.version
        new = [problem for problem in problems(now) if problem not in known]
        found += [f"{move}: {problem}" for problem in new]
        known |= set(new)
    return found


def differing(versions: Versions, wanted: str) -> list[str]:
    return [
        f"{component} of {machine} reports {version or 'nothing'}"
        for component, found in versions.items()
        for machine, version in found.items()
        if version != wanted
    ]
