"""The EBS CSI driver: every Then-step goes red, as one understands."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.plugin import lanes
from fixtures.turns.held import NEED
from fixtures.worlds.storage import ebs_csi_driver_turns as turns
from fixtures.worlds.storage.ebs_csi_driver import Driver
from fixtures.worlds.storage.ebs_csi_driver_turns import ebs_driver, last_of
from fixtures.worlds.storage.ebs_volumes import Ebs
from infra.errors import WaitTimeout
from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import choose
from infra.inventory import series
from suite.storage import ebs_csi_driver as client
from tests.steps.phrases import NOW, Time
from tests.steps.storage import ebs_csi_driver as steps
from tests.unit.fakes import FakeApi, goes_red
from tests.unit.plugin.marked import marked

SPEC = series("test", kubernetes="v1.36.1", platform="local")
PODS = "/api/v1/namespaces/kube-system/pods"

RELIES, CHANGES = "relies_on_ebs_driver", "changes_ebs_driver"


class Cluster:
    spec = SPEC

    def __init__(self, table: dict[str, Any]) -> None:
        self.api = FakeApi(table)


class Known(Driver):
    """EC2's ids are the machines' names."""

    @property
    def instances(self) -> dict[str, str]:
        return {worker.name: worker.name for worker in SPEC.workers}


def ebs_of(table: dict[str, Any]) -> Ebs:
    driver = Known(cast("Any", Cluster(table)), None, cast("Any", None))
    return Ebs(driver, cast("Any", None), cast("Any", None), cast("Any", None))


def controller(node: str = "worker-0", *, ready: int = 6, message: str = "") -> dict[str, Any]:
    ended = {"terminated": {"message": message}} if message else {}
    statuses = [{"ready": n < ready, "state": {}, "lastState": ended} for n in range(6)]
    return {
        "metadata": {"name": f"c-{node}"},
        "spec": {"nodeName": node, "containers": [{}] * 6},
        "status": {"containerStatuses": statuses},
    }


def with_pods(*pods: dict[str, Any]) -> Ebs:
    return ebs_of({PODS: {"items": list(pods)}})


def test_a_driver_that_does_not_come_says_what_holds_it() -> None:
    back_off = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}
    ended = {"terminated": {"reason": "Error", "message": "no EC2 IMDS role\nfound"}}
    whole: dict[str, Any] = {"spec": {"nodeName": "worker-0"}, "metadata": {}}
    whole["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}
    held: dict[str, Any] = {"spec": {"nodeName": "worker-1"}, "metadata": {}, "status": {}}
    assert client.too_few("app=x", [whole, whole]) == ""
    assert client.too_few("app=x", [whole, held]) == "app=x: 1 of 2 Pods Ready"
    container = {"name": "plugin", "state": back_off, "lastState": {}}
    held["status"] = {"containerStatuses": [{"name": "fine", "state": {"running": {}}}, container]}
    words = "app=x: 1 of 2 Pods Ready; plugin on worker-1: "
    assert client.too_few("app=x", [whole, held]) == f"{words}CrashLoopBackOff back-off 10s"
    container["lastState"] = ended
    assert client.too_few("app=x", [whole, held]) == f"{words}Error no EC2 IMDS role found"
    message = "0/2 nodes are available: 1 Insufficient cpu."
    conditions = [{"type": "PodScheduled", "status": "False", "message": message}]
    homeless: dict[str, Any] = {"spec": {}, "metadata": {}, "status": {"conditions": conditions}}
    assert client.too_few("app=x", [homeless]) == f"app=x: 0 of 2 Pods Ready; {message}"


def test_controllers_that_are_not_whole_or_elsewhere() -> None:
    steps.controllers(with_pods(controller(), controller("worker-1")), 6, 6)
    partly = with_pods(controller(), controller("worker-1", ready=5))
    goes_red("c-worker-1: 5/6 on worker-1", steps.controllers, partly, 6, 6)
    elsewhere = with_pods(controller(), controller("controller-0"))
    goes_red("6/6 on controller-0", steps.controllers, elsewhere, 6, 6)
    goes_red(
        "2 controllers of the driver; there are 1", steps.controllers, with_pods(controller()), 6, 6
    )


def test_a_worker_that_does_not_know_the_driver() -> None:
    known = {"spec": {"drivers": [{"name": "ebs.csi.aws.com"}]}}
    path = "/apis/storage.k8s.io/v1/csinodes/worker-"
    steps.registered(ebs_of({f"{path}0": known, f"{path}1": known}), NOW)
    within = Time("within", 30)
    other = {"spec": {"drivers": [{"name": "other"}]}}
    for second in (other, {"spec": {"drivers": None}}, None):
        ebs = ebs_of({f"{path}0": known, f"{path}1": second})
        goes_red("worker-1 does not know ebs.csi.aws.com", steps.registered, ebs, NOW)
        goes_red("worker-1 does not know ebs.csi.aws.com", steps.registered, ebs, within)


@pytest.mark.parametrize("having", [{"worker-0"}, {"worker-0", "worker-1", "controller-0"}, set()])
def test_a_role_that_is_elsewhere(having: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ebs = ebs_of({})
    monkeypatch.setattr(Driver, "with_role", lambda _: {"worker-0", "worker-1"})
    steps.role_on_workers(ebs)
    monkeypatch.setattr(Driver, "with_role", lambda _: having)
    goes_red("should be on the workers", steps.role_on_workers, ebs)


def test_controllers_that_do_not_miss_their_role() -> None:
    words = "Failed health check (verify network connection and IAM credentials)"
    steps.no_credentials(
        with_pods(controller(message=words), controller("worker-1", message=words)), 120
    )
    for pods in ([controller(message=words)], [controller(message=words), controller("worker-1")]):
        with pytest.raises(WaitTimeout, match="wants credentials"):
            steps.no_credentials(with_pods(*pods), 120)


def test_the_driver_goes_after_the_last_scenario_that_uses_it() -> None:
    items = [marked(RELIES), marked(CHANGES), marked()]
    assert last_of(items) is items[1]


@pytest.mark.parametrize(("marks", "removed"), [(RELIES, False), (CHANGES, True)])
def test_it_goes_with_the_last_scenario_that_changes_it(
    tmp_path: Path, marks: str, *, removed: bool
) -> None:
    told: list[str] = []
    site = SimpleNamespace(install=lambda: told.append("in"), remove=lambda: told.append("out"))
    item = marked(marks, stash={NEED: choose(of_tags([marks]), [])})
    asked = SimpleNamespace(node=item, session=SimpleNamespace(items=[item]))
    fixture: Any = cast("Any", ebs_driver).__wrapped__
    using = fixture(asked, SimpleNamespace(state=tmp_path), site)
    next(using)
    with pytest.raises(StopIteration):
        next(using)
    assert told == (["in", "out"] if removed else ["in"])


def test_labels_that_the_driver_put_on_nodes_go_with_it() -> None:
    """The kubelet leaves them; the second is on no node of this cluster without the driver."""
    node = "/api/v1/nodes/worker-0"
    zones = {"topology.ebs.csi.aws.com/zone": "z", "topology.kubernetes.io/zone": "z"}
    ebs = ebs_of({node: {"metadata": {"labels": {**zones, "tier": "gold"}}}})
    ebs.driver.forget_topology(node)
    (patched,) = [body for method, _, body in api_of(ebs).asked if method == "PATCH"]
    assert patched == {"metadata": {"labels": dict.fromkeys(zones)}}
    api_of(ebs).table[node] = {"metadata": {"labels": {"tier": "gold"}}}
    ebs.driver.forget_topology(node)
    assert len([method for method, _, _ in api_of(ebs).asked if method == "PATCH"]) == 1


def api_of(ebs: Ebs) -> FakeApi:
    return cast("FakeApi", ebs.driver.api)


def test_who_ends_does_not_wait_for_a_scenario_that_asks_for_the_driver_in_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One had the users alone and waited for the turn, the other had the turn and waited for the
    users: a run stood still.
    """
    removed: list[str] = []
    driver = SimpleNamespace(remove=lambda: removed.append("driver"))
    monkeypatch.setattr(turns, "driver_of", lambda *_: driver)
    settings, cluster = SimpleNamespace(state=tmp_path), SimpleNamespace(state=tmp_path)
    site: Any = cast("Any", turns.ebs_site).__wrapped__
    ending = site(cluster, settings)
    next(ending)
    with lanes.all_held(tmp_path, "a disruptive scenario"):
        ends = threading.Thread(target=lambda: list(ending))
        ends.start()
        asking = site(cluster, settings)
        began = threading.Thread(target=lambda: next(asking), daemon=True)
        began.start()
        began.join(10)
        assert not began.is_alive(), "the scenario waits for the one that ends"
    ends.join(10)
    assert removed == [], "the scenario's process uses it yet"
    assert list(asking) == []
    assert removed == ["driver"]
