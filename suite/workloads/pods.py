"""Pods of one namespace: creation, resize, conditions, events and identity.

Identity is UID, container IDs, start times and restarts: one of the same name is not the same Pod.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from infra.clients.workloads.cgroups import PodCgroups, statuses_of
from infra.clients.workloads.pod_status import briefly, condition
from infra.errors import NotPrepared, WaitTimeout, preparing
from infra.kube_api import Answer, Api, JsonObject, need
from infra.timing import ACCESS, POD_RUNS, scaled
from infra.wait import eventually

Figures = Mapping[str, str]
"""Quantities by resource: ``{"cpu": "250m", "memory": "128Mi"}``."""


@dataclass(frozen=True)
class PodIdentity:
    """What a restart or a replacement changes. ``containers``: (ID, started at, restarts)."""

    uid: str
    node: str
    ip: str
    containers: Mapping[str, tuple[str, str, int]]


@dataclass(frozen=True)
class Sight:
    """A Pod as seen once. ``processes`` are start times of main processes in clock ticks."""

    pod: JsonObject = field(repr=False)
    cgroups: PodCgroups
    processes: Mapping[str, int] = field(default_factory=dict)

    @property
    def identity(self) -> PodIdentity:
        return identity(self.pod)


@dataclass(frozen=True)
class Version:
    """A Pod as one line of a history."""

    pod: JsonObject

    def __repr__(self) -> str:
        return briefly(self.pod)


class Pods:
    """Pods of ``namespace`` as the identity of ``api``."""

    def __init__(self, api: Api, namespace: str) -> None:
        self.api = api
        self.namespace = namespace

    def path(self, name: str = "", sub: str = "") -> str:
        parts = ["/api/v1/namespaces", self.namespace, "pods", name, sub]
        return "/".join(part for part in parts if part)

    def by(self, api: Api) -> "Pods":
        """The same namespace by another API server, or as another identity."""
        return Pods(api, self.namespace)

    def ask_to_create(self, manifest: JsonObject, **params: str) -> Answer:
        return self.api.ask("POST", self.path(), body=manifest, params=params)

    def create(self, manifest: JsonObject) -> JsonObject:
        """The Pod once it is settled. Errors: NotPrepared, ApiRefused."""
        return self.settled(self.made(manifest))

    def made(self, manifest: JsonObject) -> str:
        """Name of a new Pod, whether it ever runs or not. Errors: NotPrepared, ApiRefused."""
        with preparing():
            answer = eventually(
                lambda: self.ask_to_create(manifest),
                lambda got: not is_too_early(got),
                within=scaled(ACCESS),
                what=f"API servers know what the Pod in {self.namespace} refers to",
            )
        return str(need(answer)["metadata"]["name"])

    def settled(self, name: str) -> JsonObject:
        """The Pod once it is ready, or held by a running init container. Errors: NotPrepared."""
        with preparing():
            return self.await_settled(name)

    def await_settled(self, name: str) -> JsonObject:
        """As ``settled``. Errors: WaitTimeout."""
        return eventually(
            lambda: self.version(name),
            lambda version: is_settled(version.pod),
            within=scaled(POD_RUNS),
            every=0.4,
            what=f"Pod {self.namespace}/{name} runs",
        ).pod

    def get(self, name: str) -> JsonObject:
        return self.api.get(self.path(name))

    def find(self, name: str) -> JsonObject | None:
        """The Pod, or None when there is none of that name."""
        return self.api.find(self.path(name))

    def version(self, name: str) -> Version:
        return Version(self.get(name))

    def labelled(self, selector: str) -> list[JsonObject]:
        return list(self.api.get(self.path(), labelSelector=selector)["items"])

    def delete(self, name: str) -> None:
        self.api.delete(self.path(name))

    def resize(self, name: str, patch: JsonObject, **params: str) -> Answer:
        return self.api.patch(self.path(name, "resize"), patch, **params)

    def update(self, name: str, patch: JsonObject, **params: str) -> Answer:
        """The ordinary update, without the subresource."""
        return self.api.patch(self.path(name), patch, **params)

    def events(self, uid: str) -> list[JsonObject]:
        path = f"/api/v1/namespaces/{self.namespace}/events"
        return list(self.api.get(path, fieldSelector=f"involvedObject.uid={uid}")["items"])

    def history(
        self, name: str, *, since: str, until: Callable[[JsonObject], bool], within: float
    ) -> list[JsonObject]:
        """Every version after ``since`` up to the first that satisfies ``until``.

        The API server replays what came before the watch, so nothing short-lived is missed.
        Errors: WaitTimeout; NotPrepared when the server no longer holds ``since``.
        """
        query = {"fieldSelector": f"metadata.name={name}", "resourceVersion": since}
        seen: list[JsonObject] = []
        with closing(
            self.api.watch(self.path(), seconds=math.ceil(within), **query)  # type: ignore[type-var]
        ) as stream:
            for event in stream:
                if event["type"] == "ERROR":
                    raise NotPrepared(f"watch of {name} from {since}: {event['object']}")
                seen.append(event["object"])
                if until(seen[-1]):
                    return seen
        told = "\n".join(f"  {briefly(version)}" for version in seen) or "  no change at all"
        raise WaitTimeout(f"the resize of {name} comes to an end: not within {within:g} s\n{told}")


def is_too_early(answer: Answer) -> bool:
    """An admission plug-in has not heard yet of a PriorityClass or of a quota's status.

    Texts: kubernetes plugin/pkg/admission/priority, apiserver pkg/admission/plugin/resourcequota.
    """
    texts = ("no PriorityClass with name", "status unknown for quota")
    return answer.status == 403 and any(text in answer.message for text in texts)


def identity(pod: JsonObject) -> PodIdentity:
    return PodIdentity(
        uid=pod["metadata"]["uid"],
        node=pod["spec"].get("nodeName", ""),
        ip=pod["status"].get("podIP", ""),
        containers={
            status["name"]: (
                status.get("containerID", ""),
                status.get("state", {}).get("running", {}).get("startedAt", ""),
                status.get("restartCount", 0),
            )
            for status in statuses_of(pod)
        },
    )


def is_settled(pod: JsonObject) -> bool:
    """Ready, or waiting for an init container that runs (a Pod that never becomes ready)."""
    if condition(pod, "Ready").get("status") == "True":
        return True
    sidecars = {c["name"] for c in pod["spec"].get("initContainers", []) if c.get("restartPolicy")}
    return any(
        "running" in status.get("state", {}) and status["name"] not in sidecars
        for status in pod["status"].get("initContainerStatuses", [])
    )


def container_in(pod: JsonObject, name: str) -> JsonObject:
    """The container of that name in the spec, init containers too."""
    spec = pod["spec"]
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        if container["name"] == name:
            return dict(container)
    raise NotPrepared(f"the Pod has no container {name!r}; its manifest has another")


def resize_of(pod: JsonObject, name: str, *, requests: Figures, limits: Figures) -> JsonObject:
    """A strategic patch that gives one container new figures; what is not named stays."""
    figures = {"requests": dict(requests), "limits": dict(limits)}
    resources = {kind: wanted for kind, wanted in figures.items() if wanted}
    inits = {c["name"] for c in pod["spec"].get("initContainers", [])}
    where = "initContainers" if name in inits else "containers"
    return {"spec": {where: [{"name": name, "resources": resources}]}}
