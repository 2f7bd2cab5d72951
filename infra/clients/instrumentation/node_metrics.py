"""Metrics of nodes as an API server gives them: whose, how much, of what time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from infra.kube_api import Api, JsonObject, need

GROUP = "metrics.k8s.io"
NODES = f"/apis/{GROUP}/v1beta1/nodes"


@dataclass(frozen=True)
class Reading:
    """Metrics of nodes by name as one API server gave them, and its clock then."""

    found: dict[str, JsonObject]
    now: datetime

    def old(self, most: float) -> list[str]:
        """What is older than so many seconds."""
        ages = {
            name: (self.now - datetime.fromisoformat(item["timestamp"])).total_seconds()
            for name, item in self.found.items()
        }
        return [f"{name}'s are {age:.0f} s old" for name, age in ages.items() if age > most]


def measured(api: Api) -> dict[str, JsonObject]:
    """Metrics of nodes by name; none while there is no answer."""
    answer = api.ask("GET", NODES)
    return {item["metadata"]["name"]: item for item in answer.body.get("items", [])}


def given(api: Api) -> list[str] | str:
    """Nodes whose metrics an API server gives, or what it says instead."""
    answer = api.ask("GET", NODES)
    if not answer.ok:
        return f"{answer.status} {answer.message}"
    return sorted(item["metadata"]["name"] for item in answer.body.get("items") or [])


def read(api: Api) -> Reading:
    """Errors: ApiRefused."""
    answer = api.ask("GET", NODES)
    items = need(answer)["items"]
    now = parsedate_to_datetime(answer.headers["Date"])
    return Reading({item["metadata"]["name"]: item for item in items}, now)


def verbs(api: Api) -> list[str]:
    """What may be done with metrics of nodes, as discovery lists it."""
    answer = api.ask("GET", f"/apis/{GROUP}/v1beta1")
    found = answer.body.get("resources") or []
    return sorted(verb for one in found if one["name"] == "nodes" for verb in one["verbs"])


def incomplete(found: Mapping[str, JsonObject], workers: Sequence[str]) -> list[str]:
    """What is missing of the metrics of workers, and whose metrics should not be there."""
    wrong = [f"metrics of {name}" for name in found if name not in workers]
    for name in workers:
        item = found.get(name, {})
        usage = item.get("usage", {})
        if not all(usage.get(key, "0")[0] in "123456789" for key in ("cpu", "memory")):
            wrong.append(f"{name} uses {usage or 'nothing'}")
        if not (item.get("window") and item.get("timestamp")):
            wrong.append(f"{name} has no window or time")
    return wrong
