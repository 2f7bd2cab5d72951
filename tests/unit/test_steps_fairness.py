"""Priority and fairness: every Then-step goes red with a message that one understands."""

from typing import Any, cast

import pytest

from fixtures.accounts import Accounts
from infra.clients import fairness
from infra.clients.api import Answer, Api
from infra.clients.fairness import COLUMNS, DUMP, LEVELS, PATH, SCHEMAS, Objects
from infra.clients.metrics import Sample
from infra.cluster import Cluster
from infra.errors import LabError
from tests.steps import fairness as steps
from tests.unit.fakes import FakeApi, evidence, goes_red, no_time_passes, running_pod

FLAGZ = "apiserver flagz\nmax-requests-inflight=400\nmax-mutating-requests-inflight=200\n"


def schema(name: str, **status: Any) -> dict[str, Any]:
    level, precedence = SCHEMAS.get(name, ("absent", 9000))
    spec = {"priorityLevelConfiguration": {"name": level}, "matchingPrecedence": precedence}
    conditions = [{"type": "Dangling", "status": "False", **status}]
    return {"metadata": {"uid": f"s-{name}"}, "spec": spec, "status": {"conditions": conditions}}


def level(name: str, **more: int) -> dict[str, Any]:
    kind, shares, lendable = LEVELS[name]
    figures = {"nominalConcurrencyShares": shares, "lendablePercent": lendable, **more}
    return {"metadata": {"uid": f"l-{name}"}, "spec": {"type": kind, kind.lower(): figures}}


def objects(**changed: dict[str, Any]) -> Objects:
    schemas = {name: schema(name) for name in SCHEMAS}
    levels = {name: level(name) for name in LEVELS}
    return Objects({**schemas, **changed}, levels)


class FakeCluster:
    """Three API servers with the same answers."""

    def __init__(self, **table: Any) -> None:
        self.api = FakeApi(table)

    def api_servers(self) -> dict[str, Api]:
        return {f"controller-{n}": self.api for n in range(3)}

    def api_of(self, machine: str) -> Api:
        return self.api


def cluster(**table: Any) -> Cluster:
    return cast("Cluster", FakeCluster(**table))


def dump(*, dispatched: int = 7, levels: tuple[str, ...] = tuple(LEVELS)) -> str:
    rows = [f"{name}, 0, true, false, 0, 0, {dispatched}, 0, 0, 0" for name in levels]
    return "\n".join([", ".join(COLUMNS), *rows]) + "\n"


def answered(status: int, schema: str = "", level: str = "") -> Answer:
    headers = {
        "X-Kubernetes-PF-FlowSchema-UID": schema,
        "X-Kubernetes-PF-PriorityLevel-UID": level,
    }
    return Answer("GET", "https://api/x", status, {k: v for k, v in headers.items() if v}, "")


def test_built_in_objects() -> None:
    good = objects()
    steps.documented_schemas(good)
    steps.documented_levels(good)
    steps.none_dangles(good)
    moved = schema("probes")
    moved["spec"]["matchingPrecedence"] = 3
    other = objects(probes=moved)
    goes_red(r"probes: \('exempt', 3\), must be \('exempt', 2\)", steps.documented_schemas, other)
    gone = Objects({}, {"exempt": level("exempt")})
    goes_red("probes: missing", steps.documented_schemas, gone)
    goes_red("catch-all: missing", steps.documented_levels, gone)
    lost = objects(probes=schema("probes", status="True"))
    goes_red("probes: True", steps.none_dangles, lost)


