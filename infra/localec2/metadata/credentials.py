"""Credentials of a role, as the metadata service hands them out and the API takes them.

They are made from a secret of this local EC2: one that was killed and started again knows its own.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class RoleKeys:
    """None of it is ever shown, but to the instance that has the role."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(repr=False)


class Issuer:
    """``secret`` is a file, made when it is missing (0600)."""

    def __init__(self, secret: Path) -> None:
        if not secret.exists():
            descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        self._secret = secret.read_bytes()

    def keys(self, role: str) -> RoleKeys:
        # ASIA: a temporary access key; IAM user guide, unique identifiers
        access = "ASIA" + self._derived("access", role)[:16].upper()
        return RoleKeys(access, self._derived("secret", role)[:40], self._derived("token", role))

    def role_of(self, access_key: str, token: str, roles: Iterable[str]) -> str | None:
        """The one of ``roles`` whose keys these are."""
        for role in roles:
            keys = self.keys(role)
            given, known = (access_key + token).encode(), (keys.access_key + keys.token).encode()
            if hmac.compare_digest(given, known):
                return role
        return None

    def _derived(self, what: str, role: str) -> str:
        return hmac.new(self._secret, f"{what} {role}".encode(), hashlib.sha256).hexdigest()
