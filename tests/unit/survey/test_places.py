"""Command lines and configurations become the places that infra/machine_layout.py names."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.machine_layout import SERIES
from infra.survey import command_lines, places
from infra.survey.command_lines import Started
from infra.survey.places import Key

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
LAYOUT: dict[str, dict[str, Any]] = asdict(SERIES)
NOT_NAMED = {
    "controller_manager": {("ports", "controller_manager"), ("leases", "controller_manager")},
    "scheduler": {("ports", "scheduler"), ("leases", "scheduler")},
}
"""Defaults that the articles' units leave unsaid."""


def of_golden(machine: str, unit: str, component: str) -> Started:
    text = (GOLDEN / machine / "etc/systemd/system" / f"{unit}.service").read_text()
    argv = command_lines.of_unit(text)
    return Started(component, machine, argv, unit=unit, program=argv[0])


@pytest.mark.parametrize(
    ("machine", "component", "count"),
    [
        ("controller-0", "etcd", 10),
        ("controller-0", "kube-apiserver", 9),
        ("controller-0", "kube-controller-manager", 5),
        ("controller-0", "kube-scheduler", 4),
        ("worker-0", "kubelet", 4),
        ("worker-0", "kube-proxy", 3),
        ("worker-0", "containerd", 3),
        ("lb", "haproxy", 4),
    ],
)
def test_the_units_of_the_articles_say_the_layout_of_the_articles(
    machine: str, component: str, count: int
) -> None:
    found = places.of_command(of_golden(machine, component, component))
    assert len(found) == count, found
    assert found == {(table, key): LAYOUT[table][key] for table, key in found}


@pytest.mark.parametrize("component", ["kubelet", "kube-proxy"])
def test_the_configurations_of_the_articles_say_their_layout(component: str) -> None:
    where = GOLDEN / "worker-0/var/lib" / component / f"{component}-config.yaml"
    found = places.of_configuration(component, yaml.safe_load(where.read_text()))
    assert found
    assert found == {(table, key): LAYOUT[table][key] for table, key in found}


def test_every_key_is_a_place() -> None:
    tables = [places.PATHS, places.DIRECTORIES, places.PORTS, places.ADDRESSES, places.NAMES]
    keys = [key for table in tables for flags in table.values() for key in flags.values()]
    for one in places.CONFIGURATIONS.values():
        keys += [*one.paths.values(), *one.ports.values()]
    keys += [*places.IN_ROOT, *(("units", name) for name in places.PLACE_OF.values())]
    unknown: list[Key] = [(table, key) for table, key in keys if key not in LAYOUT[table]]
    assert not unknown
    programs = {c: key for c, key in places.PLACE_OF.items() if c not in places.NO_PROGRAM}
    assert set(programs.values()) <= LAYOUT["programs"].keys()


def test_a_kubelet_with_another_root_has_its_devices_there() -> None:
    argv = ("/usr/bin/kubelet", "--root-dir=/data/kubelet", "--config", "/etc/kubelet.yaml")
    found = places.of_command(Started("kubelet", "w", argv, unit="kubelet.snap"))
    assert found["directories", "kubelet"] == "/data/kubelet"
    assert found["directories", "device_plugins"] == "/data/kubelet/device-plugins"
    assert found["files", "pod_resources"] == "/data/kubelet/pod-resources/kubelet.sock"
    assert found["files", "kubelet"] == "/etc/kubelet.yaml"
    assert found["units", "kubelet"] == "kubelet.snap"


def test_what_only_a_container_has_is_no_place_of_the_machine() -> None:
    argv = ("kube-apiserver", "--tls-cert-file=/pki/a.crt", "--audit-log-path=-")
    seen = Started("kube-apiserver", "cp", argv, mounts={"/pki": "/srv/pki"})
    assert places.of_command(seen) == {
        ("certificates", "api_server"): "/srv/pki/a.crt",
        ("directories", "kubernetes"): "/srv/pki",
    }


@pytest.mark.parametrize(
    ("given", "found"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", ""), ("::", ""), ("::1", "::1")]
)
def test_a_manager_that_listens_on_all_addresses_has_none(given: str, found: str) -> None:
    argv = ("kube-scheduler", f"--bind-address={given}")
    assert places.of_command(Started("kube-scheduler", "cp", argv)) == {
        ("addresses", "scheduler"): found
    }
    assert places.of_command(Started("kube-scheduler", "cp", argv[:1])) == {
        ("addresses", "scheduler"): ""
    }


def test_an_audit_log_on_the_standard_output_is_no_file() -> None:
    argv = ("kube-apiserver", "--audit-log-path=-")
    assert places.of_command(Started("kube-apiserver", "cp", argv)) == {}


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("10257", 10257),
        ("127.0.0.1:10249", 10249),
        ("https://10.0.1.11:2379,https://127.0.0.1:2379", 2379),
        ("http://[::1]:2381", 2381),
        ("127.0.0.1", 0),
        ("https://host:port", 0),
        ("", 0),
    ],
)
def test_ports_of_a_flag(text: str, port: int) -> None:
    assert places.port_of(text) == port


@pytest.mark.parametrize("content", [None, [], "text", {"leaderElection": None}, {"port": 0}])
def test_a_configuration_that_says_nothing_has_no_places(content: Any) -> None:
    for component in ("kubelet", "kube-scheduler", "etcd"):
        assert places.of_configuration(component, content) == {}


def test_a_schedulers_configuration_names_its_lease() -> None:
    content = {"leaderElection": {"resourceName": "mine"}, "clientConnection": {"kubeconfig": "/k"}}
    assert places.of_configuration("kube-scheduler", content) == {
        ("leases", "scheduler"): "mine",
        ("kubeconfigs", "scheduler"): "/k",
    }
