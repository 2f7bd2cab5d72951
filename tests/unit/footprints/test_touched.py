"""What a scenario touched must be what it declared: told by name, with what it did."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from fixtures.plugin import lanes
from fixtures.plugin.recording import KEY, Recording
from fixtures.worlds.namespace import elsewhere
from infra.errors import NotJudged
from infra.footprints import touched
from infra.footprints.footprint import of_tags
from infra.footprints.held_resources import choose, everything
from infra.footprints.touched import Touch, by_command, by_kubectl, by_request, outside
from infra.kube_api import Api, Credentials
from infra.report.model import Scenario, Step
from tests.unit.fakes import FakeApi
from tests.unit.plugin.marked import marked


@pytest.mark.parametrize(
    ("machine", "argv", "resources"),
    [
        ("worker-1", "systemctl restart kubelet", ["worker-1"]),
        ("worker-0", "systemctl stop containerd.service", ["worker-0"]),
        ("worker-0", "systemctl poweroff", ["worker-0", "nodes' readiness"]),
        ("worker-0", "systemctl show --property=ActiveState kubelet", []),
        ("worker-0", "systemctl stop claim-0a1b2c3d", []),
        ("worker-0", "swapon /swapfile", ["worker-0"]),
        ("worker-0", "mv --force /var/lib/kubelet/x.kept /var/lib/kubelet/x", ["worker-0"]),
        ("worker-0", "rm --force /srv/claim-0a1b2c3d", []),
        ("worker-0", "cat /var/lib/kubelet/kubelet-config.yaml", []),
        ("worker-2", "systemctl restart kubelet", []),
        ("controller-1", "systemctl kill --kill-whom=main --signal=SIGKILL etcd", ["etcd"]),
        ("controller-1", "systemctl stop kube-apiserver", ["API servers"]),
        ("controller-1", "systemctl start kube-scheduler", ["schedulers"]),
        ("controller-1", "systemctl stop kube-controller-manager", ["managers"]),
        ("lb", "systemctl reload haproxy", ["balancer"]),
        ("lb", "date", []),
    ],
)
def test_commands_that_others_see(machine: str, argv: str, resources: list[str]) -> None:
    seen = list(by_command(machine, argv.split()))
    assert [one.resource for one in seen] == resources
    assert all((one.machine, one.how) == (machine, argv) for one in seen)


FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas"
SYSTEM = "/apis/apps/v1/namespaces/kube-system"


@pytest.mark.parametrize(
    ("method", "path", "resources"),
    [
        ("PATCH", "/api/v1/nodes/worker-0", ["worker-0"]),
        ("PATCH", "/api/v1/nodes/worker-1/status", ["worker-1"]),
        ("DELETE", "/api/v1/nodes/worker-2", []),
        ("POST", "/api/v1/nodes/worker-0/proxy/run/x", []),
        ("PUT", "/api/v1/nodes/worker-0/proxy/x", []),
        ("PATCH", f"{SYSTEM}/deployments/metrics-server/scale", ["add-ons"]),
        ("DELETE", "/api/v1/namespaces/kube-system/pods/coredns-1", ["add-ons"]),
        ("DELETE", "/api/v1/namespaces/kube-system/pods/ebs-csi-node-1", ["EBS driver"]),
        ("PATCH", "/api/v1/namespaces/kube-system/configmaps/aws-meta", ["EBS driver"]),
        ("DELETE", "/api/v1/namespaces/kube-system/secrets/x", []),
        ("DELETE", "/api/v1/namespaces/claim-0a1b2c3d/pods/rz", []),
        ("DELETE", f"{FLOW}/kube-scheduler", ["flow control"]),
        ("DELETE", f"{FLOW}/claim-0a1b2c3d", []),
        ("PUT", "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:x", ["API servers"]),
        ("GET", "/api/v1/nodes/worker-0", []),
    ],
)
def test_requests_that_others_see(method: str, path: str, resources: list[str]) -> None:
    assert [one.resource for one in by_request(method, path, None, 200)] == resources
    assert not list(by_request(method, path, {"dryRun": "All"}, 200))
    assert not list(by_request(method, path, None, 422)), "what was refused has changed nothing"


def test_kubectl_that_others_see() -> None:
    assert [one.resource for one in by_kubectl(("drain", "worker-1", "--force"))] == ["worker-1"]
    assert not list(by_kubectl(("logs", "--follow", "rz")))


RESTART = Touch("worker-1", "systemctl restart kubelet", "worker-1")
STOPS = [Touch("API servers", "systemctl stop kube-apiserver", f"controller-{n}") for n in (0, 1)]


@pytest.mark.parametrize(
    ("tags", "touches", "looks", "says"),
    [
        (["changes_worker_1"], [RESTART], ["worker-1"], ""),
        (
            ["changes_worker_0"],
            [RESTART],
            [],
            "it touched worker-1 (systemctl restart kubelet on worker-1)",
        ),
        ([], [RESTART], [], "it touched worker-1 (systemctl restart kubelet on worker-1)"),
        (["relies_on_every_worker"], [], ["worker-0", "worker-1"], ""),
        (["changes_worker_0"], [], ["worker-1"], "it looked at worker-1, which others may"),
        (["ignores_workers"], [], ["API server of controller-0"], ""),
        (["ignores_workers"], [], ["worker-0"], "it looked at worker-0, which others may"),
        (["changes_managers"], [], ["worker-0", "worker-1"], ""),
        (["changes_managers"], STOPS[:1], [], "it touched API servers (systemctl stop kube-"),
        (["changes_an_api_server"], STOPS[:1], [], ""),
        (
            ["changes_an_api_server"],
            STOPS,
            [],
            "it touched API servers on controller-0, controller-1, not on one",
        ),
        (["changes_every_api_server"], STOPS, [], ""),
        (["relies_on_ebs_driver"], [Touch("EBS driver", "DELETE x")], [], ""),
        (["relies_on_ebs_driver"], [Touch("worker-0", "PATCH /api/v1/nodes/worker-0")], [], ""),
        (["relies_on_ebs_driver"], [RESTART], [], "it touched worker-1"),
        ([], [Touch("EBS driver", "DELETE x")], [], "it touched EBS driver (DELETE x)"),
    ],
)
def test_what_is_outside_of_a_footprint(
    tags: list[str], touches: list[Touch], looks: list[str], says: str
) -> None:
    footprint = of_tags(tags)
    found = "; ".join(outside(touches, looks, footprint, choose(footprint, [])))
    assert found.startswith(says)
    assert bool(found) == bool(says)


def test_who_holds_all_has_still_declared_no_more() -> None:
    """As --overlap no has it."""
    footprint = of_tags(["changes_a_worker"])
    need = everything(footprint)
    assert outside([RESTART], [], footprint, need)
    assert not outside([Touch("worker-0", "x")], [], footprint, need)


OURS: Any = SimpleNamespace(is_ours=True)


def recorded(tags: list[str], tmp_path: Any, touches: list[Touch], *looks: str) -> Any:
    scenario = Scenario("x", "x", steps=[Step("Then", "it is so", kind="then", places=[*looks])])
    recording = Recording(scenario, tmp_path, "gw0")
    for one in touches:
        recording.evidence.touched(one)
    return marked(*tags, stash={KEY: recording})


def test_a_scenario_that_touches_more_is_red_by_name(tmp_path: Any) -> None:
    footprint = choose(of_tags(["changes_worker_0"]), [])
    item = recorded(["changes_worker_0"], tmp_path, [RESTART], "worker-1")
    with (
        pytest.raises(
            NotJudged, match=r"not in the scenario's footprint: it touched worker-1 .*; "
        ),
        lanes.within_footprint(OURS, item, footprint),
    ):
        pass
    item = recorded(["changes_worker_0"], tmp_path, [Touch("worker-0", "x")], "worker-0")
    with lanes.within_footprint(OURS, item, footprint):
        pass


def test_an_api_tells_what_it_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Touch] = []
    monkeypatch.setattr(touched, "listeners", [heard.append])
    answer = SimpleNamespace(status_code=200, headers={}, text="{}")
    monkeypatch.setattr("requests.Session.request", lambda *_, **__: answer)
    api = Api("https://10.0.1.10:6443", Credentials(ca=cast("Any", "ca")))
    api.patch("/api/v1/nodes/worker-0", {})
    api.patch("/api/v1/nodes/worker-1", {}, dryRun="All")
    assert [one.resource for one in heard] == ["worker-0"]


@pytest.mark.parametrize(
    ("tags", "strays"),
    [
        (["changes_worker_0"], ["worker-1 (b)"]),
        (["relies_on_every_worker"], []),
        (["ignores_workers"], ["worker-0 (a)", "worker-1 (b)"]),
        (["changes_managers"], []),
    ],
)
def test_pods_that_ran_where_others_may_change_the_worker(
    tags: list[str], strays: list[str]
) -> None:
    nodes = {"a": "worker-0", "b": "worker-1", "c": "", "d": "worker-2"}
    pods = [
        {"metadata": {"name": name}, "spec": {"nodeName": node} if node else {}}
        for name, node in nodes.items()
    ]
    api = FakeApi({"/api/v1/namespaces/ns/pods": {"items": pods}})
    at: Any = SimpleNamespace(api=api, is_ours=True)
    assert elsewhere(at, "ns", choose(of_tags(tags), [])) == strays
