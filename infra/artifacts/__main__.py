"""Artifacts by hand: ``python -m infra.artifacts fetch|older|images|list|pin``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from infra.artifacts import pins
from infra.artifacts.catalog import Catalog, cluster_version, default_minor, load
from infra.artifacts.images import build_images
from infra.artifacts.obtain import obtain
from infra.artifacts.store import Store
from infra.computer.exit_codes import told

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)
Named = Annotated[
    str | None,
    typer.Option("--kubernetes", envvar="KFS_KUBERNETES", help="Kubernetes, v1.36.5 or 1.36."),
]
Names = Annotated[list[str] | None, typer.Argument(help="Components; default: all.")]


@app.command()
def fetch(names: Names = None, kubernetes: Named = None) -> None:
    """Obtain programs into the cache and name their paths."""
    catalog = _catalog(kubernetes)
    _fetch(catalog, names or catalog.default_names)


@app.command()
def older(kubernetes: Named = None) -> None:
    """Obtain the older kubelet and kubectl, for claims about version skew."""
    catalog = load(cluster_version(default_minor() if kubernetes is None else kubernetes))
    _fetch(load(catalog.before), ["kubelet"])
    _fetch(load(catalog.two_before), ["kubectl"])


@app.command()
def images(
    busybox: Annotated[Path, typer.Option(help="Debian's static busybox program.")],
    names: Names = None,
    kubernetes: Named = None,
) -> None:
    """Make the container images of the default set and of what is named besides."""
    catalog, store = _catalog(kubernetes), Store.default()
    wanted = [*catalog.default_names, *(names or ())]
    found = obtain(catalog, wanted, store=store, say=typer.echo)
    for image in build_images(catalog, found, busybox=busybox, store=store, say=typer.echo):
        typer.echo(f"{image.reference:52} {image.digest[:19]} {image.path}")


@app.command("list")
def list_components(kubernetes: Named = None) -> None:
    """Name every component, its version and where it can come from."""
    for component in _catalog(kubernetes).components.values():
        module = component.build.package if component.build else "-"
        url = component.release.url if component.release else component.source
        typer.echo(f"{component.name:24} {component.version:10} {module}  {url}")


@app.command()
def pin(
    version: Annotated[str, typer.Argument(help="A Kubernetes release, like v1.37.2.")],
    only: Annotated[
        list[str] | None, typer.Option(help="Only this program, for version skew; repeatable.")
    ] = None,
) -> None:
    """Write go.mod, go.sum and the version file of a release; what it prescribes is printed."""
    pins.pin(version, only or (), say=typer.echo)


def _catalog(kubernetes: str | None) -> Catalog:
    """Of the version that is named, or that a cluster would have."""
    return load(default_minor() if kubernetes is None else kubernetes)


def _fetch(catalog: Catalog, names: Iterable[str]) -> None:
    found = obtain(catalog, names, store=Store.default(), say=typer.echo)
    for artifact in found.values():
        origin = f"{artifact.source} (made by {artifact.provenance})"
        typer.echo(f"{artifact.name:24} {artifact.version:10} {origin:34} {artifact.path}")


if __name__ == "__main__":
    with told():
        app()
