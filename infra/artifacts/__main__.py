"""Artifacts by hand: ``python -m infra.artifacts fetch|images|list``."""

from pathlib import Path
from typing import Annotated

import typer

from infra.artifacts.catalog import load
from infra.artifacts.images import build_images
from infra.artifacts.obtain import obtain
from infra.artifacts.store import Store
from infra.errors import NotJudged

app = typer.Typer(add_completion=False, help=__doc__)
Version = Annotated[str, typer.Option(help="Kubernetes version, v1.36.1 or 1.36.")]
Names = Annotated[list[str] | None, typer.Argument(help="Components; none: the default set.")]
DEFAULT = "v1.36.1"


@app.command()
def fetch(names: Names = None, version: Version = DEFAULT) -> None:
    """Obtain programs into the cache and name their paths."""
    catalog = load(version)
    store = Store.default()
    found = obtain(catalog, names or catalog.default_names, store=store, say=typer.echo)
    for artifact in found.values():
        origin = f"{artifact.source} (made by {artifact.provenance})"
        typer.echo(f"{artifact.name:24} {artifact.version:10} {origin:34} {artifact.path}")


@app.command()
def images(
    busybox: Annotated[Path, typer.Option(help="Debian's static busybox program.")],
    names: Names = None,
    version: Version = DEFAULT,
) -> None:
    """Make the container images of the default set and of what is named besides."""
    catalog, store = load(version), Store.default()
    wanted = [*catalog.default_names, *(names or ())]
    found = obtain(catalog, wanted, store=store, say=typer.echo)
    for image in build_images(catalog, found, busybox=busybox, store=store, say=typer.echo):
        typer.echo(f"{image.reference:52} {image.digest[:19]} {image.path}")


@app.command("list")
def list_components(version: Version = DEFAULT) -> None:
    """Name every component, its version and where it can come from."""
    for component in load(version).components.values():
        module = component.build.package if component.build else "-"
        url = component.release.url if component.release else component.source
        mark = "optional" if component.optional else ""
        typer.echo(f"{component.name:24} {component.version:10} {mark:9} {module}  {url}")


if __name__ == "__main__":
    try:
        app()
    except NotJudged as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(error.exit_code) from error
