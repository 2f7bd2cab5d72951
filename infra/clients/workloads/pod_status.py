"""What a Pod's status says: its conditions, its containers, its resize, all in a line."""

from infra.clients.workloads.cgroups import statuses_of
from infra.kube_api import JsonObject

IN_PROGRESS = "PodResizeInProgress"
PENDING = "PodResizePending"


def condition(pod: JsonObject, kind: str) -> JsonObject:
    """The condition of that type, or ``{}``."""
    found = [c for c in pod["status"].get("conditions", []) if c["type"] == kind]
    return dict(found[0]) if found else {}


def is_ready(pod: JsonObject) -> bool:
    """Ready and not on its way out."""
    going = "deletionTimestamp" in pod["metadata"]
    return not going and condition(pod, "Ready").get("status") == "True"


def resize_state(pod: JsonObject) -> str:
    """What the conditions say of a resize: ``Deferred``, ``in progress: Error``, or ``none``."""
    if pending := condition(pod, PENDING):
        return str(pending.get("reason", "pending"))
    if running := condition(pod, IN_PROGRESS):
        return f"in progress: {running.get('reason', '')}".rstrip(": ")
    return "none"


def briefly(pod: JsonObject) -> str:
    """A Pod in a line of a history."""
    states = ", ".join(
        f"{s['name']} {state_of(s)} x{s.get('restartCount', 0)}" for s in statuses_of(pod)
    )
    scheduled = condition(pod, "PodScheduled")
    ready = "Ready" if condition(pod, "Ready").get("status") == "True" else "not Ready"
    why = "" if scheduled.get("status") == "True" else f" {scheduled.get('message', '')}"
    meta, status = pod["metadata"], pod["status"]
    return (
        f"generation {meta.get('generation')}, observed {status.get('observedGeneration')}, "
        f"{status.get('phase')}{why}, {ready}{unmet_gates(pod)}, "
        f"resize {resize_state(pod)}, {states}"
    )


def unmet_gates(pod: JsonObject) -> str:
    """Readiness gates of a Pod that nobody has met, which no state of a container explains."""
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates") or ()]
    unmet = [gate for gate in gates if condition(pod, gate).get("status") != "True"]
    return f" for its readiness gates {', '.join(unmet)}" if unmet else ""


def state_of(status: JsonObject) -> str:
    """What a container does; of one that waits, for what."""
    state = status.get("state") or {}
    if waiting := state.get("waiting"):
        told = (waiting.get("reason", ""), " ".join(waiting.get("message", "").split())[:200])
        return " ".join(["waiting", *filter(None, told)])
    return next(iter(state), "unknown")
