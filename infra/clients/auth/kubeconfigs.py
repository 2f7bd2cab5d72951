"""Kubeconfigs as they lie on machines: whom they send a component to, and as whom."""

import base64
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from infra.errors import NotPrepared, require
from infra.kube_api import Credentials
from infra.ssh import Shell


def of_command(shell: Shell, words: Sequence[str]) -> str:
    """Path of the kubeconfig that a component's command line names. Errors: NotPrepared."""
    flags = dict(word.split("=", 1) for word in words if word.startswith("--") and "=" in word)
    if path := flags.get("--kubeconfig"):
        return path
    command = shlex.join(words)
    require("--config" in flags, f"no kubeconfig is named on {shell.name}: {command}")
    return str(yaml.safe_load(shell.get(flags["--config"]))["clientConnection"]["kubeconfig"])


def server(content: bytes) -> str:
    """Address of the API server that a kubeconfig names, like ``https://10.0.1.10:6443``."""
    return str(entry(yaml.safe_load(content), "cluster")["server"])


def credentials(content: bytes, ca: Path, folder: Path) -> Credentials:
    """Of a kubeconfig's only user; certificate and key are put in ``folder``."""
    user = entry(yaml.safe_load(content), "user")
    paths = [folder / name for name in ("client.pem", "client-key.pem")]
    for path, key in zip(paths, ("client-certificate-data", "client-key-data"), strict=True):
        if key not in user:
            raise NotPrepared(f"a kubeconfig of the series has {key}; this one has {list(user)}")
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(user[key]))
    return Credentials(ca=ca, cert=paths[0], key=paths[1])


def entry(config: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The cluster or the user of the current context."""
    contexts = {one["name"]: one["context"] for one in config["contexts"]}
    wanted = contexts[config["current-context"]][kind]
    return next(dict(one[kind]) for one in config[f"{kind}s"] if one["name"] == wanted)
