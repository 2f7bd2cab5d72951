"""A machine that was off has another address on AWS: whoever has the cluster finds it there."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509

from infra import ec2
from infra.errors import PlatformError
from infra.inventory import MachineName, series
from infra.lifecycle import cluster_lifecycle, platforms, state_dir
from infra.lifecycle.machines import machine_addresses
from infra.lifecycle.machines.machine_addresses import Recorded
from infra.pki import ssh_keys
from infra.settings import Settings
from infra.ssh import Ssh

SPEC = series("unit", kubernetes="v1.36.1", platform="aws")
BEFORE = {str(m.name): f"203.0.113.{n}" for n, m in enumerate(SPEC.machines)}
WORKER, NOW = "worker-1", "198.51.100.77"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(state_root=tmp_path, cluster_id="unit", platform="aws")
    state_dir.prepare(made.state)
    ssh_keys.ensure(made.state / "ssh", SPEC)
    state_dir.write(made.state, {"addresses": BEFORE})
    return made


def attached(settings: Settings) -> Ssh:
    """As a process of the run has the worker."""
    cluster = cluster_lifecycle.connect(settings, SPEC, Recorded(settings.state))
    shell = cluster.shell(WORKER)
    assert isinstance(shell, Ssh)
    return shell


def started(settings: Settings, monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    info = ec2.InstanceInfo("i-1", "10.0.1.22", address, "running")
    monkeypatch.setattr(ec2, "instances", lambda *_: {MachineName(WORKER): info})
    monkeypatch.setattr(ec2, "start", lambda *_: None)
    client: Any = SimpleNamespace()
    platforms.Instances(client, "unit", settings.state, public=True).start(WORKER)


def test_a_started_machine_is_reached_where_it_is_now(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, another = attached(settings), attached(settings)
    assert (mine.address, another.address) == (BEFORE[WORKER], BEFORE[WORKER])
    started(settings, monkeypatch, NOW)
    assert (mine.address, another.address) == (NOW, NOW)
    known = (settings.state / "ssh" / "known_hosts").read_text().splitlines()
    key = ssh_keys.public(settings.state / "ssh", f"host-{WORKER}")
    assert f"{NOW} {key}" in known
    assert not [line for line in known if line.startswith(f"{BEFORE[WORKER]} ")]


def test_a_machine_without_a_public_address_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = r"instance i-1 \(worker-1\): has no public address"
    with pytest.raises(PlatformError, match=told):
        started(settings, monkeypatch, None)
    none = ec2.InstanceInfo("i-1", "10.0.1.22", None, "running")
    made = ec2.Provisioned("vpc", "subnet", "group", "table", {MachineName(WORKER): none})
    with pytest.raises(PlatformError, match=told):
        machine_addresses.reach(made, public=True)
    assert machine_addresses.reach(made, public=False) == {WORKER: "10.0.1.22"}


def test_a_workers_public_address_is_no_business_of_the_api_servers_certificate(
    settings: Settings,
) -> None:
    """It changes: three API servers would be restarted for it by the next ``up``."""
    cluster_lifecycle.certify(settings, SPEC, BEFORE)
    pem = (settings.state / "pki" / "kube-apiserver.pem").read_bytes()
    names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    good_for = set(map(str, names.value.get_values_for_type(x509.IPAddress)))
    public = {name for name, address in BEFORE.items() if address in good_for}
    assert public == {"lb", "controller-0", "controller-1", "controller-2"}
