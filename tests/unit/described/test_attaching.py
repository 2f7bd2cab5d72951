"""A cluster that others built is attached to by its description, and only what it has is used."""

from pathlib import Path
from typing import Any

import pytest

from infra.described import attaching, kubeconfig, means
from infra.described.description import Description
from infra.described.reading import parse
from infra.errors import UserError
from infra.inventory import Role
from infra.kube_api import Credentials
from infra.lifecycle import capabilities, cluster_lifecycle, gate
from infra.progress import Progress
from infra.settings import Settings
from tests.unit.fakes import FakeApi

SERVER = "https://api.example.com"
LEAST = 'name = "mine"\nkubeconfig = "config"\nkubernetes = "v1.36.1"\n'
ACCESS = kubeconfig.Access(SERVER, Credentials(ca=Path("ca"), token="t"), "admin")


def node(name: str, *, ready: str = "True", address: str = "10.0.0.5", **spec: Any) -> Any:
    return {
        "metadata": {"name": name},
        "spec": spec,
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "addresses": [{"type": "InternalIP", "address": address}],
        },
    }


def told(tmp_path: Path, **more: Any) -> Description:
    (tmp_path / "config").write_text("")
    least = {"name": "mine", "kubeconfig": "config", "kubernetes": "v1.36.1"}
    return parse(least | more, tmp_path / "my.toml")


def machine(name: str, role: str, **more: str) -> dict[str, str]:
    return {"name": name, "role": role, "private": "10.0.1.11", **more}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    nodes = [
        node("a"),
        node("b", address="fd00::1"),
        node("closed", unschedulable=True),
        node("cp", taints=[{"key": "x", "effect": "NoSchedule"}]),
        node("ill", ready="Unknown"),
    ]
    found = FakeApi({"/version": {"gitVersion": "v1.36.1"}, "/api/v1/nodes": {"items": nodes}})
    found.credentials = ACCESS.credentials
    monkeypatch.setattr(attaching, "Api", lambda *_: found)
    monkeypatch.setattr(attaching.kubeconfig, "read", lambda *_: ACCESS)
    return found


def test_a_kubeconfig_alone_gives_its_nodes_and_one_address(tmp_path: Path, api: FakeApi) -> None:
    cluster = attaching.attach(told(tmp_path), tmp_path)
    assert [one.name for one in cluster.spec.workers] == ["a", "b"]
    assert [one.name for one in cluster.spec.controllers] == [attaching.ENDPOINT]
    assert {name: one.base for name, one in cluster.api_servers().items()} == {
        attaching.ENDPOINT: SERVER
    }
    assert cluster.names_by_address()["api.example.com"] == attaching.ENDPOINT
    assert cluster.layout.ports.api_server == 443
    assert (cluster.api.base, cluster.credentials("admin").token) == (SERVER, "t")
    assert not cluster.is_ours
    with pytest.raises(UserError, match=r"a is not entered: my.toml has no \[ssh\]"):
        cluster.shell("a")
    with pytest.raises(UserError, match=r"my.toml has no \[pki\]"):
        cluster.credentials("kube-scheduler")


def test_what_needs_a_second_node_is_decided_by_the_nodes_that_take_pods(
    tmp_path: Path, api: FakeApi
) -> None:
    both = attaching.attach(told(tmp_path), tmp_path).entrance
    assert both
    assert "workers_1" not in both.lacks
    assert both.left_out == {"closed": "cordoned", "cp": "tainted x", "ill": "not Ready"}
    api.table["/api/v1/nodes"] = {"items": [node("a"), node("b", unschedulable=True)]}
    cluster = attaching.attach(told(tmp_path), tmp_path)
    assert capabilities.lacks(cluster)["workers_1"] == ("no second node takes Pods (b is cordoned)")
    api.table["/api/v1/nodes"] = {"items": [node("a", unschedulable=True)]}
    none = attaching.attach(told(tmp_path), tmp_path).entrance
    assert none
    assert none.lacks["workers_0"] == "no node takes Pods (a is cordoned)"


def test_a_description_with_one_worker_says_so_itself(tmp_path: Path, api: FakeApi) -> None:
    cluster = attaching.attach(told(tmp_path, machine=[machine("a", "worker")]), tmp_path)
    assert cluster.entrance
    assert cluster.entrance.lacks["workers_1"] == "my.toml has no second worker"
    with pytest.raises(UserError, match="cluster mine has no worker besides a"):
        cluster.spec.other_worker("a")


