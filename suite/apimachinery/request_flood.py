"""Many requests of one account at once, never repeated, and those of others meanwhile.

Numbers: apiserver pkg/server/filters/priority-and-fairness.go (a request waits for a quarter of its
time-out, 15 s of 60) and pkg/util/flowcontrol (1.36).
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil

from infra.clients.apimachinery.priority_and_fairness import (
    FLOW_SCHEMAS,
    LEVEL_UID,
    PATH,
    PRIORITY_LEVELS,
    SEATS,
    level_path,
)
from infra.clients.controlplane.leases import Lease
from infra.clients.transport import prometheus
from infra.described import own_objects
from infra.kube_api import Api, ApiUnreachable, JsonObject
from infra.timing import ACCESS, scaled
from infra.wait import eventually

REJECTED = "apiserver_flowcontrol_rejected_requests_total"
WAITS = 15.0
"""Seconds that a request may wait in a queue: a quarter of --request-timeout (60 s)."""
GIVES_UP = WAITS - 1
"""Seconds before which nobody has given up waiting: a refusal by then is for want of a place."""
ENDS = 90.0
"""Seconds for one answer: the longest wait, the webhook's five seconds, and a busy machine."""
OPENS = "/livez"
"""Asked to open a connection: a probe is exempt and counts nowhere (flow schema ``probes``)."""
PRECEDENCE = 500
"""Before the built-in schema of ServiceAccounts (9000)."""
REJECTS: JsonObject = {"type": "Reject"}


@dataclass(frozen=True)
class Outcome:
    """One request: when it began after the first, how long it took, what came."""

    at: float
    seconds: float
    status: int
    retry_after: str = ""
    level: str = ""
    """UID of the level that the answer tells of."""
    began: float = 0.0
    """By this process's clock."""


def queueing(length: int) -> JsonObject:
    queue = {"queues": 1, "handSize": 1, "queueLengthLimit": length}
    return {"type": "Queue", "queuing": queue}


def make_level(admin: Api, name: str, user: str, response: JsonObject) -> None:
    """A level of one share that lends and borrows nothing, and the schema that puts a user there.

    ``user`` is a ServiceAccount's name to authorizers.
    """
    _, _, namespace, account = user.split(":")
    limited = {
        "nominalConcurrencyShares": 1,
        "lendablePercent": 0,
        "borrowingLimitPercent": 0,
        "limitResponse": response,
    }
    metadata = own_objects.labelled(PRIORITY_LEVELS, name)
    admin.create(
        PRIORITY_LEVELS, {"metadata": metadata, "spec": {"type": "Limited", "limited": limited}}
    )
    subject = {
        "kind": "ServiceAccount",
        "serviceAccount": {"namespace": namespace, "name": account},
    }
    every = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"]}
    rules = [{"subjects": [subject], "resourceRules": [{**every, "clusterScope": True}]}]
    spec = {
        "priorityLevelConfiguration": {"name": name},
        "matchingPrecedence": PRECEDENCE,
        "rules": rules,
    }
    admin.create(FLOW_SCHEMAS, {"metadata": own_objects.labelled(FLOW_SCHEMAS, name), "spec": spec})


def remove_level(admin: Api, name: str) -> None:
    for kind in ("flowschemas", "prioritylevelconfigurations"):
        admin.delete(f"{PATH}/{kind}/{name}")


def await_level(server: Api, name: str, api: Api, path: str) -> None:
    """Until the server puts the account's requests into its level. Errors: WaitTimeout."""
    uid = server.get(level_path(name))["metadata"]["uid"]
    eventually(
        lambda: api.ask("GET", path).headers.get(LEVEL_UID, "none"),
        lambda seen: seen == uid,
        within=scaled(ACCESS.seconds * 2),
        what=f"{server.base} puts the account into the level {name}",
    )


def seats(server: Api, level: str) -> int:
    """Seats of a level on one API server; 0 before it is known there."""
    samples = prometheus.parse(server.text("/metrics"), only=SEATS)
    return int(prometheus.value(samples, SEATS, priority_level=level) or 0)


def send(api: Api, count: int, path: str, *, times: int = 1) -> list[Outcome]:
    """So many creations of ConfigMaps at once, each on a connection of its own that is open.

    Fifty handshakes at once would keep an API server's CPUs busy, which is not what is judged.
    ``times`` over, when all are answered.
    """
    clients = [api.at(api.base) for _ in range(count)]
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda one: one.ask("GET", OPENS), clients))
        start = time.monotonic()
        waves = [list(pool.map(lambda c: one(c, path, start), clients)) for _ in range(times)]
    return [outcome for wave in waves for outcome in wave]


def one(api: Api, path: str, start: float) -> Outcome:
    """A request that nobody repeats; status 0 when there was no answer."""
    body = {"metadata": {"generateName": "flood-"}}
    began = time.monotonic()
    try:
        answer = api.ask("POST", path, body=body, timeout=ENDS)
    except ApiUnreachable:
        return Outcome(began - start, time.monotonic() - began, 0, began=began)
    took = time.monotonic() - began
    retry = str(answer.headers.get("Retry-After", ""))
    level = str(answer.headers.get(LEVEL_UID, ""))
    return Outcome(began - start, took, answer.status, retry, level, began)


def window(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """When the first request began and the last was answered, by this process's clock."""
    return min(o.began for o in outcomes), max(o.began + o.seconds for o in outcomes)


def statuses(outcomes: Sequence[Outcome]) -> dict[int, int]:
    return {s: sum(o.status == s for o in outcomes) for s in sorted({o.status for o in outcomes})}


def rejected(server: Api) -> dict[tuple[str, str], float]:
    """Refusals that one API server has counted, by level and reason."""
    found: dict[tuple[str, str], float] = {}
    for sample in prometheus.parse(server.text("/metrics"), only=REJECTED):
        key = (sample.labels["priority_level"], sample.labels["reason"])
        found[key] = found.get(key, 0.0) + sample.value
    return found


def grown(before: Mapping[tuple[str, str], float], server: Api) -> dict[tuple[str, str], int]:
    """What was counted since."""
    now = rejected(server)
    return {key: int(n - before.get(key, 0)) for key, n in now.items() if n > before.get(key, 0)}


def p95(seconds: Sequence[float]) -> float:
    """The time that 95 of a hundred stay below. Errors: ValueError without any."""
    if not seconds:
        raise ValueError("nothing was asked")
    return sorted(seconds)[ceil(len(seconds) * 0.95) - 1]


def unrenewed(before: Mapping[str, Lease], now: Mapping[str, Lease]) -> list[str]:
    """Leases that changed hands or were not renewed."""
    return [
        f"{name}: {lease.holder} {lease.renewed} became {now[name].holder} {now[name].renewed}"
        for name, lease in before.items()
        if now[name].holder != lease.holder or now[name].renewed == lease.renewed
    ]


def curve(outcomes: Sequence[Outcome]) -> list[tuple[float, int, int]]:
    """Seconds, and how many were answered and refused by then."""
    ends = sorted((o.at + o.seconds, o.status) for o in outcomes)
    rows: list[tuple[float, int, int]] = [(0.0, 0, 0)]
    for at, status in ends:
        _, answered, refused = rows[-1]
        rows.append((round(at, 2), answered + (status == 201), refused + (status == 429)))
    return rows
