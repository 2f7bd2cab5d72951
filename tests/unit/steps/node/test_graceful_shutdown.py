"""Workers that go off: every Then-step goes red, as one understands; machines come back."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.worlds.node import graceful_shutdown as powers
from fixtures.worlds.node.graceful_shutdown import Power
from infra import timing
from infra.cluster import Cluster
from infra.ec2 import InstanceInfo
from infra.errors import Changed, ClaimError, NotPrepared, WaitTimeout
from infra.inventory import series
from suite import expect
from suite.node import graceful_shutdown
from suite.node.graceful_shutdown import Mark
from tests.steps.lifecycle import node_return as returned
from tests.steps.node import cancelled_shutdown as called_off
from tests.steps.node import graceful_shutdown as steps
from tests.steps.node import inhibitor_locks
from tests.steps.phrases import NOW, Time
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red, workloads_of

NODE = "/api/v1/nodes/worker-0"
PODS = "/api/v1/namespaces/ns/pods"
UNIT = "MainPID=7\n"
LOCK = "kubelet 0 root 7 kubelet shutdown Kubelet needs time to handle node shutdown delay\n"
LINE = "I1125 23:30:%02d.123456       1 log.go:244] GET /echo?msg=%s&code=\n"
ORDER = ("ordinary-a-asked", "ordinary-b-asked", "ordinary-a-ended", "ordinary-b-ended")
LAST = ("critical-asked", "critical-ended")


def log(*told: str) -> str:
    return "".join(LINE % (second, what) for second, what in enumerate(told))


class Live:
    spec = series("series", kubernetes="v1.36.1", platform="local")

    def __init__(self, api: FakeApi, shell: FakeShell | None = None) -> None:
        self.api = api
        self._shell = shell or FakeShell()

    def shell(self, _name: str) -> FakeShell:
        return self._shell


@dataclass
class FakeDying:
    """Pods whose marks and objects are given."""

    told: str = ""
    pods: dict[str, Any] = field(default_factory=dict)
    node: str = "worker-0"

    def marks(self) -> list[Mark]:
        return graceful_shutdown.marks(self.told)

    others: dict[str, Any] = field(default_factory=lambda: {"ns/dns": "the same"})
    sink: Any = field(default_factory=lambda: SimpleNamespace(node="worker-1"))

    def found(self) -> dict[str, Any]:
        return self.pods


@pytest.fixture
def api() -> FakeApi:
    return FakeApi({NODE: node("True")})


def live(api: FakeApi, shell: FakeShell | None = None) -> Cluster:
    return cast("Cluster", Live(api, shell))


def node(status: str, message: str = "") -> Any:
    return {"status": {"conditions": [{"type": "Ready", "status": status, "message": message}]}}


def dying(*told: str, **pods: Any) -> Any:
    return FakeDying(log(*told), pods)


def test_no_lock_and_a_lock_of_another_process(api: FakeApi) -> None:
    shell = FakeShell(answers={"systemctl": UNIT, "systemd-inhibit": LOCK, "busctl": "t 5000000\n"})
    has_an = (live(api, shell), "worker-0", evidence(), Time("within", 15), "an")
    inhibitor_locks.has_lock(*has_an)
    shell.answers["systemctl"] = "MainPID=8\n"
    with pytest.raises(WaitTimeout, match=r"of worker-0 holds a lock.*logind allows 5 s"):
        inhibitor_locks.has_lock(*has_an)
    with pytest.raises(WaitTimeout, match="of worker-0 holds a lock"):
        steps.await_lock(live(api, shell), "worker-0")


def test_a_node_that_says_nothing_and_takes_the_pod(api: FakeApi) -> None:
    work = workloads_of(FakeApi({f"{PODS}/late": {"status": {"reason": "NodeShutdown"}}}))
    steps.said_and_rejected(work, "node is shutting down", "NodeShutdown")
    goes_red(
        "is shutting down; it said 'gone'", steps.said_and_rejected, work, "gone", "NodeShutdown"
    )
    running = workloads_of(FakeApi({f"{PODS}/late": {"status": {"phase": "Running"}}}))
    goes_red(
        "rejected by NodeShutdown; it is {'phase'",
        steps.said_and_rejected,
        running,
        "shutting down",
        "NodeShutdown",
    )
    with pytest.raises(WaitTimeout, match="the Pod that was bound meanwhile is rejected"):
        steps.await_rejection(running)
    with pytest.raises(WaitTimeout, match="worker-0 says that it is shutting down"):
        steps.await_going(live(api), "worker-0")
    api.table[NODE] = node("False", "node is shutting down")
    assert steps.await_going(live(api), "worker-0") == "node is shutting down"


def test_an_order_that_is_wrong() -> None:
    steps.died_in_order(dying(*ORDER, *LAST), evidence())
    early = (*ORDER[:3], *LAST, ORDER[3])
    goes_red("before ordinary-b had ended", steps.died_in_order, dying(*early), evidence())
    goes_red(
        "critical did not tell that it was asked", steps.died_in_order, dying(*ORDER), evidence()
    )


def ended(
    phase: str = "Failed", reason: str = "Terminated", by: str = "TerminationByKubelet"
) -> Any:
    target = {"type": "DisruptionTarget", "status": "True", "reason": by}
    return {"status": {"phase": phase, "reason": reason, "conditions": [target]}}


def test_statuses_of_pods_that_went(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = {"ns/dns": "the same"}
    monkeypatch.setattr(steps, "identities_on", lambda *_: beside)

    def judge(**pods: Any) -> None:
        steps.ended_by_kubelet(live(FakeApi({})), dying(**pods), evidence())

    judge(a=ended(), b=ended("Succeeded", ""))
    goes_red("a: ..Running", judge, a=ended("Running", ""))
    goes_red("a: ..Failed", judge, a=ended(by=""))
    beside["ns/dns"] = "another"
    goes_red("Pods of the other worker go on; instead: ns/dns: the same became another", judge)
    beside.clear()
    goes_red("ns/dns: the same became None", judge)


def test_pods_that_the_kubelet_ended_without_a_period(api: FakeApi) -> None:
    steps.none_by_kubelet(dying(a=ended("Running", "", "")), 10)
    with pytest.raises((Changed, ClaimError), match="no Pod is ended by the kubelet"):
        steps.none_by_kubelet(dying(a=ended()), 10)
    assert api


def test_a_slow_machine_is_watched_for_a_stretched_time_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At a scale of 2.3 ten seconds were 53: a constant of Kubernetes may come in between."""
    lasted: list[float] = []
    monkeypatch.setattr(expect, "consistently", lambda *_, lasting, **__: lasted.append(lasting))
    with timing.scale(2.0):
        steps.none_by_kubelet(dying(), 10)
    assert lasted == [20.0]


