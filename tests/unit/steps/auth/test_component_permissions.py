"""A node or a component that may use kubelets turns the claim red, by name."""

from typing import Any

from tests.steps.auth import component_permissions as steps
from tests.unit.elections_fake import cluster as running
from tests.unit.fakes import FakeApi, goes_red


class Reviewing(FakeApi):
    """An authorizer that lets a group use kubelets, as a second subject of a binding does."""

    def __init__(self, group: str = "") -> None:
        super().__init__({})
        self.group, self.users = group, set[str]()

    def create(self, path: str, body: Any) -> Any:
        spec = body["spec"]
        self.users.add(spec["user"])
        return {"status": {"allowed": self.group in spec["groups"]}}


def test_a_component_that_may_use_kubelets() -> None:
    servers = {"controller-0": Reviewing(), "controller-1": Reviewing()}
    live = running(api_servers=lambda: servers)
    steps.no_component_may(live)
    components = {"kube-controller-manager", "kube-scheduler", "kube-proxy"}
    nodes = {"node:worker-0", "node:worker-1"}
    assert servers["controller-0"].users == {f"system:{who}" for who in components | nodes}
    servers["controller-1"].group = "system:nodes"
    goes_red(
        "clients that were granted a permission; instead: controller-1 lets system:node:worker-0 "
        "get nodes/proxy\n",
        steps.no_component_may,
        live,
    )
