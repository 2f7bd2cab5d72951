"""Routes to Pods: a controller that reaches those of one worker only."""

from typing import cast

import pytest

from infra.clients.apimachinery.aggregation import Second
from infra.clients.transport import tls_tunnel
from infra.clients.transport.tls_tunnel import MachinePort
from tests.steps.network import pod_routes
from tests.unit.elections_fake import cluster
from tests.unit.fakes import goes_red, running_pod


def test_a_controller_that_reaches_one_worker_only(monkeypatch: pytest.MonkeyPatch) -> None:
    pod, _, _ = running_pod()
    reached = {"controller-0", "controller-1", "controller-2"}

    def connects(port: MachinePort) -> bool:
        return port.machine in reached and (port.address, port.number) == (pod.address, 8080)

    monkeypatch.setattr(tls_tunnel, "connects", connects)
    where, second = "the Pod on each worker", cast("Second", None)
    pod_routes.connect(cluster(), second, [pod, pod], "every", where)
    reached.discard("controller-2")
    says = f"instead: controller-2 and {pod.address}:8080"
    goes_red(says, pod_routes.connect, cluster(), second, [pod, pod], "every", where)
