"""Credential plug-ins of kubeconfigs: a command tells a token or a certificate, and until when.

The protocol is client.authentication.k8s.io/v1, as client-go speaks it: the command is run without
a terminal, its answer is used until it expires.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Self

from infra.described.memory_files import in_memory
from infra.errors import UserError, tail

VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
WITHIN = 60.0
"""Seconds for a plug-in, which may ask a cloud."""
TOLD = {
    "server": "server",
    "certificate-authority-data": "certificate-authority-data",
    "insecure-skip-tls-verify": "insecure-skip-tls-verify",
    "tls-server-name": "tls-server-name",
}
"""What a plug-in learns of the cluster, when it asks to (provideClusterInfo)."""


@dataclass(frozen=True)
class Answer:
    """A token, or a certificate with its key, or both; ``expires`` None: while the run lasts."""

    token: str = field(default="", repr=False)
    cert: Path | None = None
    key: Path | None = None
    expires: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.expires is not None and self.expires <= datetime.now(UTC)


@dataclass
class Plugin:
    """``kubeconfig`` is where it stands, for messages and relative paths. Usable by threads."""

    kubeconfig: Path
    version: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cluster: Mapping[str, Any] | None = None
    hint: str = ""
    _last: Answer | None = None
    _lock: Any = field(default_factory=Lock, repr=False)

    @classmethod
    def told(cls, told: Mapping[str, Any], path: Path, cluster: Mapping[str, Any]) -> Self:
        """By the ``exec`` of a kubeconfig's user. Errors: UserError."""
        command, version = str(told.get("command") or ""), str(told.get("apiVersion"))
        if version not in VERSIONS:
            raise UserError(f"{path}: exec of apiVersion {version}: known is {VERSIONS[0]}")
        if not command:
            raise UserError(f"{path}: exec names no command")
        if told.get("interactiveMode") == "Always":
            raise UserError(
                f"{path}: exec {command} wants a terminal (interactiveMode: Always), which a run "
                "has none of: use a token or a certificate"
            )
        if os.sep in command:
            command = str(path.parent / command)
        env = {one["name"]: str(one["value"]) for one in told.get("env") or ()}
        info = {TOLD[key]: cluster[key] for key in TOLD if key in cluster}
        return cls(
            path,
            version,
            (command, *map(str, told.get("args") or ())),
            env,
            info if told.get("provideClusterInfo") else None,
            " ".join(str(told.get("installHint") or "").split()),
        )

    def answer(self) -> Answer:
        """The last one, or a new one when that has expired. Errors: UserError."""
        with self._lock:
            if self._last is None or self._last.is_over:
                self._last = self._ask()
            return self._last

    @property
    def _name(self) -> str:
        return f"{self.kubeconfig}: exec {self.argv[0]}"

    def _ask(self) -> Answer:
        spec: dict[str, Any] = {"interactive": False}
        if self.cluster is not None:
            spec["cluster"] = self.cluster
        asked = {"apiVersion": self.version, "kind": "ExecCredential", "spec": spec}
        env = {**os.environ, **self.env, "KUBERNETES_EXEC_INFO": json.dumps(asked)}
        try:
            ended = subprocess.run(
                self.argv,
                check=False,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                env=env,
                timeout=WITHIN,
            )
        except FileNotFoundError as error:
            hint = self.hint or "install it, or put it on the PATH"
            raise UserError(f"{self._name}: there is no such program: {hint}") from error
        except OSError as error:
            raise UserError(f"{self._name} cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise UserError(f"{self._name} gave no answer within {WITHIN:g} s") from error
        if ended.returncode != 0:
            said = tail(ended.stderr.decode(errors="replace")).strip() or "it said nothing"
            raise UserError(f"{self._name} ended with status {ended.returncode}: {said}")
        return self._read(ended.stdout)

    def _read(self, output: bytes) -> Answer:
        try:
            told = json.loads(output)
            status = told["status"]
            version = told["apiVersion"]
            until = status.get("expirationTimestamp")
            expires = datetime.fromisoformat(until) if until else None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{self._name} answered no ExecCredential: {error!r}") from error
        if version != self.version:
            raise UserError(f"{self._name} answered {version}, not {self.version}")
        certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
        token = str(status.get("token") or "")
        if not token and not (certificate and key):
            raise UserError(f"{self._name} answered neither a token nor a certificate with its key")
        paths = [in_memory(str(one).encode()) for one in (certificate, key) if one]
        cert, key_path = paths if len(paths) == 2 else (None, None)
        found = Answer(token, cert, key_path, expires)
        if found.is_over:
            raise UserError(f"{self._name} answered what expired at {until}: log in anew")
        return found
