"""Every Then about heartbeats and add-ons goes red."""

from types import SimpleNamespace
from typing import Any

import pytest

from infra.clients.controlplane.leases import Lease
from infra.clients.workloads import addons as addon_client
from infra.clients.workloads.addons import Addons
from infra.errors import WaitTimeout
from infra.lifecycle.gate import pod_connectivity
from tests.steps.apimachinery import api_servers
from tests.steps.controlplane import control_plane_processes
from tests.steps.workloads import addons
from tests.steps.workloads import deployments_without_leader as replica_sets
from tests.unit.elections_fake import START, cluster, election, holder
from tests.unit.fakes import FakeApi, not_judged, pod, red

WORKER = Lease("worker-0", "worker-0", 0, 40, None, START, owner_uids=("u-0",))
NODE = {"metadata": {"name": "worker-0", "uid": "u-0"}}


COORDINATION = "/apis/coordination.k8s.io"


def discovery(*more: str) -> FakeApi:
    """An API server that serves Leases, and these in another version."""
    versions = {"versions": [{"version": "v1"}, {"version": "v1beta1"}]}
    served = {COORDINATION: versions, f"{COORDINATION}/v1": {"resources": [{"name": "leases"}]}}
    if more:  # another API server's version is listed by all, and answered with 404 by the others
        served[f"{COORDINATION}/v1beta1"] = {"resources": [{"name": name} for name in more]}
    return FakeApi(served)


def test_a_candidate_or_a_strategy() -> None:
    servers = {"controller-0": discovery(), "controller-1": discovery("leasecandidates")}
    live = cluster(api_servers=lambda: servers)
    control_plane_processes.leases_are_served(live)
    says = "controller-1 serves leasecandidates of coordination.k8s.io/v1beta1"
    red(api_servers.each_does, live, "serves no lease candidates", says=says)
    del servers["controller-1"]
    api_servers.each_does(live, "serves no lease candidates")
    servers["controller-0"].table[f"{COORDINATION}/v1"] = {"resources": []}
    not_judged("controller-0 serves", control_plane_processes.leases_are_served, live)
    item = {"metadata": {"name": "kube-scheduler"}, "spec": {"strategy": "OldestEmulation"}}
    path = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
    api = FakeApi({path: {"items": [item]}})
    red(control_plane_processes.no_strategy, cluster(api=api), says="OldestEmulation")
    nothing = FakeApi({path: {"items": []}})
    not_judged("control", control_plane_processes.no_strategy, cluster(api=nothing))


class Gap(SimpleNamespace):
    def replica_sets(self) -> list[str]:
        return list(self.found)


def lease_api(number: int) -> Any:
    path = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager"
    spec = {"holderIdentity": holder(number)}
    return cluster(api=FakeApi({path: {"metadata": {"name": "m"}, "spec": spec}}))


def test_a_replica_set_that_comes_early_or_never() -> None:
    early: Any = Gap(found=["in-the-gap-1"])
    step = replica_sets.no_replica_set_before
    red(step, lease_api(0), early, election(), says="can no longer happen")
    never: Any = Gap(found=[])
    red(replica_sets.replica_set_after, never, election(), 30.0, says="not within 30 s")
    step(lease_api(1), never, election())


def test_containers_that_were_replaced() -> None:
    deployment: Any = SimpleNamespace(containers=lambda: {"u": "containerd://2 x1"})
    before = replica_sets.RunningDeployment(deployment, {"u": "containerd://1 x0"})
    red(replica_sets.same_containers, before, says="containerd://1 x0")


DNS = pod(metadata__name="coredns-1", metadata__namespace="kube-system", metadata__uid="d-1")


def test_an_addon_that_does_not_heal(monkeypatch: pytest.MonkeyPatch) -> None:
    live = cluster(api=FakeApi({addon_client.PODS: {"items": [DNS]}}))
    still = addons.Deleted({"d-1": "coredns-1"}, "d-1")
    red(
        addons.replaced,
        live,
        still,
        60.0,
        "CoreDNS",
        says="CoreDNS has 1 Ready Pods again, without",
    )

    def unreachable(*_: object, **__: object) -> None:
        raise WaitTimeout("worker-0 does not reach dns")

    monkeypatch.setattr(pod_connectivity, "across_workers", unreachable)
    red(addons.names_resolved, live, 60.0, says="worker-0 does not reach dns")
    other = pod(metadata__name="metrics", metadata__uid="m-1")
    installed = Addons(live.api, (DNS, other))
    red(addons.others_as_before, installed, still, says="metrics: containerd://c0ffee x0 became")


def test_an_addon_with_one_pod_for_two_workers() -> None:
    other = pod(metadata__name="coredns-2", spec__nodeName="worker-1")
    live = cluster(api=FakeApi({addon_client.PODS: {"items": [DNS, other]}}))
    addons.on_every_worker(live, 90.0, "CoreDNS")
    other["spec"]["nodeName"] = "worker-0"
    red(
        addons.on_every_worker,
        live,
        90.0,
        "CoreDNS",
        says="CoreDNS has a Ready Pod on each of worker-0, worker-1: not within 90 s; last seen: "
        "['worker-0']",
    )


def test_an_addon_whose_new_pods_never_start() -> None:
    stuck: dict[str, Any] = {
        "metadata": {"name": "metrics-server", "generation": 2},
        "spec": {"replicas": 1},
        "status": {
            "observedGeneration": 2,
            "replicas": 2,
            "updatedReplicas": 1,
            "availableReplicas": 1,
        },
    }
    plugin = {
        "metadata": {"name": "ebs-csi-node", "generation": 3},
        "status": {"observedGeneration": 2, "desiredNumberScheduled": 0},
    }
    apps = addon_client.APPS
    answers: dict[str, Any] = {
        f"{apps}/deployments": {"items": [stuck]},
        f"{apps}/daemonsets": {"items": [plugin]},
    }
    live = cluster(api=FakeApi(answers))
    for says in (
        "Deployment metrics-server: replicas 2, updatedReplicas 1, availableReplicas 1, wanted 1",
        "DaemonSet ebs-csi-node: its controller has not seen its newest generation",
    ):
        red(addons.rolled_out, live, 150.0, says=says)
    stuck["status"]["replicas"] = 1
    plugin["status"] = {"observedGeneration": 3, "desiredNumberScheduled": 0}
    addons.rolled_out(live, 150.0)


def test_a_pod_that_no_workload_owns_or_that_is_control_plane() -> None:
    lone = Addons(FakeApi({}), (DNS,))
    red(addons.belong_to_workloads, lone, says="{'coredns-1': 'nobody'}")
    static = pod(metadata__annotations={"kubernetes.io/config.mirror": "x"})
    server = pod(metadata__name="kube-apiserver-controller-0")
    live = cluster(api=FakeApi({"/api/v1/pods": {"items": [static, server]}}))
    for says in ("ns/rz", "ns/kube-apiserver-controller-0"):
        red(addons.no_control_plane_pods, live, lone, says=says)
    empty = cluster(api=FakeApi({"/api/v1/pods": {"items": []}}))
    not_judged("lacks those of kube-system", addons.no_control_plane_pods, empty, lone)
