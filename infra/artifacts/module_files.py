"""Files that a Go module ships beside its code: upstream's own manifests, unchanged.

They come in the version that the group's go.mod pins, the one that the programs are built from.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.artifacts.gomodule import MODULES, pins
from infra.artifacts.store import Store, key_of
from infra.errors import MissingArtifact

KIND = "module-files"


def obtain(group: str, folders: Mapping[str, Sequence[str]], *, store: Store) -> Path:
    """Folder with ``<last word of a folder>/<file>`` of every folder, by module path.

    Errors: MissingArtifact naming the module and what Go said.
    """

    def fill(result: Path) -> None:
        for module, wanted in folders.items():
            root = _root(group, module)
            for folder in wanted:
                shutil.copytree(root / folder, result / Path(folder).name)
        for path in result.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)  # the module cache is read-only

    key = key_of(KIND, pins(group), json.dumps(dict(folders), default=list, sort_keys=True))
    return store.add(KIND, key, fill)


def _root(group: str, module: str) -> Path:
    argv = ["go", "mod", "download", "-json", f"{module}@{_version(group, module)}"]
    said = _go(argv, group, module)
    return Path(json.loads(said)["Dir"])


def _version(group: str, module: str) -> str:
    return _go(["go", "list", "-m", "-f", "{{.Version}}", module], group, module).strip()


def _go(argv: list[str], group: str, module: str) -> str:
    try:
        done = subprocess.run(
            argv,
            cwd=MODULES / group,
            env=os.environ | {"GOFLAGS": "-mod=readonly", "GOWORK": "off"},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise MissingArtifact(module, "no `go` on PATH to get it; install Go") from error
    if done.returncode:
        raise MissingArtifact(module, f"{' '.join(argv)}: {done.stderr or done.stdout}")
    return done.stdout
