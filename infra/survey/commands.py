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
    kubeconfig: Annotated[Path, typer.Option("--kubeconfig", help="Of the cluster.")],
    context: Annotated[str, typer.Option("--context", help="Of it; default: its current.")] = "",
    name: Annotated[str, typer.Option("--name", help="Of the cluster, in reports.")] = "",
    user: Annotated[str, typer.Option("--ssh-user", help="Enters machines; sudo -n there.")] = "",
    key: Annotated[Path | None, typer.Option("--ssh-key", help="Default: the agent's.")] = None,
    known_hosts: Annotated[Path | None, typer.Option(help="Default: ~/.ssh/known_hosts.")] = None,
    ssh_config: Annotated[Path | None, typer.Option(help="With hosts named like machines.")] = None,
    jump: Annotated[str, typer.Option("--jump", help="Like ubuntu@bastion:22.")] = "",
    out: Annotated[Path, typer.Option("--output", "-o", help="Where to write.")] = Path("my.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite that file.")] = False,
) -> None:
    """Look at a cluster that somebody else built, and write the my.toml that says what it is.

    It only reads. What could not be seen is a comment in the file.
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
    typer.echo(f"wrote {out}: Kubernetes {found.version}, {len(found.machines)} machines; read it")
    typer.echo(f"next: ./kfs doctor --cluster {out}")


def sweep_cluster(
    cluster: Annotated[Path, typer.Option("--cluster", help="my.toml of a cluster of others.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; else it is only said.")] = False,
) -> None:
    """Delete what runs of this suite left on a cluster that others built, and nothing else."""
    settings = Settings.from_options(cluster_file=cluster)
    api = cluster_lifecycle.attach(settings).api
    with lease.held(api):
        paths = own_objects.sweep(api) if yes else own_objects.left(api)
    for path in paths:
        typer.echo(path)
    typer.echo(f"{len(paths)} objects {'deleted' if yes else 'of ours; delete them with: --yes'}")


def forecast_of(cluster: Path, *, as_json: bool) -> str:
    """Claim by claim, what a run will judge on what a my.toml describes. Errors: UserError."""
    told = reading.read(cluster)
    found = forecast.of_description(told, PROJECT / "features")
    if as_json:
        return forecast.as_json(found, cluster=told.name, kubernetes=told.kubernetes)
    return "\n".join(forecast.table(found, claims.articles()))
