"""Images as volumes: what a container finds in one, why a Pod waits, and what the kubelet counts.

Names: kubernetes pkg/kubelet/images/types.go and pkg/kubelet/metrics/metrics.go (1.36).
"""

from collections.abc import Mapping

from infra.artifacts.oci import Entry, Spec
from infra.clients.node import image_gc, kubelet
from infra.clients.workloads.cgroups import statuses_of
from infra.errors import require
from infra.kube_api import Api, JsonObject
from infra.ssh import Result, Shell
from suite.expect import must_be_none
from suite.node import worker_images
from suite.workloads.pod_under_test import RunningPod

PLACE, SCRATCH = "/data", "/scratch"
MARKER, FOLDER, LEAF = "marker", "sub", "leaf"
COUNTERS = {
    "requested": "kubelet_image_volume_requested_total",
    "mounted": "kubelet_image_volume_mounted_succeed_total",
    "failed": "kubelet_image_volume_mounted_errors_total",
}
ATTEMPTS: Mapping[str, tuple[str, ...]] = {
    "make a file": ("touch", "{place}/new"),
    "make a folder": ("mkdir", "{place}/folder"),
    "change a mode": ("chmod", "600", "{place}"),
}
"""Commands of a container that a file system mounted read-only refuses even to root."""
REFUSED = "Read-only file system"


def archive(name: str, marker: str, leaf: str) -> bytes:
    """That image as ``ctr`` imports it."""
    return worker_images.packed(spec(name, marker, leaf))


def spec(name: str, marker: str, leaf: str) -> Spec:
    """An image of two files, one of them in a folder; nothing in it could run."""
    files = [
        Entry(MARKER, mode=0o644, text=marker),
        Entry(FOLDER),
        Entry(f"{FOLDER}/{LEAF}", mode=0o644, text=leaf),
    ]
    return Spec(name, [files], {})


def inside(pod: RunningPod, *argv: str) -> Result:
    """A command in a Pod's only container, as its root."""
    (status,) = statuses_of(pod.first.pod)
    container = status["containerID"].partition("://")[2]
    return pod.shell.run(["crictl", "exec", container, *argv], check=False)


def marker(pod: RunningPod) -> str:
    return inside(pod, "cat", f"{PLACE}/{MARKER}").stdout.strip()


def listed(pod: RunningPod) -> list[str]:
    return sorted(inside(pod, "ls", "-A", PLACE).stdout.split())


def attempts(pod: RunningPod, place: str) -> dict[str, str]:
    """What came of each attempt to write at a place; empty where it went well."""
    found = {}
    for what, argv in ATTEMPTS.items():
        tried = inside(pod, *(word.format(place=place) for word in argv))
        found[what] = "" if tried.exit_status == 0 else (tried.stderr + tried.stdout).strip()
    return found


def must_be_read_only(attempts: Mapping[str, str]) -> None:
    wrong = [f"{what}: {said or 'done'}" for what, said in attempts.items() if REFUSED not in said]
    must_be_none(wrong, f"the volume is refused as a {REFUSED}")


def must_be_writable(attempts: Mapping[str, str]) -> None:
    """The control. Errors: NotPrepared."""
    require(not any(attempts.values()), f"root may not even write beside it: {attempts}")


def containers_of(shell: Shell, reference: str) -> list[str]:
    """IDs of containers that run an image of that name. Errors: CommandFailed."""
    ids = {one["id"] for one in image_gc.listed(shell) if reference in one["repoTags"]}
    found = kubelet.listed_containers(shell)
    return [one["id"] for one in found if {one["imageRef"], one["image"]["image"]} & ids]


def waiting(pod: JsonObject) -> tuple[str, str]:
    """Reason and message of what a Pod's only container waits for; empty when it does not."""
    statuses = pod["status"].get("containerStatuses") or [{}]
    state = statuses[0].get("state", {}).get("waiting", {})
    return str(state.get("reason", "")), str(state.get("message", ""))


def counted(api: Api, node: str) -> dict[str, int]:
    """Image volumes that a kubelet counted since its start. Errors: ApiRefused."""
    samples = kubelet.samples(api, node)
    return {what: int(kubelet.counter(samples, name)) for what, name in COUNTERS.items()}


def more(api: Api, node: str, before: Mapping[str, int]) -> dict[str, int]:
    """How many more of each than before."""
    return {what: count - before[what] for what, count in counted(api, node).items()}


def started(pod: JsonObject) -> str:
    """When a Pod's only container last began to run; empty when it never did."""
    statuses = pod["status"].get("containerStatuses") or [{}]
    states = (statuses[0].get(kind, {}) for kind in ("state", "lastState"))
    running = (state.get(kind, {}) for state in states for kind in ("running", "terminated"))
    return next((str(one["startedAt"]) for one in running if one.get("startedAt")), "")


def options(pod: RunningPod) -> dict[str, str]:
    """Options of the mounts of both volumes in its container's /proc/mounts, by place."""
    lines = [line.split() for line in inside(pod, "cat", "/proc/mounts").stdout.splitlines()]
    return {words[1]: words[3] for words in lines if words[1] in (PLACE, SCRATCH)}


def deployment_of(pod: JsonObject) -> JsonObject:
    """A Deployment of no replicas with that Pod as its template."""
    name, labels = pod["metadata"]["name"], pod["metadata"]["labels"]
    template = {"metadata": {"labels": labels}, "spec": pod["spec"]}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    return {"metadata": {"name": name}, "spec": spec}
