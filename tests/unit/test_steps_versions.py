"""Versions and the rules on them: every Then-step goes red, as one understands."""

from typing import Any, cast

import pytest

from infra.clients import asking, skew
from infra.clients.asking import Asked, Asking
from infra.clients.bystanders import Bystanders
from infra.clients.exposed import Told
from infra.clients.units import Unit
from infra.cluster import Cluster
from infra.errors import LabError, NotPrepared
from infra.inventory import series
from tests.steps import rolling
from tests.steps import versions as steps
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red

V = "v1.36.1"
MACHINES = [f"controller-{number}" for number in range(3)]
WORKERS = ["worker-0", "worker-1"]
GOOD = {
    skew.API: dict.fromkeys(MACHINES, V),
    "controller manager": dict.fromkeys(MACHINES, V),
    "scheduler": dict.fromkeys(MACHINES, V),
    "kubelet": dict.fromkeys(WORKERS, V),
    "kube-proxy": dict.fromkeys(WORKERS, V),
    skew.CLIENT: {"here": V},
}
CONFIG = "timeout connect 2s\n default-server check inter 2s fastinter 1s fall 3 rise 1\n"


class Live:
    spec = series("series", kubernetes=V, platform="local")

    def __init__(self, api: Any = None, shell: Any = None) -> None:
        self.api = api
        self._shell = shell

    def shell(self, _name: str) -> Any:
        return self._shell


def live(api: Any = None, shell: Any = None) -> Cluster:
    return cast("Cluster", Live(api, shell))


def test_components_that_are_missing_or_of_another_version() -> None:
    steps.counts(GOOD, 3, 3, 3, 2, 2)
    steps.one_version(live(), GOOD)
    goes_red("there should be .*'kubelet': 1", steps.counts, GOOD, 3, 3, 3, 1, 2)
    odd = steps.shifted(GOOD, "scheduler", "controller-1", -1)
    goes_red("scheduler of controller-1 reports v1.35.0", steps.one_version, live(), odd)
    silent = {**GOOD, "kube-proxy": {"worker-0": ""}}
    goes_red("kube-proxy of worker-0 reports nothing", steps.one_version, live(), silent)


def test_rules_of_skew() -> None:
    steps.obey(GOOD)
    newer = steps.shifted(GOOD, "kubelet", "worker-0", 1)
    goes_red(r"kubelet of worker-0 \(v1.37.0\) is newer than an API server", steps.obey, newer)
    table = [["component", "machine", "minors", "words"], ["kubelet", "worker-0", "-3", "behind"]]
    goes_red("kubelet -3: no rule broken, should say 'behind'", steps.break_rules, GOOD, table)
    allowed = [["component", "machine", "minors"], ["kubelet", "worker-0", "-4"]]
    goes_red("4 minors behind, 3 allowed", steps.still_obey, GOOD, allowed)


def test_every_component_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    info = {"status": {"nodeInfo": {"kubeletVersion": V}}}
    nodes = {"items": [{"metadata": {"name": name}, **info} for name in WORKERS]}
    api = FakeApi({"/api/v1/nodes": nodes, "/version": {"gitVersion": V}})
    told = {name: Told(200, V) for name in MACHINES}
    monkeypatch.setattr(skew.exposed, "ask_component", lambda *_: told)
    proxies = {name: Told(200, V) for name in WORKERS}
    monkeypatch.setattr(skew.exposed, "ask_kube_proxies", lambda _: proxies)
    asked = live(api)
    asked.api_servers = lambda: dict.fromkeys(MACHINES, api)  # type: ignore[method-assign]
    assert skew.measure(asked, V) == GOOD


