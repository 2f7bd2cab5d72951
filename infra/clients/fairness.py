"""API Priority and Fairness: the built-in objects, where a request was put, each level live."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from infra.clients.api import Answer, Api, JsonObject, need
from infra.errors import LabError

SCHEMA_UID, LEVEL_UID = "X-Kubernetes-PF-FlowSchema-UID", "X-Kubernetes-PF-PriorityLevel-UID"
PATH = "/apis/flowcontrol.apiserver.k8s.io/v1"
SCHEMAS: Mapping[str, tuple[str, int]] = {
    "exempt": ("exempt", 1),
    "probes": ("exempt", 2),
    "system-leader-election": ("leader-election", 100),
    "system-node-high": ("node-high", 400),
    "system-nodes": ("system", 500),
    "kube-controller-manager": ("workload-high", 800),
    "kube-scheduler": ("workload-high", 800),
    "kube-system-service-accounts": ("workload-high", 900),
    "service-accounts": ("workload-low", 9000),
    "global-default": ("global-default", 9900),
    "catch-all": ("catch-all", 10000),
}
"""Level and precedence by flow schema: apiserver pkg/apis/flowcontrol/bootstrap/default.go."""
LEVELS: Mapping[str, tuple[str, int, int]] = {
    "exempt": ("Exempt", 0, 0),
    "catch-all": ("Limited", 5, 0),
    "system": ("Limited", 30, 33),
    "node-high": ("Limited", 40, 25),
    "leader-election": ("Limited", 10, 0),
    "workload-high": ("Limited", 40, 50),
    "workload-low": ("Limited", 100, 90),
    "global-default": ("Limited", 20, 50),
}
"""Type, shares and lendable per cent by level; same file."""
DUMP = "/debug/api_priority_and_fairness/dump_priority_levels"
QUEUES = "/debug/api_priority_and_fairness/dump_queues"
LIVE_REQUESTS = "/debug/api_priority_and_fairness/dump_requests"
ADMIN = "kubernetes-admin"
COLUMNS = (
    "PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing", "WaitingRequests",
    "ExecutingRequests", "DispatchedRequests", "RejectedRequests", "TimedoutRequests",
    "CancelledRequests",
)  # fmt: skip
"""apiserver pkg/util/flowcontrol/apf_controller_debug.go (1.36)."""
SEATS = "apiserver_flowcontrol_nominal_limit_seats"
Dumps = dict[str, tuple[tuple[str, ...], dict[str, dict[str, str]]]]
"""Header and rows by level of the live state, by API server."""
FLAGS = ("max-requests-inflight", "max-mutating-requests-inflight")


@dataclass(frozen=True)
class Objects:
    """Flow schemas and priority levels as they are stored, by name."""

    schemas: Mapping[str, JsonObject]
    levels: Mapping[str, JsonObject]

    def put_into(self, answer: Answer) -> tuple[str, str]:
        """Names of the schema and the level that an answer's headers tell of; "" for none."""
        uids = (SCHEMA_UID, LEVEL_UID)
        schema, level = (str(answer.headers.get(name, "")) for name in uids)
        return named(self.schemas, schema), named(self.levels, level)


def read(api: Api) -> Objects:
    schemas, levels = (
        {item["metadata"]["name"]: item for item in api.get(f"{PATH}/{plural}")["items"]}
        for plural in ("flowschemas", "prioritylevelconfigurations")
    )
    return Objects(schemas, levels)


def named(items: Mapping[str, JsonObject], uid: str) -> str:
    """The name behind a UID; the UID itself when nothing has it."""
    return next((name for name, item in items.items() if item["metadata"]["uid"] == uid), uid)


def schema_of(item: JsonObject) -> tuple[str, int]:
    spec = item["spec"]
    return str(spec["priorityLevelConfiguration"]["name"]), int(spec["matchingPrecedence"])


def level_of(item: JsonObject) -> tuple[str, int, int]:
    spec = item["spec"]
    limits = spec.get("limited") or spec.get("exempt") or {}
    shares, lendable = limits.get("nominalConcurrencyShares"), limits.get("lendablePercent")
    return str(spec["type"]), int(shares or 0), int(lendable or 0)


