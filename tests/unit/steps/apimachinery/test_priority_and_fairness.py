"""Priority and fairness: every Then-step goes red with a message that one understands."""

import copy
from dataclasses import replace
from typing import Any, cast

import pytest

from infra.clients.apimachinery import priority_and_fairness
from infra.clients.apimachinery.priority_and_fairness import PATH, Objects
from infra.clients.apimachinery.priority_and_fairness_defaults import FOLLOWS, LEVELS, SCHEMAS
from infra.clients.transport.prometheus import Sample
from infra.cluster import Cluster
from infra.kube_api import Answer, Api
from tests.steps.apimachinery import priority_and_fairness as steps
from tests.steps.apimachinery import unclassified_requests
from tests.steps.phrases import NOW, Time
from tests.unit.fakes import FakeApi, goes_red, running_pod


def schema(name: str, **status: Any) -> dict[str, Any]:
    conditions = [{"type": "Dangling", "status": "False", **status}]
    spec = copy.deepcopy(SCHEMAS.get(name, {}))
    metadata = {"name": name, "uid": f"s-{name}", "annotations": {FOLLOWS: "true"}}
    return {"metadata": metadata, "spec": spec, "status": {"conditions": conditions}}


def level(name: str, **limited: Any) -> dict[str, Any]:
    spec = copy.deepcopy(LEVELS[name])
    spec.get("limited", {}).update(limited)
    metadata = {"name": name, "uid": f"l-{name}", "annotations": {FOLLOWS: "true"}}
    return {"metadata": metadata, "spec": spec}


def objects(**changed: dict[str, Any]) -> Objects:
    schemas = {name: schema(name) for name in SCHEMAS}
    levels = {name: level(name) for name in LEVELS}
    return Objects(
        {**schemas, **{n: one for n, one in changed.items() if n in SCHEMAS}},
        {**levels, **{n.replace("_", "-"): one for n, one in changed.items() if n not in SCHEMAS}},
    )


def stored(found: Objects) -> dict[str, Any]:
    return {
        f"{PATH}/flowschemas": {"items": list(found.schemas.values())},
        f"{PATH}/prioritylevelconfigurations": {"items": list(found.levels.values())},
    }


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


def answered(status: int, schema: str = "", level: str = "") -> Answer:
    headers = {
        "X-Kubernetes-PF-FlowSchema-UID": schema,
        "X-Kubernetes-PF-PriorityLevel-UID": level,
    }
    return Answer("GET", "https://api/x", status, {k: v for k, v in headers.items() if v}, "")


def test_built_in_objects() -> None:
    good = objects()
    steps.documented(good, "FlowSchemas")
    steps.documented(good, "priority levels")
    steps.none_dangles(cluster(**stored(good)))
    moved = schema("probes")
    moved["spec"]["matchingPrecedence"] = 3
    goes_red(
        "probes: matchingPrecedence is 3, must be 2",
        steps.documented,
        objects(probes=moved),
        "FlowSchemas",
    )
    open_to_all = schema("exempt")
    open_to_all["spec"]["rules"][0]["subjects"] = [{"kind": "Group", "group": {"name": "x"}}]
    goes_red(
        "exempt: rules is .*x.*, must be .*masters",
        steps.documented,
        objects(exempt=open_to_all),
        "FlowSchemas",
    )
    kept = level("system")
    kept["metadata"]["annotations"][FOLLOWS] = "false"
    words = (
        "as documented; instead: system: apf.kubernetes.io/autoupdate-spec is false, must be true"
    )
    goes_red(words, steps.documented, objects(system=kept), "priority levels")
    unmarked = schema("probes")
    del unmarked["metadata"]["annotations"]
    words = "probes: apf.kubernetes.io/autoupdate-spec is absent"
    goes_red(words, steps.documented, objects(probes=unmarked), "FlowSchemas")
    gone = Objects({}, {"exempt": level("exempt")})
    goes_red("probes is missing", steps.documented, gone, "FlowSchemas")
    goes_red("catch-all is missing", steps.documented, gone, "priority levels")
    lost = objects(probes=schema("probes", status="True"))
    goes_red("probes: True", steps.none_dangles, cluster(**stored(lost)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"limitResponse": {"type": "Reject"}}, 'limitResponse.type is "Reject", must be "Queue"'),
        ({"borrowingLimitPercent": 0}, "borrowingLimitPercent is 0, must be absent"),
        ({"nominalConcurrencyShares": 41}, "nominalConcurrencyShares is 41, must be 40"),
    ],
)
def test_a_level_with_another_field(change: dict[str, Any], words: str) -> None:
    other = objects(workload_high=level("workload-high", **change))
    goes_red(f"workload-high: limited.*{words}", steps.documented, other, "priority levels")