def test_a_schema_that_never_dangles(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    path = f"{PATH}/flowschemas/ns-dangling"
    goes_red(
        "dangles: not within", steps.dangles, cluster(**{path: schema("x")}), "ns-dangling", 30
    )
    steps.dangles(cluster(**{path: schema("x", status="True")}), "ns-dangling", 30)


def test_edits_that_stay_or_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    path = f"{PATH}/prioritylevelconfigurations/system"
    before = {"system": 30}
    edited = cluster(**{path: level("system", nominalConcurrencyShares=31)})
    healed = cluster(**{path: level("system"), f"PATCH {path}": {}})
    goes_red(
        "shares of system are 30 again: not within", steps.shares_heal, edited, before, "system", 90
    )
    steps.shares_heal(healed, before, "system", 90)
    goes_red("keep its 31 shares; it has 30", steps.shares_stay, healed, before, "system")
    steps.shares_stay(edited, before, "system")
    goes_red(
        "system should refuse an edit with 422; it was 200",
        steps.edit_refused,
        healed,
        "system",
        422,
    )


def test_live_state() -> None:
    whole = cluster(**{DUMP: dump()})
    steps.tells_levels(whole, evidence())
    part = cluster(**{DUMP: dump(levels=("exempt",))})
    goes_red(r"controller-0 tells only of \['exempt'\]", steps.tells_levels, part, evidence())
    goes_red("heads its table", steps.tells_levels, cluster(**{DUMP: "a, b\n1, 2\n"}), evidence())
    before = fairness.dumps(whole.api_servers())
    goes_red("controller-0: 0 more", steps.dispatched, whole, before, 5, "exempt")
    steps.dispatched(cluster(**{DUMP: dump(dispatched=12)}), before, 5, "exempt")


def test_live_queues_and_requests() -> None:
    queues, path = "PriorityLevelName, Index\nleader-election, 0\n", fairness.LIVE_REQUESTS
    details = f"{path}?includeRequestDetails=1"
    right = {fairness.QUEUES: queues, details: f"head\nexempt, kubernetes-admin, get, {path},\n"}
    steps.tells_queues_and_requests(cluster(**right), "leader-election")
    none = cluster(**{**right, fairness.QUEUES: "PriorityLevelName, Index\n"})
    goes_red(
        "controller-0: no queue of leader-election",
        steps.tells_queues_and_requests,
        none,
        "leader-election",
    )
    other = cluster(**{**right, details: f"head\nexempt, someone, get, {path},\n"})
    goes_red(
        "no request of kubernetes-admin",
        steps.tells_queues_and_requests,
        other,
        "leader-election",
    )


def test_live_state_for_everybody() -> None:
    class Open:
        def make(self, name: str) -> str:
            return name

        def api(self, account: str) -> Api:
            return FakeApi({DUMP: dump()})

    goes_red("should be refused with 403; it was 200", steps.dump_refused, cast("Accounts", Open()))


def test_places() -> None:
    known = objects()
    nodes = answered(200, "s-system-nodes", "l-system")
    steps.put_there(known, nodes, "system-nodes", "system")
    goes_red(
        r"answered 200, should be put into probes at exempt; it was \('system-nodes', 'system'\)",
        steps.put_there, known, nodes, "probes", "exempt",
    )  # fmt: skip
    goes_red(r"it was \('', ''\)", steps.put_there, known, answered(200), "probes", "exempt")
    goes_red("should be 403, put into probes", steps.refused_there, known, nodes, "probes")
    steps.refused_there(known, answered(403, "s-probes"), "probes")


def test_what_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    known, placed = objects(), answered(200, "s-probes", "l-exempt")
    pod, _, _ = running_pod()
    monkeypatch.setattr(FakeApi, "begin", lambda *_, **__: placed)
    goes_red("should be 200 and have no place", steps.follower_has_no_place, known, pod)
    monkeypatch.setattr(FakeApi, "with_token", lambda one, _: one)
    goes_red(
        "should be 401 and have no place; it was 404", steps.unknown_has_no_place, known, cluster()
    )
    monkeypatch.setattr(FakeApi, "begin", lambda *_, **__: answered(200))
    steps.follower_has_no_place(known, pod)


def test_a_command_that_has_a_place() -> None:
    pod, api, _ = running_pod()
    api.table["/api/v1/namespaces/ns/pods/rz/exec"] = (403, {})
    goes_red(
        "should be 400 and have no place; it was 403", steps.command_has_no_place, objects(), pod
    )
    api.table["/api/v1/namespaces/ns/pods/rz/exec"] = (400, {})
    steps.command_has_no_place(objects(), pod)


def test_seats() -> None:
    live, known = cluster(**{"/flagz": FLAGZ}), objects()
    seats = fairness.nominal_seats(600, known.levels)
    assert (seats["catch-all"], seats["workload-low"], seats["exempt"]) == (13, 245, 0)
    right = [
        Sample(fairness.SEATS, float(n), {"priority_level": name}) for name, n in seats.items()
    ]
    steps.seats_follow(live, known, {"controller-0": right})
    goes_red(
        "controller-0, system: None, must be 74",
        steps.seats_follow,
        live,
        known,
        {"controller-0": []},
    )
    with pytest.raises(LabError, match="no word of max-requests-inflight"):
        fairness.all_seats(FakeApi({"/flagz": "nothing"}))
