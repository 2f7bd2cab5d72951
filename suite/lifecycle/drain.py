"""What a drain does to Pods and to its node: evictions, budgets, who was Ready meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass, field

from infra.clients.transport.kubectl import Running
from infra.clients.workloads.pod_owners import APPS, controller_of
from infra.clients.workloads.pod_status import condition, is_ready
from infra.kube_api import Answer, Api, JsonObject
from infra.timing import scaled
from infra.wait import eventually

TAINT = "node.kubernetes.io/unschedulable"
EVICTED = "EvictionByEvictionAPI"
"""Reason of the condition DisruptionTarget; pkg/registry/core/pod/storage/eviction.go."""
STATE = ("labels", "annotations")


@dataclass
class Drill:
    """A Deployment's Pods while a worker is drained.

    ``rows``: seconds, Ready Pods and Pods in all. By UID: ``reasons`` why a Pod was to go,
    ``known`` all that were seen.
    """

    api: Api
    namespace: str
    deployment: str
    node: str
    began: float
    rows: list[tuple[float, int, int]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def pods(self) -> list[JsonObject]:
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        return list(self.api.get(path, labelSelector=f"app={self.deployment}")["items"])

    def begin(self, now: float) -> None:
        """What is seen from here on belongs to the drain."""
        self.rows, self.began = [], now

    def look(self, now: float) -> int:
        """Notes who is Ready and who is going, and returns how many are Ready."""
        pods = self.pods()
        ready = [pod for pod in pods if is_ready(pod)]
        self.rows.append((round(now - self.began, 1), len(ready), len(pods)))
        for pod in pods:
            self.known.add(pod["metadata"]["uid"])
            if reason := condition(pod, "DisruptionTarget").get("reason"):
                self.reasons[pod["metadata"]["uid"]] = str(reason)
        return len(ready)

    def scale(self, count: int) -> Answer:
        path = f"{APPS}/{self.namespace}/deployments/{self.deployment}/scale"
        return self.api.patch(path, {"spec": {"replicas": count}}, kind="merge")

    def places(self) -> dict[str, str]:
        """Nodes of its Ready Pods by UID."""
        ready = [pod for pod in self.pods() if is_ready(pod)]
        return {pod["metadata"]["uid"]: pod["spec"]["nodeName"] for pod in ready}

    def pod_on(self, node: str) -> JsonObject:
        return next(pod for pod in self.pods() if pod["spec"].get("nodeName") == node)

    def evict(self, pod: JsonObject) -> Answer:
        """Asks whether the Pod may be evicted; it is not, whatever the answer is."""
        name = pod["metadata"]["name"]
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": self.namespace},
            "deleteOptions": {"dryRun": ["All"]},
        }
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/eviction"
        return self.api.ask("POST", path, body=body)


def await_end(drain: Running, *, within: float, look: Callable[[], object]) -> None:
    """Until the drain has ended; ``look`` is called with every look at it.

    Errors: WaitTimeout with what kubectl said last, as it changed.
    """

    def observe() -> str:
        look()
        return "ended" if drain.ended() else drain.told().text[-200:]

    eventually(
        observe,
        lambda seen: seen == "ended",
        within=scaled(within),
        every=0.5,
        what=f"kubectl {' '.join(drain.argv)} ends",
    )


def make_budget(drill: Drill, count: int, *, pods: int = 0) -> None:
    """A budget that the API has counted: one that matches no Pod would allow everything.

    ``pods`` are those of the Deployment; as many as the budget requires when it is 0.
    """
    path = f"/apis/policy/v1/namespaces/{drill.namespace}/poddisruptionbudgets"
    spec = {"minAvailable": count, "selector": {"matchLabels": {"app": drill.deployment}}}
    drill.api.create(path, {"metadata": {"name": "budget"}, "spec": spec})
    eventually(
        lambda: drill.api.get(f"{path}/budget").get("status", {}),
        lambda s: s.get("observedGeneration") == 1 and s.get("expectedPods") == (pods or count),
        within=scaled(30),
        what=f"the budget counts {pods or count} Pods",
    )


def of_daemon_sets(pods: dict[str, JsonObject]) -> set[str]:
    return {uid for uid, pod in pods.items() if controller_of(pod).get("kind") == "DaemonSet"}


def names(pods: dict[str, JsonObject], uids: set[str]) -> list[str]:
    return sorted(pods[uid]["metadata"]["name"] for uid in uids)


def unschedulable(api: Api, node: str) -> tuple[bool, bool]:
    """Whether a node is marked unschedulable, and whether it is tainted so."""
    spec = api.get(f"/api/v1/nodes/{node}")["spec"]
    taints = spec.get("taints", [])
    return bool(spec.get("unschedulable")), any(taint["key"] == TAINT for taint in taints)


def standing(api: Api, node: str) -> JsonObject:
    """What of a node a drill must not change."""
    found = api.get(f"/api/v1/nodes/{node}")
    metadata, status = found["metadata"], found["status"]
    return {
        **{key: metadata.get(key, {}) for key in STATE},
        "taints": found["spec"].get("taints", []),
        "unschedulable": bool(found["spec"].get("unschedulable")),
        "capacity": status["capacity"],
        "allocatable": status["allocatable"],
    }


def times_in(log: str) -> list[tuple[str, int]]:
    """Words with a time after them, like ``signal 1764108000``."""
    pairs = [line.split() for line in log.splitlines()]
    return [(pair[0], int(pair[1])) for pair in pairs if len(pair) == 2 and pair[1].isdigit()]


def changes(before: JsonObject, after: JsonObject) -> list[str]:
    return [f"{k}: {before[k]} became {after[k]}" for k in before if before[k] != after[k]]
