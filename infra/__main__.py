"""``kfs`` and ``python -m infra``: up, status, stop, start, down, shell, kubectl, list and more."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from infra.artifacts.store import Store
from infra.computer.exit_codes import told
from infra.errors import UserError
from infra.footprints import locks
from infra.lifecycle import cluster_lifecycle, janitor, platforms, state_dir, stopped
from infra.lifecycle.render import render_anew
from infra.lifecycle.upgrade.commands import upgrade
from infra.nightly.commands import nightly
from infra.progress import Progress
from infra.report.commands import report
from infra.settings import Settings
from infra.survey import commands

app = typer.Typer(
    help="Builds and runs the cluster of 'Kubernetes From Scratch', on AWS or on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ClusterId = Annotated[
    str | None, typer.Option("--cluster-id", help="Id of the cluster (KFS_CLUSTER_ID).")
]
Platform = Annotated[str | None, typer.Option("--platform", help="local or aws (KFS_PLATFORM).")]
Region = Annotated[str | None, typer.Option("--region", help="AWS region (KFS_REGION).")]
AllRegions = Annotated[
    bool, typer.Option("--all-regions", help="In every region that the account has enabled.")
]
Yes = Annotated[bool | None, typer.Option("--yes", help="Answer yes to every question (KFS_YES).")]
Version = Annotated[str | None, typer.Option("--kubernetes", help="Kubernetes version, like 1.36.")]


@app.command()
def up(
    platform: Platform = None,
    region: Region = None,
    cluster_id: ClusterId = None,
    kubernetes: Version = None,
    yes: Yes = None,
) -> None:
    """Build the cluster, or finish building it; a second run changes nothing.

    On AWS it first shows what the cluster will cost, and asks.
    """
    settings = Settings.from_options(
        platform=platform,
        region=region,
        cluster_id=cluster_id,
        kubernetes=kubernetes,
        yes=yes,
    )
    progress = Progress()
    with state_dir.held(settings.state, "./kfs up"):
        _cluster, tally = cluster_lifecycle.up(settings, progress)
    print(progress.table())
    print(f"cluster {settings.cluster_id} is up: kept {tally.kept}, changed {tally.changed}")
    print("next: ./kfs kubectl get nodes   or   pytest -k part13")


@app.command()
def prepare(kubernetes: Version = None) -> None:
    """Build and cache the kernel, images and programs of a local cluster; start nothing."""
    progress = Progress()
    cluster_lifecycle.prepare(Settings.from_options(kubernetes=kubernetes), progress)
    print(progress.table())


@app.command()
def down(platform: Platform = None, region: Region = None, cluster_id: ClusterId = None) -> None:
    """Remove the cluster: machines, network, disks and keys; succeeds if there is none.

    By default where it was built. Further clusters (ID-2 to ID-4) of a killed run go too.
    """
    settings = Settings.from_options(platform=platform, region=region, cluster_id=cluster_id)
    for one in (settings, *(one for one in settings.further() if one.state.exists())):
        with state_dir.held(one.state, "./kfs down"):
            gone = cluster_lifecycle.down(one, Progress())
        where = f"aws, {gone.region}" if gone.platform == "aws" else gone.platform
        print(f"cluster {gone.cluster_id} is gone ({where})")


@app.command()
def stop(cluster_id: ClusterId = None) -> None:
    """Power the cluster's machines off; disks and state stay, ./kfs start powers them on."""
    settings = Settings.from_options(cluster_id=cluster_id)
    with state_dir.held(settings.state, "./kfs stop"):
        costs = stopped.stop(settings, Progress())
    print(f"cluster {settings.cluster_id} is stopped: {costs}; start it again with: ./kfs start")


@app.command()
def start(cluster_id: ClusterId = None) -> None:
    """Start a stopped cluster again; on AWS it then costs what ./kfs up showed."""
    settings, progress = Settings.from_options(cluster_id=cluster_id), Progress()
    with state_dir.held(settings.state, "./kfs start"):
        _cluster, tally = stopped.start(settings, progress)
    print(progress.table())
    print(f"cluster {settings.cluster_id} runs: kept {tally.kept}, changed {tally.changed}")


