"""The VPC's routes to Pods, from machines that run neither a kubelet nor a kube-proxy."""

from pytest_bdd import given, then

from fixtures.worlds.workloads.pods import Workloads
from infra.clients.transport import tls_tunnel
from infra.cluster import Cluster
from suite.expect import must_be_none
from suite.workloads.pod_under_test import RunningPod

PORT = 8080
"""Of fixtures/manifests/sink.yaml."""


@given("a Pod that listens on each worker", target_fixture="listening")
def listening_pods(workloads: Workloads, cluster: Cluster) -> list[RunningPod]:
    """Where the second server's Pod runs is the scheduler's choice."""
    names = [str(worker.name) for worker in cluster.spec.workers]
    return [workloads.run("sink", node=name, name=f"listens-on-{name}") for name in names]


@then("every controller connects to the listening Pod on each worker")
def connect_to_each(cluster: Cluster, listening: list[RunningPod]) -> None:
    wrong = [
        f"{controller.name} does not reach {pod.address} on {pod.node}"
        for controller in cluster.spec.controllers
        for pod in listening
        if not tls_tunnel.connects(cluster, controller.name, pod.address, PORT)
    ]
    must_be_none(wrong, "controllers reach Pods of every worker by the VPC's routes")
