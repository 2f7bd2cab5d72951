"""``kfs nightly``."""

from typing import Annotated

import typer

from infra.nightly.night import CLUSTER
from infra.nightly.night import nightly as whole_night
from infra.progress import Progress
from infra.settings import Settings


def nightly(
    kubernetes: Annotated[
        list[str] | None, typer.Option("--kubernetes", help="This minor; repeatable; none: all.")
    ] = None,
    cluster_id: Annotated[str, typer.Option("--cluster-id", help="Its own cluster.")] = CLUSTER,
    clusters: Annotated[str, typer.Option("--clusters", help="As of pytest.")] = "auto",
    *,
    anew: Annotated[
        bool, typer.Option("--anew", help="Do not go on with a night that was killed.")
    ] = False,
) -> None:
    """Judge the whole suite on each minor, one cluster after the other, and compare them; exit with
    the worst code. A night that was killed goes on where it was.
    """
    settings = Settings.from_options(cluster_id=cluster_id, clusters=clusters)
    raise typer.Exit(whole_night(settings, kubernetes or [], anew=anew, say=Progress().say))
