"""A cluster whose machines are off keeps its state, and runs again (article 73)."""

from infra import ec2
from infra.cluster import Cluster
from infra.ec2.account import price
from infra.errors import UserError
from infra.inventory import ClusterSpec
from infra.lifecycle import (
    cluster_identity,
    cluster_lifecycle,
    platforms,
    state_dir,
    upgrade_record,
)
from infra.lifecycle.build_runner import Tally
from infra.progress import Progress
from infra.settings import Settings


def stop(settings: Settings, progress: Progress) -> str:
    """Every machine is off; disks, addresses and keys stay. What that costs, in a few words.

    Errors: UserError without a finished cluster, PlatformError.
    """
    settings, spec = _built(settings)
    client = platforms.site(settings).client(settings)
    found = ec2.instances(client, spec.id)
    going = {name: info.id for name, info in found.items() if info.state != "stopped"}
    with progress.stage("stop"):
        if going:
            progress.say(f"stops {', '.join(sorted(going))}")
            ec2.stop_all(client, list(going.values()))
    if settings.platform == "local":
        return "it costs nothing"
    return f"its disks and its address cost {price.of_stopped(spec.machines)}"


def start(settings: Settings, progress: Progress) -> tuple[Cluster, Tally]:
    """It runs again and is healthy; what was undone meanwhile is made good, as by ``up``.

    Errors: UserError without a finished cluster, and those of ``up``.
    """
    settings, _ = _built(settings)
    return cluster_lifecycle.up(settings, progress)


def _built(settings: Settings) -> tuple[Settings, ClusterSpec]:
    settings = cluster_identity.decided(settings)
    if state_dir.read(settings.state) is None:
        raise UserError(f"there is no finished cluster {settings.cluster_id!r}; run: ./kfs up")
    upgrade_record.must_be_whole(settings)
    return settings, platforms.identify(settings).spec(settings.kubernetes)
