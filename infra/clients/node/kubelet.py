"""A kubelet as its machine and its metrics show it."""

import json
from collections import Counter
from collections.abc import Mapping

import yaml

from infra.clients.transport import prometheus
from infra.clients.transport.prometheus import Sample
from infra.errors import preparing
from infra.kube_api import Api, JsonObject
from infra.ssh import Shell
from infra.timing import NODE_READY, scaled
from infra.wait import eventually

CONTAINERS = "kubelet_running_containers"
REQUESTED = "kubelet_container_requested_resizes_total"
INFEASIBLE = "kubelet_pod_infeasible_resizes_total"
TIMED = "kubelet_pod_resize_duration_milliseconds_count"
"""Names and labels: kubernetes pkg/kubelet/metrics/metrics.go (1.36, alpha)."""
FIGURES = tuple((r, q) for r in ("cpu", "memory") for q in ("requests", "limits"))


def await_heartbeat(api: Api, node: str) -> None:
    """Returns when a kubelet that was just restarted renewed its lease and its node is ready.

    Errors: NotPrepared when it does not come back.
    """
    before = renewed(api, node)  # read after the restart: a renewal from here on is the new one's
    with preparing():
        eventually(
            lambda: (renewed(api, node), ready(api, node)),
            lambda seen: seen[0] > before and seen[1] == "True",
            within=scaled(NODE_READY),
            every=0.3,
            what=f"the restarted kubelet of {node} renews its lease and is ready",
        )


def with_settings(shell: Shell, changes: Mapping[str, object]) -> bytes:
    """The kubelet's configuration file with other settings. Errors: CommandFailed."""
    configuration = yaml.safe_load(shell.get(shell.layout.files.kubelet))
    return yaml.safe_dump({**configuration, **changes}).encode()


def settings(api: Api, node: str) -> JsonObject:
    """The kubelet's configuration as it is in force, defaults filled in. Errors: ApiRefused."""
    return dict(api.get(f"/api/v1/nodes/{node}/proxy/configz")["kubeletconfig"])


def renewed(api: Api, node: str) -> str:
    """Time of the node's last heartbeat; RFC 3339, so that texts compare as times."""
    path = f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}"
    return str(api.get(path)["spec"]["renewTime"])


def ready(api: Api, node: str) -> str:
    return str(readiness(api, node).get("status", "absent"))


def ready_since(api: Api, node: str) -> str:
    """When its condition Ready last changed, as its status tells it."""
    return str(readiness(api, node).get("lastTransitionTime", "never"))


def readiness(api: Api, node: str) -> JsonObject:
    """The node's condition Ready; empty when it has none."""
    conditions = api.get(f"/api/v1/nodes/{node}")["status"]["conditions"]
    return next((dict(c) for c in conditions if c["type"] == "Ready"), {})


def samples(api: Api, node: str, *, only: str | None = None) -> list[Sample]:
    """What a kubelet tells of itself, by way of the API server. Errors: ApiRefused."""
    return prometheus.parse(api.text(f"/api/v1/nodes/{node}/proxy/metrics"), only=only)


def feature_gate(api: Api, node: str, name: str) -> float | None:
    """1 when the kubelet has it on, 0 when off, None when it does not list it."""
    return prometheus.gate(samples(api, node, only=prometheus.GATES), name)


def containers_by_state(api: Api, node: str) -> dict[str, int]:
    """Containers that the kubelet counts, by state as it calls them; zeros are left out."""
    found = [sample for sample in samples(api, node, only=CONTAINERS) if sample.value]
    return {sample.labels["container_state"]: int(sample.value) for sample in found}


def containers_of_runtime(shell: Shell) -> dict[str, int]:
    """Containers that the runtime has, by the kubelet's words for states. Errors: CommandFailed."""
    listed = listed_containers(shell)
    return dict(Counter(one["state"].removeprefix("CONTAINER_").lower() for one in listed))


def listed_containers(shell: Shell) -> list[JsonObject]:
    """Containers as the runtime lists them, ended ones too. Errors: CommandFailed."""
    found = json.loads(shell.run(["crictl", "ps", "--all", "--output=json"]).stdout)
    return list(found["containers"])


def both_counts(api: Api, shell: Shell) -> tuple[dict[str, int], dict[str, int]]:
    """Containers by state, as a worker's kubelet and its runtime count them."""
    return containers_by_state(api, shell.name), containers_of_runtime(shell)


def resize_counters(api: Api, node: str) -> dict[str, float]:
    """Increases asked for, by figure ("cpu limits"), and ``timed`` resizes that succeeded."""
    found = samples(api, node)
    counters = {
        f"{resource} {requirement}": counter(
            found, REQUESTED, resource=resource, requirement=requirement, operation="increase"
        )
        for resource, requirement in FIGURES
    }
    return {**counters, "timed": counter(found, TIMED, success="true")}


def infeasible_resizes(api: Api, node: str, word: str) -> int:
    """Resizes that a kubelet refused for good, since it started, for a reason with that word."""
    found = samples(api, node, only=INFEASIBLE)
    return int(sum(one.value for one in found if word in one.labels.get("reason_detail", "")))


def counter(samples: list[Sample], name: str, **labels: str) -> float:
    """A counter's value; 0 before its first count."""
    return prometheus.value(samples, name, **labels) or 0.0
