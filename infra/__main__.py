"""``python -m infra``: up, status, down, shell, kubectl, render, report, doctor."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from infra.artifacts.store import Store
from infra.errors import LabError, UserError, WaitTimeout
from infra.lifecycle import cluster_lifecycle, platforms, state_dir
from infra.progress import Progress
from infra.report.__main__ import rerender
from infra.settings import Settings

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
Version = Annotated[
    str | None, typer.Option("--kubernetes", help="Kubernetes version, like v1.36.1.")
]


def settings_of(**given: Any) -> Settings:
    """Settings from options that were given. Errors: UserError naming the bad one."""
    try:
        return Settings(**{key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UserError(f"--{name.replace('_', '-')} {first['input']!r}: {first['msg']}") from error


@app.command()
def up(platform: Platform = None, cluster_id: ClusterId = None, kubernetes: Version = None) -> None:
    """Build the cluster, or finish building it; a second run changes nothing."""
    settings = settings_of(platform=platform, cluster_id=cluster_id, kubernetes=kubernetes)
    progress = Progress()
    with state_dir.held(settings.state, "python -m infra up"):
        _cluster, tally = cluster_lifecycle.up(settings, progress)
    print(progress.table())
    print(f"cluster {settings.cluster_id} is up: kept {tally.kept}, changed {tally.changed}")
    print("next: python -m infra kubectl get nodes   or   pytest -k part13")


@app.command()
def prepare(kubernetes: Version = None) -> None:
    """Build and cache what a local cluster is made of, without starting one."""
    progress = Progress()
    cluster_lifecycle.prepare(settings_of(kubernetes=kubernetes), progress)
    print(progress.table())


@app.command()
def down(platform: Platform = None, cluster_id: ClusterId = None) -> None:
    """Remove the cluster: machines, network, disks, keys. Fine when there is nothing.

    Further clusters (ID-2 to ID-4) that a killed run of its left go too.
    """
    settings = settings_of(platform=platform, cluster_id=cluster_id)
    for one in (settings, *(one for one in settings.further() if one.state.exists())):
        with state_dir.held(one.state, "python -m infra down"):
            cluster_lifecycle.down(one, Progress())
        print(f"cluster {one.cluster_id} is gone")


@app.command()
def status(platform: Platform = None, cluster_id: ClusterId = None) -> None:
    """Say what is there; exit 1 when the cluster is not healthy."""
    print(cluster_lifecycle.status(settings_of(platform=platform, cluster_id=cluster_id)))


@app.command()
def doctor() -> None:
    """Say what this machine lacks for the local EC2; exit 2 when something is missing."""
    platforms.require(settings_of(), Store.default())
    print("this machine can run the local EC2")


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
    cluster_lifecycle.render(settings_of(kubernetes=kubernetes), out)
    print(f"wrote {out}")


@app.command()
def report(
    run: Annotated[
        Path | None, typer.Argument(help="A folder of reports/<version>/; default: last.")
    ] = None,
) -> None:
    """Write a run's index.html again from its records, and print its path."""
    print(rerender(run, settings_of().reports))


def run_inside(cluster_id: str | None, argv: list[str]) -> None:
    settings = settings_of(cluster_id=cluster_id)
    cluster_lifecycle.attach(settings)
    os.environ["KUBECONFIG"] = str(settings.state / "pki" / "admin.kubeconfig")
    os.environ["PATH"] = f"{cluster_lifecycle.kubectl(settings).parent}:{os.environ['PATH']}"
    os.execvp(argv[0], argv)  # noqa: S606 - argv from the person at the keyboard


@contextmanager
def told() -> Iterator[None]:
    """Errors as one clear message and an exit code; SIGTERM behaves as Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except (LabError, WaitTimeout) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 1))
    except KeyboardInterrupt:
        print("interrupted; the same command continues where this one stopped", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        if error.errno != 28:
            raise
        print(
            f"error: no space left on the disk ({error.filename}); free some, then repeat",
            file=sys.stderr,
        )
        sys.exit(1)


def main() -> None:
    with told():
        app()


if __name__ == "__main__":
    main()
