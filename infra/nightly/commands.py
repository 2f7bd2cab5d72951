"""``kfs nightly``."""

from typing import Annotated

import typer

from infra.nightly.night import CLUSTER
from infra.nightly.night import nightly as whole_night
from infra.progress import Progress
from infra.settings import Settings


def nightly(
    kubernetes: Annotated[
        list[str] | None,
        typer.Option("--kubernetes", help="A minor; repeatable; default: all."),
    ] = None,
    cluster_id: Annotated[
        str, typer.Option("--cluster-id", help="Id of its own cluster.")
    ] = CLUSTER,
    clusters: Annotated[str, typer.Option("--clusters", help="Like pytest's --clusters.")] = "auto",
    *,
    anew: Annotated[
        bool, typer.Option("--anew", help="Start again, even if a night was killed.")
    ] = False,
) -> None:
    """Run the whole suite on each Kubernetes minor in turn, and compare the results.

    Exits with the worst exit code. A night that was killed continues where it stopped.
    """
    settings = Settings.from_options(cluster_id=cluster_id, clusters=clusters)
    raise typer.Exit(whole_night(settings, kubernetes or [], anew=anew, say=Progress().say))
