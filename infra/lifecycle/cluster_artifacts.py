"""Everything a cluster is made of, had before any machine starts: binaries, images, kernel."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.artifacts import catalog as catalogs
from infra.artifacts import ebs_manifests, images, obtain
from infra.artifacts.store import Store
from infra.desired.apply import Supplies
from infra.progress import Progress


@dataclass(frozen=True)
class Supplied:
    """``supplies`` for the phases; ``sources`` for the report: name, version, source, sha256."""

    supplies: Supplies
    sources: tuple[dict[str, Any], ...]


def gather(
    kubernetes: str,
    store: Store,
    progress: Progress,
    *,
    busybox: Path,
    tools: Path,
    preloaded: bool = False,
) -> Supplied:
    """All default artifacts of a Kubernetes version. Errors: MissingArtifact, UserError.

    ``busybox`` and ``tools`` (a tar archive of what the EBS CSI driver calls) go into images, with
    which machines come when they are ``preloaded``.
    """
    catalog = catalogs.load(kubernetes)
    names = catalog.default_names
    artifacts = obtain.obtain(catalog, names, store=store, say=progress.say)
    ebs_manifests.obtain(store)
    made = images.build_images(
        catalog, artifacts, busybox=busybox, tools=tools, store=store, say=progress.say
    )
    supplies = Supplies(
        binaries={
            name: a.path for name, a in artifacts.items() if not catalog.component(name).contained
        },
        digests={name: a.sha256 for name, a in artifacts.items()},
        images={image.reference: image.path for image in made},
        preloaded=preloaded,
    )
    binaries = [
        {"name": a.name, "version": a.version, "source": a.provenance, "sha256": a.sha256}
        for a in artifacts.values()
    ]
    made_here = [
        {"name": i.reference, "version": "", "source": "image made here", "sha256": i.sha256}
        for i in made
    ]
    return Supplied(supplies, (*binaries, *made_here))
