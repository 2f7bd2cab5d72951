"""Versions and the rules on them: every Then-step goes red, as one understands."""

from typing import Any, cast

import pytest
import yaml

from infra.clients.instrumentation.component_metrics import Told
from infra.clients.lifecycle import unit_programs, version_skew
from infra.clients.lifecycle.unit_programs import Program
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.inventory import series
from tests.steps.lifecycle import version_skew as steps
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red

V = "v1.36.1"
MACHINES = [f"controller-{number}" for number in range(3)]
WORKERS = ["worker-0", "worker-1"]
GOOD = {
    version_skew.API: dict.fromkeys(MACHINES, V),
    "controller manager": dict.fromkeys(MACHINES, V),
    "scheduler": dict.fromkeys(MACHINES, V),
    "kubelet": dict.fromkeys(WORKERS, V),
    "kube-proxy": dict.fromkeys(WORKERS, V),
    version_skew.CLIENT: {"here": V},
}
NODES = "/api/v1/nodes"


class Live:
    spec = series("series", kubernetes=V, platform="local")
    layout = spec.layout

    def __init__(self, api: Any = None) -> None:
        self.api = api or FakeApi({NODES: nodes()})

    def api_servers(self) -> dict[str, Any]:
        return dict.fromkeys(MACHINES, self.api)

    def reached_at(self, machine: str) -> str:
        return str(self.spec.machine(machine).private_ip)

    def names_by_address(self) -> dict[str, str]:
        return {str(machine.private_ip): str(machine.name) for machine in self.spec.machines}


def nodes(first: str = V) -> Any:
    """What kubelets have written to their nodes."""
    versions = dict(zip(WORKERS, (first, V), strict=True))
    return {"items": [
        {"metadata": {"name": name}, "status": {"nodeInfo": {"kubeletVersion": version}}}
        for name, version in versions.items()
    ]}  # fmt: skip


def live(api: Any = None) -> Cluster:
    return cast("Cluster", Live(api))


def test_components_that_are_missing_or_of_another_version() -> None:
    steps.counts(GOOD, 3, 3, 3, 2, 2)
    steps.one_version(live(), GOOD)
    goes_red("there should be .*'kubelet': 1", steps.counts, GOOD, 3, 3, 3, 1, 2)
    odd = steps.shifted(GOOD, "scheduler", "controller-1", -1)
    goes_red("scheduler of controller-1 reports v1.35.0", steps.one_version, live(), odd)
    silent = {**GOOD, "kube-proxy": {"worker-0": ""}}
    goes_red("kube-proxy of worker-0 reports nothing", steps.one_version, live(), silent)
    stale = live(FakeApi({NODES: nodes("v1.35.4")}))
    goes_red("the Node worker-0 has v1.35.4", steps.one_version, stale, GOOD)


def test_rules_of_skew() -> None:
    steps.obey(live(), GOOD)
    newer = steps.shifted(GOOD, "kubelet", "worker-0", 1)
    goes_red(
        r"kubelet of worker-0 \(v1.37.0\) is newer than an API server", steps.obey, live(), newer
    )
    table = [["component", "machine", "minors", "words"], ["kubelet", "worker-0", "-3", "behind"]]
    says = r"kubelet -3: no rule broken, should break it: \['behind'\]"
    goes_red(says, steps.changes, GOOD, table, "break")
    table[1][2] = "-4"
    steps.changes(GOOD, table, "break")
    allowed = [["component", "machine", "minors"], ["kubelet", "worker-0", "-4"]]
    goes_red("4 minors behind, 3 allowed", steps.changes, GOOD, allowed, "obey")
    allowed[1][2] = "-3"
    steps.changes(GOOD, allowed, "obey")


def test_every_component_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    build = f'{version_skew.component_metrics.BUILD}{{git_version="{V}"}} 1\n'
    table = {f"{NODES}/{name}/proxy/metrics": build for name in WORKERS}
    api = FakeApi({**table, "/version": {"gitVersion": V}})
    told = {name: Told(200, V) for name in MACHINES}
    monkeypatch.setattr(version_skew.component_metrics, "ask_component", lambda *_: told)
    proxies = {name: Told(200, V) for name in WORKERS}
    monkeypatch.setattr(version_skew.component_metrics, "ask_kube_proxies", lambda _: proxies)
    assert version_skew.measure(live(api), V) == GOOD


def test_an_api_server_that_emulates_the_minor_before() -> None:
    info = {"gitVersion": V, "emulationMajor": "1", "emulationMinor": "36"}
    assert version_skew.serving(info) == V
    emulated = version_skew.serving({**info, "emulationMinor": "35"})
    assert emulated == "v1.35.0-emulated-by-v1.36.1"
    servers = {**GOOD[version_skew.API], "controller-1": emulated}
    mixed = {**GOOD, version_skew.API: servers}
    goes_red("API server of controller-1 reports v1.35.0-emul", steps.one_version, live(), mixed)
    goes_red(r"of controller-0 \(v1.36.1\) is newer than an API server", steps.obey, live(), mixed)