def test_a_suggested_schema_that_does_not_come_back() -> None:
    path = f"{PATH}/flowschemas/kube-scheduler"
    words = "have made the flow schema kube-scheduler again: not within"
    goes_red(words, steps.comes_back, cluster(), "s-old", "kube-scheduler", 90)
    same = cluster(**{path: schema("kube-scheduler")})
    goes_red(words, steps.comes_back, same, "s-kube-scheduler", "kube-scheduler", 90)
    other = schema("kube-scheduler")
    other["spec"]["priorityLevelConfiguration"]["name"] = "exempt"
    words = 'it comes back as documented; instead: .*is "exempt"'
    goes_red(words, steps.comes_back, cluster(**{path: other}), "s-old", "kube-scheduler", 90)
    steps.comes_back(same, "s-old", "kube-scheduler", 90)


def test_a_schema_that_never_dangles() -> None:
    path = f"{PATH}/flowschemas/ns-dangling"
    goes_red(
        "dangles: not within", steps.dangles, cluster(**{path: schema("x")}), "ns-dangling", 30
    )
    steps.dangles(cluster(**{path: schema("x", status="True")}), "ns-dangling", 30)


def test_edits_that_stay_or_do_not() -> None:
    path = f"{PATH}/prioritylevelconfigurations/system"
    before = {"system": 30}
    edited = cluster(**{path: level("system", nominalConcurrencyShares=31)})
    healed = cluster(**{path: level("system"), f"PATCH {path}": {}})
    within, same, more = Time("within", 90), "at their earlier value", "raised by one"
    says = "shares of system are 30, at their earlier value: not within"
    goes_red(says, steps.shares_are, edited, before, within, "system", same)
    steps.shares_are(healed, before, within, "system", same)
    says = "shares of system are 31, raised by one; it is 30"
    goes_red(says, steps.shares_are, healed, before, NOW, "system", more)
    steps.shares_are(edited, before, NOW, "system", more)
    goes_red(
        "system should refuse an edit with 422; it was 200",
        steps.edit_refused,
        healed,
        "system",
        422,
    )


def test_places() -> None:
    known, right = objects(), answered(200, "s-system-nodes", "l-system")
    both = {"controller-0": right, "controller-1": right}
    steps.put_there(known, both, "system-nodes", "system")
    words = "API server of controller-0 puts https://api/x into system-nodes at system"
    goes_red(words, steps.put_there, known, both, "probes", "exempt")
    one = {**both, "controller-1": answered(200)}
    words = "controller-1 puts https://api/x into  at "
    goes_red(words, steps.put_there, known, one, "system-nodes", "system")
    words = r"API server of controller-0: \(200, 'system-nodes'\)"
    goes_red(words, steps.refused_there, known, both, "probes")
    steps.refused_there(known, {"controller-0": answered(403, "s-probes")}, "probes")


def test_what_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    known, placed = objects(), answered(200, "s-probes", "l-exempt")
    pod, _, _ = running_pod()
    monkeypatch.setattr(FakeApi, "begin", lambda *_, **__: placed)
    carry = unclassified_requests.carry_none
    token = [["request", "status"], ["an unknown token", "401"]]
    log = [["request", "status"], ["a client that follows the Pod's log", "200"]]
    goes_red("should be 200 and carry no FlowSchema", carry, known, cluster(), pod, log)
    monkeypatch.setattr(FakeApi, "with_token", lambda one, _: one)
    says = "should be 401 and carry no FlowSchema; it was 404"
    goes_red(says, carry, known, cluster(), pod, token)
    monkeypatch.setattr(FakeApi, "begin", lambda *_, **__: answered(200))
    carry(known, cluster(), pod, log)


def test_a_command_that_has_a_place() -> None:
    pod, api, _ = running_pod()
    api.table["/api/v1/namespaces/ns/pods/rz/exec"] = (403, {})
    given = objects(), cluster(), pod, [["request"], ["an exec request to the Pod", "400"]]
    says = "should be 400 and carry no FlowSchema; it was 403"
    goes_red(says, unclassified_requests.carry_none, *given)
    api.table["/api/v1/namespaces/ns/pods/rz/exec"] = (400, {})
    unclassified_requests.carry_none(*given)


def test_seats() -> None:
    known = objects()
    seats = priority_and_fairness.nominal_seats(600, known.levels)
    right = [
        Sample(priority_and_fairness.SEATS, float(n), {"priority_level": name})
        for name, n in seats.items()
    ]
    names = ("catch-all", "system", "node-high", "leader-election", "workload-high")
    assert [seats[name] for name in names] == [13, 74, 98, 25, 98]
    assert (seats["workload-low"], seats["global-default"], seats["exempt"]) == (245, 49, 0)
    steps.seats_follow(known, {"controller-0": right})
    few = [replace(one, value=one.value // 2) for one in right]
    words = "API server of controller-1, workload-low: 122.0, must be 245"
    goes_red(words, steps.seats_follow, known, {"controller-0": right, "controller-1": few})
    goes_red("system: None, must be 74", steps.seats_follow, known, {"controller-0": []})


def test_an_edited_level_does_not_change_what_its_seats_should_be() -> None:
    edited = objects(workload_low=level("workload-low", nominalConcurrencyShares=1))
    more = Objects(edited.schemas, {**edited.levels, "own": {"spec": LEVELS["catch-all"]}})
    seats = priority_and_fairness.nominal_seats(600, more.levels)
    assert (seats["workload-low"], seats["own"]) == (240, 12)
