"""``kfs`` and ``python -m infra``: up, status, stop, start, down, shell, kubectl, list and more."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from infra.artifacts.store import Store
from infra.computer.exit_codes import told
from infra.errors import UserError
from infra.footprints import turns
from infra.lifecycle import cluster_lifecycle, janitor, platforms, state_dir, stopped
from infra.lifecycle.render import render_anew
from infra.lifecycle.upgrade.commands import upgrade
from infra.nightly.commands import nightly
from infra.progress import Progress
from infra.report.rerender import merge_reports, prune_reports, rerender
from infra.settings import Settings
from infra.survey import commands

app = typer.Typer(
    help="The cluster of 'Kubernetes From Scratch', built by hand on AWS or on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ClusterId = Annotated[
    str | None, typer.Option("--cluster-id", help="Which cluster (KFS_CLUSTER_ID).")
]
Platform = Annotated[str | None, typer.Option("--platform", help="local or aws (KFS_PLATFORM).")]
Region = Annotated[str | None, typer.Option("--region", help="Region of AWS (KFS_REGION).")]
AllRegions = Annotated[
    bool, typer.Option("--all-regions", help="Every region that the account has enabled.")
]
Yes = Annotated[
    bool | None, typer.Option("--yes", help="Agree beforehand to what is asked (KFS_YES).")
]
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

    On AWS it says first what it will cost, and asks.
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
    """Build and cache what a local cluster is made of, without starting one."""
    progress = Progress()
    cluster_lifecycle.prepare(Settings.from_options(kubernetes=kubernetes), progress)
    print(progress.table())


@app.command()
def down(platform: Platform = None, region: Region = None, cluster_id: ClusterId = None) -> None:
    """Remove the cluster: machines, network, disks, keys. Fine when there is nothing.

    Platform and region are those that it was built on. Further clusters (ID-2 to ID-4) that a
    killed run of its left go too.
    """
    settings = Settings.from_options(platform=platform, region=region, cluster_id=cluster_id)
    for one in (settings, *(one for one in settings.further() if one.state.exists())):
        with state_dir.held(one.state, "./kfs down"):
            gone = cluster_lifecycle.down(one, Progress())
        where = f"aws, {gone.region}" if gone.platform == "aws" else gone.platform
        print(f"cluster {gone.cluster_id} is gone ({where})")


@app.command()
def stop(cluster_id: ClusterId = None) -> None:
    """Switch the cluster's machines off; it keeps its state, and ./kfs start lets it run again."""
    settings = Settings.from_options(cluster_id=cluster_id)
    with state_dir.held(settings.state, "./kfs stop"):
        costs = stopped.stop(settings, Progress())
    print(f"cluster {settings.cluster_id} is stopped: {costs}; it runs again by: ./kfs start")


@app.command()
def start(cluster_id: ClusterId = None) -> None:
    """Let a stopped cluster run again, as it was; on AWS at the price that up has told."""
    settings, progress = Settings.from_options(cluster_id=cluster_id), Progress()
    with state_dir.held(settings.state, "./kfs start"):
        _cluster, tally = stopped.start(settings, progress)
    print(progress.table())
    print(f"cluster {settings.cluster_id} runs: kept {tally.kept}, changed {tally.changed}")


@app.command("list")
def list_clusters(*, region: Region = None, all_regions: AllRegions = False) -> None:
    """Say which clusters AWS has: id, machines, age, when it expires, who built it."""
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
        str | None, typer.Option("--cluster-id", help="That one: yours by its name, any by its id.")
    ] = None,
    older_than: Annotated[
        int | None, typer.Option("--older-than", min=0, help="Those that are so many hours old.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; else it is only said.")] = False,
) -> None:
    """Delete clusters on AWS that have expired, whoever built them; say it only without --yes."""
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
    """Say what is there, and which scenarios hold or wait for what; exit 1 if it is not healthy."""
    settings = Settings.from_options(platform=platform, region=region, cluster_id=cluster_id)
    for line in turns.told(settings.state):
        print(line)
    print(cluster_lifecycle.status(settings))


@app.command()
def doctor(
    cluster: Annotated[
        Path | None, typer.Option("--cluster", help="my.toml: what of it will be judged.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="With --cluster: as JSON.")] = False,
) -> None:
    """Say what this machine lacks for the local EC2; exit 2 when something is missing.

    With --cluster: say, claim by claim, what a run will judge on that cluster, and why not the
    rest. Nothing is asked of the cluster.
    """
    if cluster is not None:
        print(commands.forecast_of(cluster, as_json=as_json))
        return
    if as_json:
        raise UserError("--json is for a cluster: give --cluster my.toml too")
    platforms.require(Settings.from_options(), Store.default())
    print("this machine can run the local EC2")


for command in (commands.describe, commands.sweep_cluster, nightly, upgrade):
    app.command()(command)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def kubectl(context: typer.Context, cluster_id: ClusterId = None) -> None:
    """Run kubectl as admin, in the cluster's network."""
    run_inside(cluster_id, ["kubectl", *context.args])


@app.command()
def shell(cluster_id: ClusterId = None) -> None:
    """Open a shell in the cluster's network; kubectl is on the PATH and configured."""
    run_inside(cluster_id, [os.environ.get("SHELL", "/bin/sh")])


@app.command()
def render(
    out: Annotated[Path, typer.Argument(help="An empty or new directory.")] = Path("rendered"),
    kubernetes: Version = None,
) -> None:
    """Write what each machine would receive as plain files, secrets left out."""
    render_anew(Settings.from_options(kubernetes=kubernetes), out)
    print(f"wrote {out}")


@app.command()
def report(
    runs: Annotated[
        list[Path] | None, typer.Argument(help="A folder of reports/<version>/; default: last.")
    ] = None,
    *,
    merge: Annotated[
        bool, typer.Option("--merge", help="The arguments are directories of reports to lay here.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove old runs; the newest ten of each minor stay.")
    ] = False,
) -> None:
    """Write a run's index.html again from its records, and print its path; or compare runs: with
    --merge those of other machines are laid beside those here, with --prune old ones are removed.
    """
    reports, given = Settings.from_options().reports, runs or []
    if not merge and len(given) > (0 if prune else 1):
        raise UserError("report takes one run, --prune none, and --merge directories of reports")
    if merge:
        page = merge_reports(given, reports, say=print)
    if prune:
        page = prune_reports(reports, say=print)
    if not (merge or prune):
        page = rerender(given[0] if given else None, reports)
    print(page)


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
