"""Machines on AWS power themselves off when nobody uses them; use puts that off."""

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tarfile import open as open_tar
from types import SimpleNamespace
from typing import Any

import pytest

from infra.inventory import series
from infra.lifecycle import platforms
from infra.lifecycle.machines import idle_power_off, user_data
from infra.pki import ssh_keys
from infra.settings import Settings
from infra.ssh import Result
from tests.unit.fakes import FakeShell

SPEC = series("unit", kubernetes="v1.36.1", platform="aws")
TIMER = "/etc/systemd/system/idle-power-off.timer"


class Machine(FakeShell):
    """Takes whatever it is told; ``files`` is what was written."""

    def __init__(self, name: str) -> None:
        super().__init__(name, {"": ""})
        self.files: dict[str, str] = {}

    def run(self, argv: Sequence[str], **how: Any) -> Result:
        if argv[0] == "tar":
            with open_tar(fileobj=BytesIO(how["stdin"])) as tar:
                for one in tar.getmembers():
                    content = tar.extractfile(one)
                    self.files[f"/{one.name}"] = content.read().decode() if content else ""
        return super().run(argv, **how)


def used(platform: str, **given: Any) -> dict[str, Machine]:
    """The cluster's machines after a use of it."""
    machines = {str(machine.name): Machine(str(machine.name)) for machine in SPEC.machines}
    cluster: Any = SimpleNamespace(spec=SPEC, shell=lambda name: machines[str(name)])
    platforms.put_off(Settings.from_options(platform=platform, **given), cluster)
    return machines


def test_use_starts_the_hours_of_every_machine_anew() -> None:
    for machine in used("aws", ttl_hours=7).values():
        assert "OnActiveSec=7h" in machine.files[TIMER]
        power_off = machine.files["/etc/systemd/system/idle-power-off.service"]
        assert "ExecStart=/usr/bin/systemctl --no-block poweroff" in power_off
        assert machine.ran[1:] == [
            ("systemctl", "enable", "--quiet", "idle-power-off.timer"),
            ("systemctl", "restart", "--no-block", "idle-power-off.timer"),
        ]


def test_machines_of_the_local_ec2_run_on() -> None:
    assert all(machine.ran == [] for machine in used("local").values())
    assert platforms.idle_hours(Settings(platform="local")) is None


@pytest.mark.parametrize("hours", [24, None])
def test_a_machine_has_its_fuse_from_its_first_boot(tmp_path: Path, hours: int | None) -> None:
    """Also one whose build was killed."""
    ssh_keys.make(tmp_path / "host-lb")
    config = json.loads(user_data.of(tmp_path, "lb", idle_hours=hours).partition("\n")[2])
    if hours is None:
        assert not {"write_files", "runcmd"} & config.keys()
        return
    written = {one["path"]: one["content"] for one in config["write_files"]}
    assert written == idle_power_off.files(24)
    assert config["runcmd"] == [["systemctl", "enable", "--now", "idle-power-off.timer"]]
