"""A node or a component that may use kubelets turns the claim red, by name."""

from typing import Any

import pytest

from tests.steps.auth import component_permissions as steps
from tests.unit.elections_fake import cluster as running
from tests.unit.fakes import FakeApi, goes_red


class Reviewing(FakeApi):
    """An authorizer that lets a group use kubelets, as a second subject of a binding does."""

    def __init__(self, group: str = "", verb: str = "get", part: str = "proxy") -> None:
        super().__init__({})
        self.group, self.users = group, set[str]()
        self.verb, self.part = verb, part

    def create(self, path: str, body: Any) -> Any:
        spec = body["spec"]
        self.users.add(spec["user"])
        asked = spec["resourceAttributes"]
        same = (asked["verb"], asked["subresource"]) == (self.verb, self.part)
        return {"status": {"allowed": same and self.group in spec["groups"]}}


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


@pytest.mark.parametrize(
    ("verb", "part"), [("create", "proxy"), ("create", "checkpoint"), ("get", "configz")]
)
def test_a_permission_of_another_verb_or_part(verb: str, part: str) -> None:
    """A POST to the proxy runs commands, and whoever may send one may do no GET."""
    live = running(api_servers=lambda: {"controller-0": Reviewing("system:nodes", verb, part)})
    says = f"controller-0 lets system:node:worker-1 {verb} nodes/{part}"
    goes_red(says, steps.no_component_may, live)


def test_anybody_who_may_use_kubelets_by_an_api_server() -> None:
    servers = {"controller-0": Reviewing(), "controller-1": Reviewing()}
    live = running(api_servers=lambda: servers)
    steps.nobody_may(live)
    assert servers["controller-1"].users == {"system:anonymous"}
    servers["controller-1"].group = "system:unauthenticated"
    goes_red(
        "without an identity nobody uses a kubelet; instead: controller-1 lets system:anonymous "
        "get nodes/proxy$",
        steps.nobody_may,
        live,
    )
