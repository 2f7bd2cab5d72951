"""``python -m infra.lifecycle.bench``: how long things take, in seconds and as ratios.

Writes reports/bench.json (design.md section 5). The measure of the machine it runs on is one lone
machine's boot in the same run: `up` is told as a multiple of it, so that figures of two computers,
or of a loaded and a quiet one, can be compared.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.artifacts.store import Store
from infra.build.ready import answer
from infra.inventory import series
from infra.lifecycle import cluster_identity, cluster_lifecycle, platforms
from infra.lifecycle.machines import machine_addresses
from infra.lifecycle.state_dir import prepare, read
from infra.pki import ssh_keys
from infra.progress import Progress
from infra.settings import Settings

CLUSTER = "bench"
"""A cluster of its own: a kept one is not touched (its machines would share the two cores)."""


def main() -> None:
    progress = Progress()
    infra("down")
    figures: dict[str, Any] = {"host": host()}
    with progress.stage("one lone machine"):
        lone = subprocess.run(
            [sys.executable, "-m", "infra.lifecycle.bench", "lone"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        figures["lone_boot_s"] = float(lone.stdout.split()[-1])
        infra("down")
    free = available()
    with progress.stage("up"):
        figures["up_warm_s"] = infra("up")
    figures["memory_bytes"] = free - available()
    figures["up_to_lone_boot"] = round(figures["up_warm_s"] / figures["lone_boot_s"], 1)
    figures["stages"] = (read(Settings(cluster_id=CLUSTER).state) or {}).get("stages", [])
    figures["attach_s"] = infra("status")
    figures["kubectl_s"] = infra("kubectl", "get", "nodes")
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-k", "part"]
    figures["collect_s"] = timed(collect)
    figures["up_again_s"] = infra("up")
    infra("down")
    out = Settings().reports / "bench.json"
    out.write_text(json.dumps(figures, indent=2) + "\n")
    for name, value in figures.items():
        if isinstance(value, int | float):
            progress.say(f"{name:<18} {value}")
    progress.say(f"wrote {out}")


def lone() -> float:
    """Seconds from RunInstances to an answer over SSH, nothing else running."""
    settings = Settings(cluster_id=CLUSTER)
    prepare(settings.state)
    cluster_identity.ensure(settings)
    progress, store = Progress(), Store.default()
    supplied = cluster_lifecycle.gather(settings, store, progress).supplies
    site = platforms.open_site(settings, store, supplied, progress)
    six = series(CLUSTER, kubernetes=settings.kubernetes, platform="local")
    spec = replace(six, machines=(six.load_balancer,))
    ssh_keys.ensure(settings.state / "ssh", spec)
    started = time.monotonic()
    provisioned = cluster_lifecycle.provision(settings, spec, site, progress)
    cluster = cluster_lifecycle.connect(
        settings, spec, machine_addresses.reach(provisioned, public=False)
    )
    answer(cluster, spec.load_balancer)
    return round(time.monotonic() - started, 2)


def infra(*argv: str) -> float:
    environment = {**os.environ, "KFS_CLUSTER_ID": CLUSTER}
    return timed([sys.executable, "-m", "infra", *argv], environment)


def timed(argv: Sequence[str], environment: dict[str, str] | None = None) -> float:
    """Wall seconds of a command that must succeed."""
    started = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=environment)
    return round(time.monotonic() - started, 2)


def available() -> int:
    """Bytes that the kernel could give to new processes (MemAvailable)."""
    with Path("/proc/meminfo").open(encoding="ascii") as lines:
        values = dict(line.split(":") for line in lines)
    return int(values["MemAvailable"].split()[0]) * 1024


def host() -> dict[str, Any]:
    return {"cpus": os.cpu_count(), "memory_bytes": available(), "kernel": platform.release()}


if __name__ == "__main__":
    if sys.argv[1:] == ["lone"]:
        sys.stdout.write(f"{lone()}\n")
    else:
        main()
