"""What the API tells is read; what it refuses is a sentence."""

from typing import Any

import pytest

from infra.kube_api import ApiRefused
from infra.survey import nodes
from tests.unit.fakes import FakeApi

REFUSED = (403, {"message": "nodes is forbidden", "reason": "Forbidden"})


def told(name: str, address: str, *, control_plane: bool = False, taint: str = "") -> Any:
    labels = {nodes.CONTROL_PLANE: ""} if control_plane else {}
    taints = [{"key": nodes.CONTROL_PLANE, "effect": taint}] if taint else []
    addresses = [
        {"type": "InternalIP", "address": "fd00::1"},
        {"type": "InternalIP", "address": address},
        {"type": "Hostname", "address": name},
    ]
    info = {"kubeletVersion": "v1.36.5", "osImage": "Ubuntu 24.04 LTS"}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": taints},
        "status": {"addresses": addresses, "nodeInfo": info},
    }


def slices(*addresses: str, port: int = 6443) -> Any:
    ipv4 = {
        "addressType": "IPv4",
        "ports": [{"name": "https", "port": port}],
        "endpoints": [{"addresses": [one]} for one in addresses],
    }
    return {"items": [ipv4, {**ipv4, "addressType": "IPv6"}, {"addressType": "IPv4"}]}


def pod(component: str, node: str, *flags: str, phase: str = "Running") -> Any:
    containers = [{"command": [component, *flags]}]
    return {
        "spec": {"nodeName": node, "containers": containers},
        "status": {"phase": phase},
    }


def table(**other: Any) -> dict[str, Any]:
    return {
        nodes.VERSION: {"gitVersion": "v1.36.5"},
        nodes.NODES: {"items": [told("cp-1", "10.0.0.1", control_plane=True, taint="NoSchedule")]},
        nodes.SLICES: slices("10.0.0.1"),
        nodes.PODS: {"items": [pod("kube-apiserver", "cp-1", "--secure-port=6443")]},
        **other,
    }


def test_nodes_servers_and_components_are_told() -> None:
    found = nodes.look(FakeApi(table()))
    (node,) = found.nodes
    assert (found.version, found.refused) == ("v1.36.5", ())
    assert (node.name, node.address, node.others) == ("cp-1", "10.0.0.1", ("fd00::1", "cp-1"))
    assert (node.is_control_plane, node.takes_pods) == (True, False)
    assert (node.kubelet, node.system) == ("v1.36.5", "Ubuntu 24.04 LTS")
    assert found.servers == (("10.0.0.1", 6443),)
    assert [(one.component, one.machine) for one in found.components] == [
        ("kube-apiserver", "cp-1")
    ]


@pytest.mark.parametrize("taint", ["", "PreferNoSchedule"])
def test_a_control_plane_node_that_takes_pods_says_so(taint: str) -> None:
    assert nodes.node(told("one", "10.0.0.1", control_plane=True, taint=taint)).takes_pods


def test_what_is_refused_is_a_sentence_and_the_rest_is_told() -> None:
    found = nodes.look(FakeApi(table(**{nodes.NODES: REFUSED, nodes.PODS: REFUSED})))
    assert not found.nodes
    assert not found.components
    assert found.servers
    assert found.refused == (
        "nodes could not be listed: nodes is forbidden",
        "Pods of kube-system could not be listed: nodes is forbidden",
    )


def test_without_a_version_there_is_nothing_to_describe() -> None:
    with pytest.raises(ApiRefused):
        nodes.look(FakeApi({nodes.VERSION: (401, {"message": "Unauthorized"})}))


def test_a_pod_that_does_not_run_is_no_component() -> None:
    pending = [pod("kube-proxy", "gone", phase="Pending")]
    assert nodes.look(FakeApi(table(**{nodes.PODS: {"items": pending}}))).components == ()
