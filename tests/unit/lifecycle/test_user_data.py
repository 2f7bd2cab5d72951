"""What machines are told at their first boot."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.lifecycle.machines import user_data
from infra.localec2.image import layout
from infra.pki import ssh_keys


@pytest.fixture
def config(tmp_path: Path) -> Any:
    ssh_keys.make(tmp_path / "host-lb")
    mark, _, body = user_data.of(tmp_path, "lb").partition("\n")
    assert mark == "#cloud-config"
    assert len(body) < 16384, "EC2's limit"
    return json.loads(body)


def test_a_machine_has_the_name_and_the_host_key_that_we_know(config: Any, tmp_path: Path) -> None:
    assert config["hostname"] == "lb"
    assert config["ssh_keys"] == {
        "ed25519_private": (tmp_path / "host-lb").read_text(),
        "ed25519_public": ssh_keys.public(tmp_path, "host-lb"),
    }
    assert "ssh_genkeytypes" not in config, "an empty list is no list: cloud-init is degraded by it"


def test_our_hosts_file_outlives_a_reboot(config: Any) -> None:
    assert config["manage_etc_hosts"] is False


def test_nothing_that_a_clock_starts_takes_apts_locks_or_restarts_a_service(config: Any) -> None:
    stopping, masking = config["bootcmd"]
    assert stopping[:3] == ["systemctl", "stop", "--no-block"]
    assert masking[:2] == ["systemctl", "mask"]
    assert {"apt-daily.timer", "apt-daily-upgrade.timer", "unattended-upgrades.service"} <= set(
        masking
    )
    assert set(stopping[3:]) == set(masking[2:])
    timers = {unit for unit in layout.MASKED if unit.endswith(".timer")}
    assert timers <= set(masking), "the local EC2's machines have none of them either"
