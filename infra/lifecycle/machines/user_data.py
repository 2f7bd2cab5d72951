"""What a machine is told at its first boot, by cloud-init: name, host key, and to be left in peace.

JSON is YAML: stock cloud-init reads it on AWS, the local EC2's first boot too (docs/adr/0004).
"""

import json
from pathlib import Path
from typing import Any

from infra.lifecycle.machines import idle_power_off
from infra.pki import ssh_keys

DISTURBING = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "apt-daily.service",
    "apt-daily-upgrade.service",
    "unattended-upgrades.service",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "systemd-tmpfiles-clean.timer",
)
"""What Debian's images start by a clock: it holds apt's locks while we install, restarts what it
upgrades, and disturbs measurements. The image of the local EC2 masks its timers too."""


def of(keys: Path, machine: str, *, idle_hours: int | None = None) -> str:
    """Of one machine; ``keys`` has its host key (ssh_keys.ensure). ``idle_hours`` after which it
    powers itself off when nobody uses it; None: never.
    """
    config: dict[str, Any] = {
        "hostname": machine,
        "manage_etc_hosts": False,  # Debian's images write it again at each boot: it is article 3's
        # the last command's status is cloud-init's: a unit that is not there may not be stopped
        "bootcmd": [
            ["systemctl", "stop", "--no-block", *DISTURBING],
            ["systemctl", "mask", *DISTURBING],
        ],
        "ssh_deletekeys": True,
        "ssh_keys": {
            "ed25519_private": (keys / f"host-{machine}").read_text(),
            "ed25519_public": ssh_keys.public(keys, f"host-{machine}"),
        },
    }
    if idle_hours is not None:
        config |= idle_power_off.cloud_config(idle_hours)
    return "#cloud-config\n" + json.dumps(config)