def programs_of(*changed: Program) -> list[Program]:
    """What the units of a good cluster would start, and a change to it."""
    local, balanced = "https://127.0.0.1:6443", "https://10.0.1.10:6443"
    good = [Program(part, m, V, local) for part in version_skew.MANAGERS for m in MACHINES]
    good += [Program(part, m, V, balanced) for part in version_skew.NODES for m in WORKERS]
    places = {(one.component, one.machine) for one in changed}
    return [one for one in good if (one.component, one.machine) not in places] + list(changed)


def test_what_is_newer_than_whom_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = programs_of()
    monkeypatch.setattr(unit_programs, "installed", lambda _: found)
    steps.in_order(live(), GOOD, evidence())
    mixed = {**GOOD, version_skew.API: {**GOOD[version_skew.API], "controller-1": "v1.35.4"}}
    says = r"the scheduler of controller-1 \(v1.36.1\) is newer than the API server of controller-1"
    goes_red(says, steps.in_order, live(), mixed, evidence())
    says = r"the kubelet of worker-0 \(v1.36.1\) is newer than the API server of controller-1"
    goes_red(says, steps.in_order, live(), mixed, evidence())
    found[:] = programs_of(Program("kubelet", "worker-1", "v1.37.0", "https://10.0.1.12:6443"))
    says = r"the program of kubelet of worker-1 \(v1.37.0\) is newer than .* of controller-1, which"
    goes_red(says, steps.in_order, live(), GOOD, evidence())
    found[:] = programs_of(Program("scheduler", "controller-0", V, "https://10.9.9.9:6443"))
    says = "scheduler of controller-0 is sent to https://10.9.9.9:6443, no API server of ours"
    goes_red(says, steps.in_order, live(), GOOD, evidence())


def test_what_a_unit_would_start() -> None:
    start = (
        "{ path=/usr/local/bin/kubelet ; argv[]=/usr/local/bin/kubelet --kubeconfig=/k --v=2 ; "
        "ignore_errors=no ; start_time=[n/a] }"
    )
    config = {
        "clusters": [{"name": "k", "cluster": {"server": "https://10.0.1.10:6443"}}],
        "contexts": [{"name": "d", "context": {"cluster": "k", "user": "u"}}],
        "current-context": "d",
    }
    answers = {
        "systemctl show": start,
        "/usr/local/bin/kubelet --version": f"Kubernetes {V}\n",
        "cat /k": yaml.safe_dump(config),
    }
    shell = FakeShell("worker-0", answers)
    found = unit_programs.look(shell, "kubelet", "kubelet")
    assert found == Program("kubelet", "worker-0", V, "https://10.0.1.10:6443")
    assert found.asked(live()) == MACHINES
    shell.answers["systemctl show"] = ""
    with pytest.raises(NotJudged, match="unit kubelet of worker-0 starts nothing"):
        unit_programs.look(shell, "kubelet", "kubelet")


@pytest.mark.parametrize("version", ["1.36.1", "v2.0.0", "", "v1.x.1"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(NotJudged, match="not a version of Kubernetes"):
        version_skew.minor(version)


def test_orders_of_an_upgrade() -> None:
    right, wrong = ", ".join(version_skew.ORDER), ", ".join(reversed(version_skew.ORDER))
    steps.orders(GOOD, [["order"], [right]], "obey")
    says = "kube-proxy of worker-0 to v1.37.0: .*newer"
    goes_red(says, steps.orders, GOOD, [["order"], [wrong]], "obey")
    table = [["order", "first broken by"], [wrong, "kube-proxy of worker-0"]]
    steps.orders(GOOD, table, "break")
    table = [["order", "first broken by"], [right, "kubelet"]]
    says = r"nothing broken, should break it, first by \['kubelet'\]"
    goes_red(says, steps.orders, GOOD, table, "break")


def test_nodes_and_mirrors() -> None:
    node = {"metadata": {"name": "worker-0", "labels": {}}}
    other = {"metadata": {"name": "worker-1", "labels": {}}}
    steps.nodes_are_workers(live(), {"nodes": [node, other]})
    goes_red("instead: worker-1 is no node", steps.nodes_are_workers, live(), {"nodes": [node]})
    third = {"metadata": {"name": "controller-0"}}
    more = {"nodes": [node, other, third]}
    goes_red("there is a node controller-0", steps.nodes_are_workers, live(), more)
    for label in sorted(steps.CONTROL_PLANE):
        other["metadata"]["labels"] = {label: ""}
        says = f"worker-1 has the label {label}"
        goes_red(says, steps.nodes_are_workers, live(), {"nodes": [node, other]})
    pod = {"metadata": {"name": "p", "annotations": {steps.MIRROR: "x"}}}
    goes_red("no Pod mirrors a file; instead: .*p", steps.no_mirrors, {"pods": [pod]})
    steps.no_mirrors({"pods": [{"metadata": {"name": "p"}}]})
