"""``kfs upgrade``."""

from typing import Annotated

import typer

from infra.lifecycle import state_dir
from infra.lifecycle.upgrade import cluster_upgrade
from infra.progress import Progress
from infra.settings import Settings


def upgrade(
    to: Annotated[str, typer.Option("--to", help="Kubernetes version, the next minor: 1.37.")],
    cluster_id: Annotated[
        str | None, typer.Option("--cluster-id", help="Which cluster (KFS_CLUSTER_ID).")
    ] = None,
) -> None:
    """Upgrade a kept cluster to the next minor version, while it serves.

    etcd where the version prescribes another, API servers one at a time, controller managers and
    schedulers, then each worker drained, upgraded and uncordoned. An upgrade that was killed goes
    on by the same command.
    """
    settings, progress = Settings.from_options(cluster_id=cluster_id), Progress()
    with state_dir.held(settings.state, "./kfs upgrade"):
        done = cluster_upgrade.upgrade(settings, to, progress)
    if done.old == done.new:
        typer.echo(f"cluster {settings.cluster_id} has Kubernetes {done.new} already")
        return
    typer.echo(progress.table())
    typer.echo(f"cluster {settings.cluster_id} is upgraded from {done.old} to {done.new}")
