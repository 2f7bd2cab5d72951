"""The built-in flow schemas and priority levels as documented, and how stored ones differ.

Source: k8s.io/apiserver pkg/apis/flowcontrol/bootstrap/default.go, the same in 1.35 to 1.37.
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from infra.kube_api import JsonObject

FOLLOWS = "apf.kubernetes.io/autoupdate-spec"
"""Annotation of an object that API servers keep as it is documented."""
EVERY_NAMESPACE = {"namespaces": ["*"]}
ALL = {
    "resourceRules": [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True}
        | EVERY_NAMESPACE
    ],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
}
LEASES = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], **EVERY_NAMESPACE}
NODES = {"apiGroups": [""], "resources": ["nodes", "nodes/status"], "clusterScope": True}


def groups(*names: str) -> list[JsonObject]:
    return [{"kind": "Group", "group": {"name": name}} for name in names]


def users(*names: str) -> list[JsonObject]:
    return [{"kind": "User", "user": {"name": f"system:{name}"}} for name in names]


EVERYBODY = groups("system:unauthenticated", "system:authenticated")
OF_THE_SYSTEM: list[JsonObject] = [
    {"kind": "ServiceAccount", "serviceAccount": {"name": "*", "namespace": "kube-system"}}
]
MANAGER, SCHEDULER = users("kube-controller-manager"), users("kube-scheduler")


def schema(
    level: str, precedence: int, by: str, subjects: Sequence[JsonObject], **rules: object
) -> JsonObject:
    """The spec of a flow schema with one rule; ``by`` distinguishes flows."""
    spec: JsonObject = {
        "priorityLevelConfiguration": {"name": level},
        "matchingPrecedence": precedence,
        "rules": [{"subjects": list(subjects), **(rules or ALL)}],
    }
    return {**spec, "distinguisherMethod": {"type": by}} if by else spec


SCHEMAS: Mapping[str, JsonObject] = {
    "exempt": schema("exempt", 1, "", groups("system:masters")),
    "probes": schema(
        "exempt",
        2,
        "",
        EVERYBODY,
        nonResourceRules=[{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]}],
    ),
    "system-leader-election": schema(
        "leader-election",
        100,
        "ByUser",
        [*MANAGER, *SCHEDULER, *OF_THE_SYSTEM],
        resourceRules=[{"verbs": ["get", "create", "update"], **LEASES}],
    ),
    "system-node-high": schema(
        "node-high",
        400,
        "ByUser",
        groups("system:nodes"),
        resourceRules=[{"verbs": ["*"], **NODES, **EVERY_NAMESPACE}, {"verbs": ["*"], **LEASES}],
    ),
    "system-nodes": schema("system", 500, "ByUser", groups("system:nodes")),
    "kube-controller-manager": schema("workload-high", 800, "ByNamespace", MANAGER),
    "kube-scheduler": schema("workload-high", 800, "ByNamespace", SCHEDULER),
    "kube-system-service-accounts": schema("workload-high", 900, "ByNamespace", OF_THE_SYSTEM),
    "service-accounts": schema("workload-low", 9000, "ByUser", groups("system:serviceaccounts")),
    "global-default": schema("global-default", 9900, "ByUser", EVERYBODY),
    "catch-all": schema("catch-all", 10000, "ByUser", EVERYBODY),
}


def limited(shares: int, lendable: int, *, queues: int = 0, hand: int = 6) -> JsonObject:
    """The spec of a level; without queues it rejects. None of them bounds what it borrows."""
    queuing = {"queues": queues, "handSize": hand, "queueLengthLimit": 50}
    response = {"type": "Queue", "queuing": queuing} if queues else {"type": "Reject"}
    figures = {"nominalConcurrencyShares": shares, "lendablePercent": lendable}
    return {"type": "Limited", "limited": {**figures, "limitResponse": response}}


LEVELS: Mapping[str, JsonObject] = {
    "exempt": {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}},
    "catch-all": limited(5, 0),
    "system": limited(30, 33, queues=64),
    "node-high": limited(40, 25, queues=64),
    "leader-election": limited(10, 0, queues=16, hand=4),
    "workload-high": limited(40, 50, queues=128),
    "workload-low": limited(100, 90, queues=128),
    "global-default": limited(20, 50, queues=128),
}


def unlike(wanted: Mapping[str, JsonObject], seen: Mapping[str, JsonObject]) -> list[str]:
    """How stored objects differ from the documented specs, field by field."""
    wrong: list[str] = []
    for name, spec in wanted.items():
        if name not in seen:
            wrong.append(f"{name} is missing")
            continue
        has, must = flat(seen[name]["spec"]), flat(spec)
        wrong += [
            f"{name}: {field} is {has.get(field, 'absent')}, must be {must.get(field, 'absent')}"
            for field in sorted(has.keys() | must.keys())
            if has.get(field) != must.get(field)
        ]
    return wrong


def let_go(names: Iterable[str], seen: Mapping[str, JsonObject]) -> list[str]:
    """Built-in objects that are marked to keep somebody's edits: API servers leave them alone."""
    marks = {
        name: seen[name]["metadata"].get("annotations", {}).get(FOLLOWS, "absent")
        for name in names
        if name in seen
    }
    return [
        f"{n}: {FOLLOWS} is {mark}, must be true" for n, mark in marks.items() if mark != "true"
    ]


def flat(tree: JsonObject, before: str = "") -> dict[str, str]:
    """Fields by dotted path, as text; a list is one field."""
    found: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            found |= flat(value, f"{before}{key}.")
        else:
            found[before + key] = json.dumps(value, sort_keys=True)
    return found