def test_machines_that_are_described_are_those_of_the_cluster(tmp_path: Path, api: FakeApi) -> None:
    machines = [
        machine("cp", "controller", api="https://10.0.1.11:6443"),
        machine("a", "worker"),
        machine("closed", "worker"),
    ]
    cluster = attaching.attach(told(tmp_path, machine=machines), tmp_path)
    assert [(one.name, one.role) for one in cluster.spec.machines] == [
        ("cp", Role.CONTROLLER),
        ("a", Role.WORKER),
    ]
    assert cluster.api_of("cp").base == "https://10.0.1.11:6443"
    assert cluster.layout.ports.api_server == 6443


def test_what_is_not_as_described_is_one_line(tmp_path: Path, api: FakeApi) -> None:
    with pytest.raises(UserError, match="other is a worker and no node"):
        attaching.attach(told(tmp_path, machine=[machine("other", "worker")]), tmp_path)
    api.table["/version"] = {"gitVersion": "v1.35.2"}
    with pytest.raises(UserError, match=r"is of Kubernetes v1.35.2, not v1.36.1: write kubernetes"):
        attaching.attach(told(tmp_path), tmp_path)
    api.table["/version"] = {"gitVersion": "v1.36.1+k3s1"}
    attaching.attach(told(tmp_path), tmp_path)


def test_the_gate_asks_for_what_is_described_and_writes_nothing(
    tmp_path: Path, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.cluster.Api", lambda *_: api)
    api.table["/readyz"] = "ok"
    cluster = attaching.attach(told(tmp_path), tmp_path)
    assert gate.problems(cluster) == []
    gate.gate(cluster, deep=True)
    assert {method for method, _, _ in api.asked} == {"GET"}


def test_what_a_kubeconfig_alone_lacks_is_told_with_the_reason(tmp_path: Path) -> None:
    lacks = means.lacks(told(tmp_path))
    assert means.MEANS.keys() - lacks.keys() == {
        "admin_api", "each_api_server", "systemd_control_plane", "kube_proxy", "programs",
        "workers_0", "workers_1",
    }  # fmt: skip
    assert lacks["worker_shell"] == "my.toml has no [ssh]"
    assert lacks["may_drain"] == "my.toml has no drain = true in [may]"


def test_ssh_gives_what_the_machines_are(tmp_path: Path) -> None:
    ssh = {"user": "ubuntu", "known_hosts": "config"}
    machines = [machine("cp", "controller", api="https://cp:6443"), machine("w", "worker")]
    lacks = means.lacks(told(tmp_path, ssh=ssh, machine=machines, may={"drain": True}))
    assert {"worker_shell", "controller_shell", "etcdctl", "may_drain"}.isdisjoint(lacks)
    assert "no [[machine]] for SSH to a load balancer" in lacks["load_balancer"]
    kubeadm = told(tmp_path, ssh=ssh, machine=machines, layout={"preset": "kubeadm"})
    assert means.lacks(kubeadm).keys() >= {"etcdctl", "systemd_control_plane", "kube_proxy"}


def test_settings_are_those_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(tmp_path)
    file = tmp_path / "my.toml"
    file.write_text(LEAST)
    monkeypatch.setenv("KFS_CLUSTER_FILE", str(file))
    monkeypatch.setenv("CI", "true")
    settings = Settings.from_options(state_root=tmp_path)
    assert (settings.platform, settings.cluster_id, settings.kubernetes, settings.keep) == (
        "existing", "mine", "v1.36.1", "always",
    )  # fmt: skip
    assert settings.state == tmp_path / "mine.existing"
    for given, words in (
        ({"platform": "aws"}, "--platform aws: .* has platform existing"),
        ({"keep": "never"}, "--keep never"),
        ({"clusters": 3}, "--clusters 3"),
        ({"kubernetes": "1.35"}, "--kubernetes 1.35: .* has v1.36.1"),
    ):
        with pytest.raises(UserError, match=words):
            Settings.from_options(**given)
    for refuses in (cluster_lifecycle.up, cluster_lifecycle.down):
        with pytest.raises(UserError, match="nothing of it is built or removed"):
            refuses(settings, Progress())
    monkeypatch.delenv("KFS_CLUSTER_FILE")
    with pytest.raises(UserError, match="--platform existing needs --cluster"):
        Settings.from_options(platform="existing")
