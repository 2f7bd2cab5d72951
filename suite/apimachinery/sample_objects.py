"""Objects that a scenario tries to create, from their description: no Pod of theirs ever runs.

``a Deployment with image busybox:latest``, ``a Pod marked no``, ``a Deployment with 4 replicas``.
"""

import re
from dataclasses import dataclass
from typing import Any

from infra.kube_api import JsonObject

MARK = "example.com/marked"
"""The label that the mutating policies add; its slash needs escaping in a JSON patch."""
GATES = [{"name": "example.com/never"}]
"""A gated Pod is never scheduled: admission is judged without using a worker."""
LONG = "v" * 1000
"""Looking for one such value in another costs about 10,000 units and takes a microsecond."""
IMAGE = r"[\w./:@\-]+"
CLAUSES = {
    "image": f" with image ({IMAGE})",
    "init": f" and init image ({IMAGE})",
    "team": r" with the label team=(\w+)",
    "mark": r" marked (\w+)",
    "replicas": r" with (\d+) replicas?",
    "variables": r" with (\d+) variables",
}
PATTERN = "a (?:Deployment|Pod)" + "".join(
    f"(?:{clause.replace('(', '(?:')})?" for clause in CLAUSES.values()
)
PATHS = {
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Pod": "/api/v1/namespaces/{}/pods",
}


@dataclass(frozen=True)
class Draft:
    """``text`` describes it; ``body`` has no name yet."""

    text: str
    kind: str
    body: JsonObject

    def path(self, namespace: str) -> str:
        return PATHS[self.kind].format(namespace)

    def named(self, name: str) -> JsonObject:
        return {**self.body, "metadata": {**self.body["metadata"], "name": name}}


def draft(text: str) -> Draft:
    """Errors: ValueError when the words are not understood."""
    if not re.fullmatch(PATTERN, text):
        raise ValueError(f"not an object that can be drafted: {text!r}; see {__name__}")
    said = {
        name: found[1] for name, clause in CLAUSES.items() if (found := re.search(clause, text))
    }
    metadata: dict[str, Any] = {}
    labels = {"team": said.get("team"), MARK: said.get("mark")}
    if given := {key: value for key, value in labels.items() if value}:
        metadata["labels"] = given
    if text.startswith("a Pod"):
        return Draft(text, "Pod", {"metadata": metadata, "spec": pod_spec(said)})
    app = {"app": "drafted"}
    spec = {
        "replicas": int(said.get("replicas", "0")),
        "selector": {"matchLabels": app},
        "template": {"metadata": {"labels": app}, "spec": pod_spec(said)},
    }
    return Draft(text, "Deployment", {"metadata": metadata, "spec": spec})


def pod_spec(said: dict[str, str]) -> JsonObject:
    container: dict[str, Any] = {"name": "main", "image": said.get("image", "busybox:1.37")}
    if count := int(said.get("variables", "0")):
        container["env"] = [{"name": f"V{n}", "value": LONG} for n in range(count)]
    spec: dict[str, Any] = {
        "containers": [container],
        "schedulingGates": GATES,
        "terminationGracePeriodSeconds": 0,
    }
    if init := said.get("init"):
        spec["initContainers"] = [{"name": "init", "image": init}]
    return spec


def mark_of(item: JsonObject) -> str:
    """Value of the label that policies add, or ``none``."""
    return str((item["metadata"].get("labels") or {}).get(MARK, "none"))
