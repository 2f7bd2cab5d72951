"""What `kfs` does with clusters that somebody else built (registered in infra/__main__.py)."""

from pathlib import Path
from typing import Annotated

import typer

from infra import claims
from infra.described import lease, own_objects, reading
from infra.lifecycle import cluster_lifecycle
from infra.settings import PROJECT, Settings
from infra.survey import describing, entering, forecast


def describe(  # noqa: PLR0913 - a parameter for each option
    *,
    kubeconfig: Annotated[Path, typer.Option("--kubeconfig", help="kubeconfig of the cluster.")],
    context: Annotated[str, typer.Option("--context", help="Default: its current context.")] = "",
    name: Annotated[str, typer.Option("--name", help="Name of the cluster in reports.")] = "",
    user: Annotated[str, typer.Option("--ssh-user", help="User on machines, with sudo -n.")] = "",
    key: Annotated[Path | None, typer.Option("--ssh-key", help="Default: the SSH agent.")] = None,
    known_hosts: Annotated[Path | None, typer.Option(help="Default: ~/.ssh/known_hosts.")] = None,
    ssh_config: Annotated[Path | None, typer.Option(help="Its hosts are the machines.")] = None,
    jump: Annotated[str, typer.Option("--jump", help="Jump host, like ubuntu@bastion:22.")] = "",
    out: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path("my.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Inspect a cluster that somebody else built, and write a my.toml that describes it.

    Nothing is changed on the cluster. What could not be read is a comment in the file.
    """
    describing.must_be_free(out, force=force)
    ssh = entering.table(
        user=user, key=key, known_hosts=known_hosts, ssh_config=ssh_config, jump=jump
    )
    asked = describing.Asked(kubeconfig.expanduser(), context, name, ssh)
    text, found = describing.described(asked, out, entering.by(ssh, out))
    describing.write(text, out, force=force)
    for remark in found.remarks:
        typer.echo(f"not seen: {remark}")
    typer.echo(f"wrote {out}: Kubernetes {found.version}, {len(found.machines)} machines; check it")
    typer.echo(f"next: ./kfs doctor --cluster {out}")


def sweep_cluster(
    cluster: Annotated[Path, typer.Option("--cluster", help="my.toml of a cluster of others.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it, only list.")] = False,
) -> None:
    """Delete only what runs of this suite left on a cluster that others built."""
    settings = Settings.from_options(cluster_file=cluster)
    api = cluster_lifecycle.attach(settings).api
    with lease.held(api):
        paths = own_objects.sweep(api) if yes else own_objects.left(api)
    for path in paths:
        typer.echo(path)
    typer.echo(f"{len(paths)} objects {'deleted' if yes else 'left by runs; to delete: --yes'}")


def forecast_of(cluster: Path, *, as_json: bool) -> str:
    """Claim by claim, what a run will judge on what a my.toml describes. Errors: UserError."""
    told = reading.read(cluster)
    found = forecast.of_description(told, PROJECT / "features")
    if as_json:
        return forecast.as_json(found, cluster=told.name, kubernetes=told.kubernetes)
    return "\n".join(forecast.table(found, claims.articles()))