def test_a_node_that_does_not_go_or_come(api: FakeApi) -> None:
    later, step = Time("within", 120), called_off.node_becomes
    step(live(api), "worker-0", NOW, "Ready")
    with pytest.raises(WaitTimeout, match="worker-0 is Unknown"):
        step(live(api), "worker-0", later, "Unknown")
    api.table[NODE] = node("Unknown")
    step(live(api), "worker-0", later, "Unknown")
    goes_red("worker-0 is Ready; it is .'Unknown'", step, live(api), "worker-0", NOW, "Ready")
    given = (live(api), dying(), evidence(), 8, 30)
    goes_red("should be ready after it was started; Ready is Unknown", returned.tells_times, *given)


def test_a_kubelet_that_forgot_its_shutdown_or_took_another_time(api: FakeApi) -> None:
    def told(ended: float) -> None:
        text = f"{graceful_shutdown.BEGAN} 100\n{graceful_shutdown.ENDED} {ended}\n"
        api.table[f"{NODE}/proxy/metrics"] = text
        returned.tells_times(live(api), dying(), evidence(), 8, 30)

    told(112)
    goes_red("a shutdown that took 3.0 s", told, 103)
    goes_red("a shutdown that took 31.0 s", told, 131)
    goes_red("took no time that it knows: it began at 100 and ended at 0", told, 0)


def test_pods_know_whom_to_tell() -> None:
    body = steps.dying_pod("critical", "worker-0", "10.200.1.4")
    assert body["spec"]["priorityClassName"] == "system-cluster-critical"
    assert {"name": "SINK", "value": "10.200.1.4"} in body["spec"]["containers"][0]["env"]
    assert "priorityClassName" not in steps.dying_pod("ordinary-a", "worker-0", "x")["spec"]


def machine(state: str) -> InstanceInfo:
    return InstanceInfo("i-1", "10.0.1.21", None, state)


def test_a_machine_that_went_is_started_at_the_end(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.table["/api/v1/namespaces/kube-system/pods"] = {"items": [{"metadata": {"name": "dns-1"}}]}
    beats: list[str] = []
    monkeypatch.setattr(powers.kubelet, "await_heartbeat", lambda _, node: beats.append(node))
    started: list[str] = []
    shell = FakeShell(answers={"systemctl": "", "true": ""})
    power = Power(live(api, shell), lambda _: machine("stopped"), started.append)
    power.begin("worker-0")
    power.end()
    assert started == beats == ["worker-0"]
    assert ("DELETE", "/api/v1/namespaces/kube-system/pods/dns-1", None) in api.asked
    power.end()
    assert started == ["worker-0"]


def test_a_machine_that_does_not_go(api: FakeApi) -> None:
    power = Power(
        live(api, FakeShell(answers={"systemctl": ""})), lambda _: machine("running"), print
    )
    power.begin("worker-0")
    with pytest.raises(NotPrepared, match="worker-0 is stopped"):
        power.end()


def test_a_shutdown_that_is_not_noticed_or_not_called_off(api: FakeApi) -> None:
    shell = FakeShell(answers={"systemctl": UNIT, "systemd-inhibit": LOCK})
    api.table[NODE] = node("True")
    within = Time("within", 60)
    called_off.node_becomes(live(api), "worker-0", within, "Ready")
    with pytest.raises(WaitTimeout, match="worker-0 says that it is shutting down"):
        called_off.says_so(live(api), "worker-0", 20)
    has_no = (live(api, shell), "worker-0", evidence(), within, "no")
    with pytest.raises(WaitTimeout, match="worker-0 holds no lock"):
        inhibitor_locks.has_lock(*has_no)
    shell.answers["systemctl"] = "MainPID=8\n"
    inhibitor_locks.has_lock(*has_no)
    api.table[NODE] = node("False", "node is shutting down")
    called_off.says_so(live(api), "worker-0", 20)
    with pytest.raises(WaitTimeout, match="worker-0 is Ready"):
        called_off.node_becomes(live(api), "worker-0", within, "Ready")