def is_dangling(item: JsonObject) -> str:
    """Status of the condition Dangling: ``True``, ``False``, or ``unknown`` before its first."""
    conditions = item.get("status", {}).get("conditions", [])
    return next((str(c["status"]) for c in conditions if c["type"] == "Dangling"), "unknown")


def shares(api: Api, level: str) -> int:
    return level_of(api.get(level_path(level)))[1]


def parse_dump(text: str) -> tuple[tuple[str, ...], dict[str, dict[str, str]]]:
    """Header and rows by level of a table whose cells end in commas."""
    lines = [[cell.strip() for cell in line.split(",")] for line in text.splitlines() if line]
    if not lines:
        return (), {}
    header = tuple(lines[0])
    return header, {cells[0]: dict(zip(header, cells, strict=False)) for cells in lines[1:]}


def untold_parts(api: Api, level: str) -> list[str]:
    """What the live queues and requests of one API server leave out; empty is right."""
    queues = api.text(QUEUES).splitlines()
    requests = api.text(f"{LIVE_REQUESTS}?includeRequestDetails=1").splitlines()
    own = [line for line in requests if LIVE_REQUESTS in line and ADMIN in line]
    found = [] if any(line.startswith(f"{level},") for line in queues) else [f"no queue of {level}"]
    return found if own else [*found, f"no request of {ADMIN} for {LIVE_REQUESTS}"]


def all_seats(api: Api) -> int:
    """Seats of one API server, the sum of two flags as /flagz prints them. Errors: LabError.

    Each process separates names and values by a character of its own, so that nobody parses it.
    """
    answer = api.ask("GET", "/flagz")
    found = [re.search(rf"^{flag}\W+(\d+)$", answer.text, re.MULTILINE) for flag in FLAGS]
    if None in found:
        raise LabError(f"{answer.url} -> {answer.status}: no word of {' and '.join(FLAGS)}")
    return sum(int(match[1]) for match in found if match)


def untold(found: Dumps) -> list[str]:
    """API servers whose table has other columns or lacks a level."""
    wrong = [
        f"{name} heads its table {head}" for name, (head, _) in found.items() if head != COLUMNS
    ]
    return wrong + [
        f"{name} tells only of {sorted(rows)}"
        for name, (_, rows) in found.items()
        if not LEVELS.keys() <= rows.keys()
    ]


def nominal_seats(total: int, levels: Mapping[str, JsonObject]) -> dict[str, int]:
    """Seats of each level: its share of all, rounded up (apiserver apf_controller.go)."""
    each = {name: level_of(item)[1] for name, item in levels.items()}
    whole = sum(each.values())
    return {name: math.ceil(total * share / whole) for name, share in each.items()}


def dumps(servers: Mapping[str, Api]) -> Dumps:
    """The live state of every API server. Errors: ApiRefused."""
    return {name: parse_dump(api.text(DUMP)) for name, api in servers.items()}


def unlike(wanted: Mapping[str, object], seen: Mapping[str, object]) -> list[str]:
    """Names whose value is not the wanted one, or that are missing."""
    return [
        f"{name}: {seen.get(name, 'missing')}, must be {value}"
        for name, value in wanted.items()
        if seen.get(name) != value
    ]


def edit(api: Api, level: str, *, shares: int, follows: str | None = None) -> None:
    """Errors: ApiRefused."""
    need(ask_to_edit(api, level, shares=shares, follows=follows))


def ask_to_edit(api: Api, level: str, *, shares: int, follows: str | None = None) -> Answer:
    """Other shares for a level; ``follows`` is its mark of being kept up to date."""
    patch: JsonObject = {"spec": {"limited": {"nominalConcurrencyShares": shares}}}
    if follows is not None:
        patch["metadata"] = {"annotations": {"apf.kubernetes.io/autoupdate-spec": follows}}
    return api.patch(level_path(level), patch, kind="merge")


def level_path(level: str) -> str:
    return f"{PATH}/prioritylevelconfigurations/{level}"
