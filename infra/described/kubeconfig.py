"""A kubeconfig as people have it: any way to authenticate that kubectl has, but a typed password.

Certificates and keys that it contains lie in memory only; nothing is copied to a disk.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from infra.described import exec_plugin
from infra.described.memory_files import in_memory
from infra.errors import UserError
from infra.kube_api import UNVERIFIED, Credentials

NOT_HERE = {
    "auth-provider": "client-go has it no more: use exec",
    "username": "API servers take no passwords: use a token, a certificate or exec",
    "tls-server-name": "name the server by an address or a name of its certificate",
    "proxy-url": "run the suite where the API server is reached without a proxy",
    "act-as": "write a kubeconfig of the user itself: some claims impersonate others",
}
"""What is refused, and what to do."""


@dataclass(frozen=True)
class Access:
    """Where the API is, and as whom it is asked. ``context`` is the name of the kubeconfig's."""

    server: str
    credentials: Credentials
    context: str


def read(path: Path, context: str = "") -> Access:
    """Of a context, by default the current one. Errors: UserError naming the file and its entry."""
    config = parsed(path)
    chosen = context or str(config.get("current-context") or "")
    if not chosen:
        raise UserError(f'{path} has no current-context: write context = "..." in my.toml')
    of_context = entry(path, config, "context", chosen)
    cluster = entry(path, config, "cluster", str(of_context.get("cluster", "")))
    user = entry(path, config, "user", str(of_context.get("user", "")))
    must_be_possible(path, {**cluster, **user})
    server = str(cluster.get("server", ""))
    if urlsplit(server).scheme != "https":
        raise UserError(f"{path}: the server of context {chosen} is {server!r}: it has no https")
    found = Access(server.rstrip("/"), credentials(path, cluster, user), chosen)
    found.credentials.now()  # who cannot be shown is told before anything begins
    return found


def credentials(path: Path, cluster: Mapping[str, Any], user: Mapping[str, Any]) -> Credentials:
    """Errors: UserError when nothing says who asks."""
    cert = content(path, user, "client-certificate")
    key = content(path, user, "client-key")
    token = str(user.get("token") or "") or None
    given = Credentials(authority(path, cluster), cert, key, token)
    if told := user.get("exec"):
        plugin = exec_plugin.Plugin.told(told, path, cluster)
        return replace(given, renewed=lambda: shown(plugin.answer(), given))
    if named := user.get("tokenFile"):
        file = path.parent / named
        return replace(given, renewed=lambda: replace(given, token=read_token(path, file)))
    if not (cert and key) and not token:
        raise UserError(
            f"{path}: the user of this context has no client-certificate with client-key, no "
            "token, no tokenFile and no exec: nobody can be shown"
        )
    return given


def shown(answer: exec_plugin.Answer, given: Credentials) -> Credentials:
    return replace(given, token=answer.token or None, cert=answer.cert, key=answer.key)


def authority(path: Path, cluster: Mapping[str, Any]) -> Path:
    """By which the server is verified: the system's where the kubeconfig names none."""
    if cluster.get("insecure-skip-tls-verify"):
        return UNVERIFIED
    return content(path, cluster, "certificate-authority") or Path(DEFAULT_CA_BUNDLE_PATH)


def content(path: Path, told: Mapping[str, Any], key: str) -> Path | None:
    """A file that is named, or data that is written out (``-data``), which goes first."""
    if data := told.get(f"{key}-data"):
        try:
            return in_memory(base64.b64decode(str(data), validate=True))
        except binascii.Error as error:
            raise UserError(f"{path}: {key}-data is no base64: {error}") from error
    if not told.get(key):
        return None
    file = path.parent / str(told[key])
    if not file.is_file():
        raise UserError(f"{path}: {key} names {file}, which is no file")
    return file


def read_token(path: Path, file: Path) -> str:
    """Read each time: who issued it may have put another one there."""
    try:
        return file.read_text().strip()
    except OSError as error:
        raise UserError(f"{path}: tokenFile {file}: {error.strerror}") from error


def parsed(path: Path) -> Mapping[str, Any]:
    try:
        config = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path} is no kubeconfig: {' '.join(str(error).split())}") from error
    if not isinstance(config, dict):
        raise UserError(f"{path} is no kubeconfig: it has no contexts")
    return config


def entry(path: Path, config: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any]:
    """What stands under a name in ``contexts``, ``clusters`` or ``users``."""
    found = {one.get("name"): one.get(kind) for one in config.get(f"{kind}s") or ()}
    if name not in found:
        known = ", ".join(map(str, found)) or "none"
        raise UserError(f"{path} has no {kind} {name!r}; it has {known}")
    return dict(found[name] or {})


def must_be_possible(path: Path, told: Mapping[str, Any]) -> None:
    for key, instead in NOT_HERE.items():
        if told.get(key):
            raise UserError(f"{path}: {key} is not supported; {instead}")
