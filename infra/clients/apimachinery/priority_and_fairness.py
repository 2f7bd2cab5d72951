"""API Priority and Fairness: the built-in objects, where a request was put, each level live."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from infra.clients.apimachinery.priority_and_fairness_defaults import LEVELS
from infra.kube_api import Answer, Api, JsonObject

SCHEMA_UID, LEVEL_UID = "X-Kubernetes-PF-FlowSchema-UID", "X-Kubernetes-PF-PriorityLevel-UID"
PATH = "/apis/flowcontrol.apiserver.k8s.io/v1"
FLOW_SCHEMAS, PRIORITY_LEVELS = f"{PATH}/flowschemas", f"{PATH}/prioritylevelconfigurations"
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
ALL_SEATS = 400 + 200
"""Of one API server: the defaults of --max-requests-inflight and --max-mutating-requests-inflight
(apiserver pkg/server/config.go); the series sets neither."""


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

    def not_put_into(self, answers: Mapping[str, Answer], place: tuple[str, str]) -> list[str]:
        """API servers, by machine, whose answer tells of another place."""
        seen = {machine: self.put_into(answer) for machine, answer in answers.items()}
        return [
            f"API server of {machine} puts {answers[machine].url} into {schema} at {level}"
            for machine, (schema, level) in seen.items()
            if (schema, level) != place
        ]


def read(api: Api) -> Objects:
    schemas, levels = (
        {item["metadata"]["name"]: item for item in api.get(f"{PATH}/{plural}")["items"]}
        for plural in ("flowschemas", "prioritylevelconfigurations")
    )
    return Objects(schemas, levels)


def named(items: Mapping[str, JsonObject], uid: str) -> str:
    """The name behind a UID; the UID itself when nothing has it."""
    return next((name for name, item in items.items() if item["metadata"]["uid"] == uid), uid)


def shares_of(spec: JsonObject) -> int:
    limits = spec.get("limited") or spec.get("exempt") or {}
    return int(limits.get("nominalConcurrencyShares") or 0)


def is_dangling(item: JsonObject) -> str:
    """Status of the condition Dangling: ``True``, ``False``, or ``unknown`` before its first."""
    conditions = item.get("status", {}).get("conditions", [])
    return next((str(c["status"]) for c in conditions if c["type"] == "Dangling"), "unknown")


def shares(api: Api, level: str) -> int:
    return shares_of(api.get(level_path(level))["spec"])


def parse_dump(text: str) -> tuple[tuple[str, ...], dict[str, dict[str, str]]]:
    """Header and rows by level of a table whose cells end in commas."""
    lines = [[cell.strip() for cell in line.split(",")] for line in text.splitlines() if line]
    if not lines:
        return (), {}
    header = tuple(lines[0])
    return header, {cells[0]: dict(zip(header, cells, strict=False)) for cells in lines[1:]}


def untold_queues(api: Api, level: str) -> list[str]:
    """A level that the live queues of one API server leave out; empty is right."""
    queues = api.text(QUEUES).splitlines()
    return [] if any(line.startswith(f"{level},") for line in queues) else [f"no queue of {level}"]


def untold_request(api: Api) -> list[str]:
    """The request for the live requests, which is being executed, if they leave it out."""
    requests = api.text(f"{LIVE_REQUESTS}?includeRequestDetails=1").splitlines()
    own = [line for line in requests if LIVE_REQUESTS in line and ADMIN in line]
    return [] if own else [f"no request of {ADMIN} for {LIVE_REQUESTS}"]


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
    """Seats of each level: its share of all, rounded up (apiserver apf_controller.go).

    Built-in levels have their documented shares, others those that are stored.
    """
    documented = {name: shares_of(spec) for name, spec in LEVELS.items()}
    each = {name: shares_of(item["spec"]) for name, item in levels.items()} | documented
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


def level_path(level: str) -> str:
    return f"{PATH}/prioritylevelconfigurations/{level}"