@app.command("list")
def list_clusters(*, region: Region = None, all_regions: AllRegions = False) -> None:
    """List the clusters on AWS: id, machines, age, expiry and who built them."""
    settings = Settings.from_options(region=region)
    found = janitor.look(settings, all_regions=all_regions)
    for one in found:
        print(one.told(datetime.now(UTC)))
    if not found:
        print(f"no cluster in {'any region' if all_regions else settings.region}")


@app.command("janitor")
def sweep(
    *,
    region: Region = None,
    all_regions: AllRegions = False,
    cluster_id: Annotated[
        str | None,
        typer.Option("--cluster-id", help="Only this one: yours by name, any by id."),
    ] = None,
    older_than: Annotated[
        int | None,
        typer.Option("--older-than", min=0, help="Only those this old, in hours."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it, only list.")] = False,
) -> None:
    """Delete expired clusters on AWS, whoever built them; without --yes, only list them."""
    if cluster_id is not None and older_than is not None:
        raise UserError("--cluster-id is one cluster, whatever its age: leave out --older-than")
    settings, now = Settings.from_options(region=region), datetime.now(UTC)
    found = janitor.look(settings, all_regions=all_regions)
    if cluster_id is None:
        candidates = janitor.expired(found, older_than=older_than, now=now)
    else:
        candidates = janitor.called(settings, found, cluster_id)
    swept = janitor.sweep(settings, candidates, yes=yes, say=print)
    print(f"{swept} of {len(found)} clusters {'deleted' if yes else 'to delete: --yes'}")


@app.command()
def status(platform: Platform = None, region: Region = None, cluster_id: ClusterId = None) -> None:
    """Show health, and which scenarios hold or await which locks; exit 1 if unhealthy."""
    settings = Settings.from_options(platform=platform, region=region, cluster_id=cluster_id)
    for line in locks.told(settings.state):
        print(line)
    print(cluster_lifecycle.status(settings))


@app.command()
def doctor(
    cluster: Annotated[
        Path | None, typer.Option("--cluster", help="my.toml of a cluster that others built.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="With --cluster: as JSON.")] = False,
) -> None:
    """Check that this machine can run the local EC2; exit 2 and list what is missing.

    With --cluster: show for each claim whether a run can judge it on that cluster, and why not.
    The cluster itself is not contacted.
    """
    if cluster is not None:
        print(commands.forecast_of(cluster, as_json=as_json))
        return
    if as_json:
        raise UserError("--json needs --cluster my.toml")
    platforms.require(Settings.from_options(), Store.default())
    print("this machine can run the local EC2")


for command in (commands.describe, commands.sweep_cluster, nightly, report, upgrade):
    app.command()(command)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def kubectl(context: typer.Context, cluster_id: ClusterId = None) -> None:
    """Run kubectl as admin, in the cluster's network."""
    run_inside(cluster_id, ["kubectl", *context.args])


@app.command()
def shell(cluster_id: ClusterId = None) -> None:
    """Open a shell in the cluster's network, with kubectl on the PATH and configured."""
    run_inside(cluster_id, [os.environ.get("SHELL", "/bin/sh")])


@app.command()
def render(
    out: Annotated[Path, typer.Argument(help="An empty or new directory.")] = Path("rendered"),
    kubernetes: Version = None,
) -> None:
    """Write the files that each machine would receive to a directory, without secrets."""
    render_anew(Settings.from_options(kubernetes=kubernetes), out)
    print(f"wrote {out}")


def run_inside(cluster_id: str | None, argv: list[str]) -> None:
    settings = Settings.from_options(cluster_id=cluster_id)
    cluster_lifecycle.must_be_ours(settings)
    cluster_lifecycle.attach(settings)
    os.environ["KUBECONFIG"] = str(settings.state / "pki" / "admin.kubeconfig")
    os.environ["PATH"] = f"{cluster_lifecycle.kubectl(settings).parent}:{os.environ['PATH']}"
    os.execvp(argv[0], argv)  # noqa: S606 - argv from the person at the keyboard


def main() -> None:
    with told():
        app()


if __name__ == "__main__":
    main()
