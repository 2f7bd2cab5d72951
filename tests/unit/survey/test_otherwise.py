"""In what a described cluster differs from the articles' is told, and what is the same is not."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.artifacts import catalog
from infra.described.description import Description
from infra.described.reading import parse
from infra.inventory import Network
from infra.kube_api import ApiUnreachable
from infra.survey import nodes, otherwise
from infra.survey.command_lines import Started
from infra.survey.otherwise import FLAGS, MACHINES, PLACES, RANGES, UNSEEN, VERSIONS
from tests.unit.fakes import FakeApi

VERSION = catalog.series_version()
RUNTIME = f"containerd://{catalog.component_version(VERSION, 'containerd')}"
NETWORK = Network()


def node(name: str, **info: str) -> Any:
    told = {"kubeletVersion": VERSION, "containerRuntimeVersion": RUNTIME} | info
    return {
        "metadata": {"name": name},
        "spec": {"podCIDR": "10.200.0.0/24"},
        "status": {"nodeInfo": told},
    }


def api(*found: Any, pods: Any = (), service: IPv4Address = NETWORK.api_service) -> FakeApi:
    kubernetes, dns = otherwise.SERVICES
    return FakeApi({
        nodes.VERSION: {"gitVersion": VERSION},
        nodes.NODES: {"items": list(found)},
        nodes.SLICES: {"items": []},
        nodes.PODS: {"items": list(pods)},
        kubernetes: {"spec": {"clusterIP": str(service)}},
        dns: {"spec": {"clusterIP": str(NETWORK.dns_service)}},
    })  # fmt: skip


@pytest.fixture
def told(tmp_path: Path) -> Description:
    """As the articles have it."""
    (tmp_path / "config").write_text("")
    roles = ["controller"] * 3 + ["worker"] * 2 + ["load-balancer"]
    machines = [
        {"name": f"m-{number}", "role": role, "private": f"10.0.1.{number + 1}"}
        for number, role in enumerate(roles)
    ]
    least = {"name": "mine", "kubeconfig": "config", "kubernetes": VERSION, "machine": machines}
    return parse(least, tmp_path / "my.toml")


def found(told: Description, server: FakeApi, *, workers: int = 2, **left_out: str) -> list[Any]:
    at: Any = SimpleNamespace(
        api=server,
        spec=SimpleNamespace(workers=range(workers)),
        entrance=SimpleNamespace(left_out=left_out),
    )
    return list(otherwise.differences(at, told))


def rows(differences: list[Any], topic: str) -> list[tuple[str, str, str]]:
    return [(one.what, one.series, one.here) for one in differences if one.topic == topic]


def test_a_cluster_of_the_articles_does_nothing_otherwise(told: Description) -> None:
    assert found(told, api(node("a"), node("b"))) == []


def test_machines_and_how_components_run(told: Description, tmp_path: Path) -> None:
    few = {
        "name": "mine",
        "kubeconfig": "config",
        "kubernetes": VERSION,
        "machine": [{"name": "cp", "role": "controller+worker", "private": "10.1.0.1"}],
        "layout": {"preset": "kubeadm"},
    }
    described = parse(few, tmp_path / "my.toml")
    seen = found(described, api(node("cp")), workers=1, w="cordoned")
    assert rows(seen, MACHINES) == [
        ("controllers", "3", "1"),
        ("workers that take Pods", "2", "1"),
        ("a load balancer", "described", "not described"),
        ("controllers that are workers", "none", "cp"),
        ("the control plane", "systemd units", "static Pods"),
        ("kube-proxy", "a systemd unit", "a DaemonSet"),
        ("node w", "takes Pods", "cordoned"),
    ]
    places = rows(seen, PLACES)
    assert (
        "files.kubelet",
        "/var/lib/kubelet/kubelet-config.yaml",
        "/var/lib/kubelet/config.yaml",
    ) in places
    assert ("addresses.scheduler", "", "127.0.0.1") in places


def test_versions_of_nodes_that_differ_are_told_by_node(told: Description) -> None:
    server = api(
        node("a"), node("b", kubeletVersion="v1.35.9", containerRuntimeVersion="cri-o://1")
    )
    assert rows(found(told, server), VERSIONS) == [
        ("the kubelets", VERSION, f"{VERSION} on a; v1.35.9 on b"),
        ("the container runtimes", RUNTIME, f"{RUNTIME} on a; cri-o://1 on b"),
    ]


def test_a_version_that_this_suite_does_not_know_is_no_error(told: Description) -> None:
    old = told.model_copy(update={"kubernetes": "v1.29.3"})
    assert ("Kubernetes", VERSION, "v1.29.3") in rows(found(old, api(node("a"))), VERSIONS)


def test_ranges_are_those_of_services_and_nodes(told: Description) -> None:
    far = node("b")
    far["spec"]["podCIDR"] = "10.244.1.0/24"
    none = node("c")
    del none["spec"]["podCIDR"]
    server = api(node("a"), far, none, service=IPv4Address("10.96.0.1"))
    server.table[list(otherwise.SERVICES)[1]] = None
    assert rows(found(told, server), RANGES) == [
        ("the API's Service", "10.32.0.1", "10.96.0.1"),
        ("the DNS Service", "10.32.0.10", "none of that name"),
        ("Pods of b", "in 10.200.0.0/16", "10.244.1.0/24"),
        ("Pods of c", "in 10.200.0.0/16", "none in the Node"),
    ]


def test_flags_that_are_set_otherwise_or_not_at_all() -> None:
    series = otherwise.of_series("kube-apiserver")
    assert series["authorization-mode"] == "Node,RBAC"
    same = Started("kube-apiserver", "a", ("x", *(f"--{k}={v}" for k, v in series.items())))
    assert list(otherwise.of_flags([same])) == []
    here = dict(series) | {
        "service-cluster-ip-range": "10.96.0.0/12",  # each cluster's own
        "client-ca-file": "/etc/kubernetes/pki/ca.crt",  # a path
        "authorization-mode": "AlwaysAllow",
        "profiling": "false",
    }
    del (
        here["audit-log-path"],
        here["encryption-provider-config"],
        here["enable-aggregator-routing"],
    )
    argv = ("x", *(f"--{name}={value}" for name, value in here.items()))
    two = [Started("kube-apiserver", machine, argv) for machine in ("a", "b")]
    assert {(one.what, one.series, one.here) for one in otherwise.of_flags(two)} == {
        ("kube-apiserver --authorization-mode", "Node,RBAC", "AlwaysAllow (a, b)"),
        ("kube-apiserver --enable-aggregator-routing", "true", "not set (a, b)"),
        ("kube-apiserver --audit-log-path", "/var/log/kubernetes/audit.log", "not set (a, b)"),
        (
            "kube-apiserver --encryption-provider-config",
            "/var/lib/kubernetes/encryption-config.yaml",
            "not set (a, b)",
        ),
        ("kube-apiserver --profiling", "not set", "false (a, b)"),
    }
    assert {one.topic for one in otherwise.of_flags(two)} == {FLAGS}
    assert list(otherwise.of_flags([replace(two[0], component="cilium-agent")])) == []


@pytest.mark.parametrize(
    "component", ["etcd", "kube-controller-manager", "kube-scheduler", "kubelet"]
)
def test_the_series_flags_are_read_from_its_units(component: str) -> None:
    assert len(otherwise.of_series(component)) > 1


def test_what_cannot_be_seen_stops_no_run(
    told: Description, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = api(node("a"))
    server.table[nodes.PODS] = (403, {"message": "pods is forbidden"})
    assert rows(found(told, server), UNSEEN) == [
        ("Pods of kube-system could not be listed: pods is forbidden", "", "")
    ]

    def gone(*_: object) -> None:
        raise ApiUnreachable("no answer")

    monkeypatch.setattr(nodes, "look", gone)
    assert rows(found(told, server, workers=1), UNSEEN) == [("no answer", "", "")]
