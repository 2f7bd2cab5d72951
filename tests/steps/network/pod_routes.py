"""The VPC's routes to Pods, from machines that run neither a kubelet nor a kube-proxy."""

from collections.abc import Callable, Mapping

from pytest_bdd import given, then

from fixtures.worlds.workloads.pods import Workloads
from infra.clients.apimachinery import aggregation
from infra.clients.apimachinery.aggregation import Second
from infra.clients.transport import tls_tunnel
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from suite.expect import must_be_none
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import one_of, phrase

PORT = 8080
"""Of fixtures/manifests/sink.yaml."""


@given("a Pod that listens on each worker", target_fixture="on_each")
def listening_pods(workloads: Workloads, cluster: Cluster) -> list[RunningPod]:
    """Where the second server's Pod runs is the scheduler's choice."""
    names = [str(worker.name) for worker in cluster.spec.workers]
    return [workloads.run("sink", node=name, name=f"listens-on-{name}") for name in names]


Addresses = list[tuple[str, int]]


def of_service(cluster: Cluster, _: Second, __: list[RunningPod]) -> Addresses:
    return [(cluster.api.get(aggregation.SERVICE)["spec"]["clusterIP"], 443)]


ADDRESSES: Mapping[str, Callable[[Cluster, Second, list[RunningPod]], Addresses]] = {
    "the address of the metrics-server Pod": lambda _, second, __: [(second.address, second.port)],
    "the address of the metrics-server Service": of_service,
    "the Pod on each worker": lambda _, __, pods: [(pod.address, PORT) for pod in pods],
}


@then(
    phrase(
        "{who:Who} controller connects to {where:Where}",
        Who=one_of(["every", "no"]),
        Where=one_of(ADDRESSES),
    )
)
def connect(
    cluster: Cluster, second: Second, on_each: list[RunningPod], who: str, where: str
) -> None:
    wrong = [
        f"{controller.name} and {address}:{port}"
        for controller in cluster.spec.controllers
        for address, port in ADDRESSES[where](cluster, second, on_each)
        if tls_tunnel.connects(MachinePort(cluster, controller.name, port, address))
        != (who == "every")
    ]
    must_be_none(wrong, f"{who} controller connects to {where}, by the VPC's routes")