@pytest.mark.parametrize("version", ["1.36.1", "v2.0.0", "", "v1.x.1"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(LabError, match="not a version of Kubernetes"):
        skew.minor(version)


def test_orders_of_an_upgrade() -> None:
    right, wrong = ", ".join(skew.ORDER), ", ".join(reversed(skew.ORDER))
    steps.order_holds(GOOD, [[right]])
    goes_red("kube-proxy of worker-0 to v1.37.0: .*newer", steps.order_holds, GOOD, [[wrong]])
    table = [["order", "first broken by"], [wrong, "kube-proxy of worker-0"]]
    steps.orders_break(GOOD, table)
    table = [["order", "first broken by"], [right, "kubelet"]]
    goes_red("nothing broken, should begin with kubelet", steps.orders_break, GOOD, table)


def test_nodes_and_mirrors() -> None:
    node = {"metadata": {"name": "worker-0", "labels": {}}}
    other = {"metadata": {"name": "worker-1", "labels": {}}}
    steps.nodes_are_workers(live(), {"nodes": [node, other]})
    goes_red("nodes should be", steps.nodes_are_workers, live(), {"nodes": [node]})
    other["metadata"]["labels"] = {steps.CONTROL_PLANE: ""}
    goes_red("1 labelled", steps.nodes_are_workers, live(), {"nodes": [node, other]})
    pod = {"metadata": {"name": "p", "annotations": {steps.MIRROR: "x"}}}
    goes_red("no Pod mirrors a file; instead: .*p", steps.no_mirrors, {"pods": [pod]})
    steps.no_mirrors({"pods": [{"metadata": {"name": "p"}}]})


class Over(Asking):
    """A client that has ended; ``asked`` is what it saw."""

    def __init__(self, *asked: Asked) -> None:
        self._asked = list(asked)

    def close(self) -> None:
        pass


def good(at: float) -> Asked:
    return Asked(at, at + 0.1, "")


def bad(at: float) -> Asked:
    return Asked(at, at + 0.1, "refused")


def test_an_outage_has_a_length() -> None:
    shell = FakeShell(answers={f"cat {asking.HAPROXY}": CONFIG})
    assert asking.noticing(cast("Any", shell)) == 6
    rolling.no_outage(live(shell=shell), Over(good(0), bad(1), good(8)), evidence())
    goes_red(
        "10.0 s of failures, 9.0 allowed: .*refused",
        rolling.no_outage, live(shell=shell), Over(good(0), bad(1), good(10)), evidence(),
    )  # fmt: skip
    assert asking.longest_gap((bad(1),)) == float("inf")
    every_third = [bad(at) if at % 3 == 0 else good(at) for at in range(20)]
    goes_red(
        "18.1 s of failures, 9.0 allowed",
        rolling.no_outage, live(shell=shell), Over(*every_third), evidence(),
    )  # fmt: skip
    assert asking.longest_outage((bad(0), bad(30)), apart=9.0) == pytest.approx(0.1)


def test_two_servers_away_at_once() -> None:
    one, two, three = Over(good(0), bad(1), good(3)), Over(good(0), bad(4)), Over(good(0), bad(9))
    rolling.ready_at_any_time(
        {"a": one, "b": Over(good(0), bad(4), good(5)), "c": three}, evidence()
    )
    goes_red(
        "1 API servers were ready at 9.0 s",
        rolling.ready_at_any_time, {"a": one, "b": two, "c": three}, evidence(),
    )  # fmt: skip
    with pytest.raises(NotPrepared, match="a restart was not seen at all"):
        rolling.ready_at_any_time({"a": Over(good(0))}, evidence())


def test_a_watch_that_sees_nothing() -> None:
    path = "/api/v1/namespaces/ns/configmaps"
    api = FakeApi({path: {"metadata": {"resourceVersion": "1"}}})
    goes_red("should see the new ConfigMap; saw nothing", rolling.watch_sees, live(api), "ns")
    api.stream.append({"object": {"metadata": {"name": "later"}}})
    rolling.watch_sees(live(api), "ns")


def test_a_member_of_etcd_that_was_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(pid: int) -> Bystanders:
        unit = Unit("controller-0", "etcd", "active", pid, 1, 1, 0)
        return Bystanders({("controller-0", "etcd"): unit}, {})

    monkeypatch.setattr(rolling.bystanders, "look", lambda *_, **__: seen(8))
    rolling.etcd_untouched(live(), seen(8))
    goes_red("etcd on controller-0: process 7 is now 8", rolling.etcd_untouched, live(), seen(7))


def test_a_client_asks_at_its_pace_until_it_is_closed() -> None:
    answers = iter(["", "refused"])
    client = Asking(lambda: next(answers, ""), a_second=200).open()
    while len(client.asked) < 3:
        pass
    client.close()
    assert [one.wrong for one in client.asked[:3]] == ["", "refused", ""]


def test_what_is_wrong_with_an_answer() -> None:
    class Bare(FakeApi):
        def at(self, base: str) -> "Bare":
            return self

    assert asking.trouble(Bare({"/version": {}}), "/version", alone=True) == ""
    assert asking.trouble(Bare({}), "/version", alone=True).startswith("404")
