"""What a resize may ask for, and how its answer, its history and its status are judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.clients.workloads.cgroups import PodCgroups, statuses_of
from infra.clients.workloads.pod_status import IN_PROGRESS, condition, resize_state
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import Answer, JsonObject
from infra.quantity import same_figures
from infra.timing import scaled
from infra.wait import eventually
from suite.workloads import dry_runs
from suite.workloads.pod_under_test import RunningPod
from suite.workloads.pods import Version, container_in


def for_container(**fields: Any) -> JsonObject:
    """A strategic patch of container ``c``, the article's."""
    return {"spec": {"containers": [{"name": "c", **fields}]}}


LARGER = {
    "requests": {"cpu": "250m", "memory": "128Mi"},
    "limits": {"cpu": "500m", "memory": "256Mi"},
}
ARTICLE = for_container(resources=LARGER)
"""The patch of article 70."""
RESTARTING = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]
PAUSE = "registry.k8s.io/pause:3.10.1"
CHANGES: dict[str, JsonObject] = {
    "the article's resources": ARTICLE,
    "the article's resources, another image and another label": {
        "metadata": {"labels": {"article": "another"}},
        **for_container(image=PAUSE, resources=LARGER),
    },
    "another resize policy": for_container(resizePolicy=RESTARTING),
    "ephemeral storage": for_container(resources={"requests": {"ephemeral-storage": "10Mi"}}),
    "limits above the requests": for_container(resources={"limits": {"cpu": "200m"}}),
    "more CPU than its worker has": for_container(
        resources={"requests": {"cpu": "640"}, "limits": {"cpu": "640"}}
    ),
    "equal increases of requests and limits": for_container(
        resources={key: {"cpu": "150m", "memory": "96Mi"} for key in ("requests", "limits")}
    ),
    "no change": for_container(),
    "one more container": {"spec": {"containers": [{"name": "more", "image": PAUSE}]}},
    "requests equal to the limits": for_container(
        resources={"requests": {"cpu": "200m", "memory": "128Mi"}}
    ),
    "requests for the first time": for_container(resources={"requests": {"cpu": "50m"}}),
    "the removal of the CPU limit": for_container(resources={"limits": {"cpu": None}}),
    "the removal of the memory limit": for_container(resources={"limits": {"memory": None}}),
}


@dataclass(frozen=True)
class Rivals:
    """Two Pods of one worker that want the same room."""

    higher: RunningPod
    lower: RunningPod


def must_be_accepted(answer: Answer) -> None:
    """By every API server that was asked. Errors: ClaimError with what one said instead."""
    for who, said in dry_runs.judged(answer).items():
        if not said.ok:
            raise ClaimError(f"{who} should accept this; it said {told(said)}")


def must_be_refused(answer: Answer, *, status: int, naming: str) -> None:
    """By every API server that was asked.

    Errors: ClaimError when one accepted it, or refused it for another reason.
    """
    for who, said in dry_runs.judged(answer).items():
        if said.status != status or not names(said, naming):
            raise ClaimError(
                f"{who} should refuse this with {status}, naming {naming!r}; it said {told(said)}"
            )


def names(answer: Answer, words: str) -> bool:
    causes = [str(cause.get(key, "")) for cause in answer.causes for key in ("reason", "message")]
    return any(words in text for text in (answer.message, *causes))


def told(answer: Answer) -> str:
    message = "accepted" if answer.ok else answer.message
    return f"{answer.status}: {message[:500]} {answer.causes or ''}".rstrip()


def request_resize(cluster: Cluster, pod: RunningPod, patch: JsonObject) -> Answer:
    """A resize: judged by each API server as a dry run, then real."""
    return dry_runs.ask(
        cluster,
        pod.pods.api,
        lambda api, params: pod.pods.by(api).resize(pod.name, patch, **params),
    )


def status_differences(pod: JsonObject) -> list[str]:
    """Where status and spec disagree; empty when the resize is reported as done."""
    found = []
    for status in statuses_of(pod):
        wanted = container_in(pod, status["name"]).get("resources", {})
        actual = status.get("resources", {})
        found += [
            f"{kind}: wants {wanted.get(kind)}, has {actual.get(kind)}"
            for kind in ("requests", "limits")
            if not same_figures(wanted.get(kind), actual.get(kind))
        ]
        if not same_figures(wanted.get("requests"), status.get("allocatedResources")):
            allocated = status.get("allocatedResources")
            found.append(f"wants {wanted.get('requests')}, is allocated {allocated}")
    return found


def history(pod: RunningPod, *, within: float) -> list[JsonObject]:
    """Versions of a Pod since it was first seen, up to the reported end of one resize."""
    since = str(pod.first.pod["metadata"]["resourceVersion"])

    def ended(version: JsonObject) -> bool:
        status = version["status"]
        observed = int(status.get("observedGeneration", 0)) > pod.generation
        return observed and resize_state(version) == "none" and not status_differences(version)

    return pod.pods.history(pod.name, since=since, until=ended, within=scaled(within))


def row(version: JsonObject) -> list[str]:
    """A version of a Pod for a table: generation, observed, resize, ready, when."""
    running = condition(version, IN_PROGRESS)
    return [
        str(version["metadata"]["generation"]),
        str(version["status"].get("observedGeneration", "")),
        resize_state(version),
        str(condition(version, "Ready").get("status")),
        str(running.get("lastTransitionTime", "")),
    ]


def not_one_resize(pod: RunningPod, versions: list[JsonObject]) -> list[str]:
    """What is missing from the history of exactly one resize."""
    wanted = pod.generation + 1
    found = []
    if not any(condition(v, IN_PROGRESS).get("observedGeneration") == wanted for v in versions):
        rows = "; ".join(str(row(v)) for v in versions)
        found.append(f"no version is in progress for generation {wanted}: {rows}")
    last = versions[-1]
    generations = (last["metadata"]["generation"], last["status"].get("observedGeneration"))
    if generations != (wanted, wanted):
        found.append(f"generation and observed are {generations}, not {wanted} both")
    return found


def await_state(pod: RunningPod, state: str, *, within: float) -> Version:
    """A state as ``resize_state`` names it."""
    return eventually(
        pod.version,
        lambda version: resize_state(version.pod) == state,
        within=scaled(within),
        what=f"the resize of {pod.name} is {state}",
    )


def not_yet_larger(seen: PodCgroups) -> list[str]:
    """A Pod that does not have what the article's resize grants."""
    limits = LARGER["limits"]
    return [] if seen.pod.allows(limits["cpu"], limits["memory"]) else [str(seen.pod)]


def signs_of_granting(pod: RunningPod) -> list[str]:
    """What tells that a waiting resize was granted or lost; empty while it only waits."""
    now = pod.get()
    state = resize_state(now)
    found = [] if state in {"Deferred", "none"} else [f"resize {state}"]
    for before, after in zip(statuses_of(pod.first.pod), statuses_of(now), strict=True):
        one, other = before.get("allocatedResources"), after.get("allocatedResources")
        if not same_figures(one, other):
            found.append(f"{after['name']} was allocated {one}, now {other}")
        if container_in(now, after["name"]) == container_in(pod.first.pod, before["name"]):
            found.append(f"the spec of {after['name']} wants no resize any more")
    return found + pod.file_changes()


def uncounted(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    """Counters that did not grow."""
    return [f"{name} still {after[name]:g}" for name in before if after[name] <= before[name]]
