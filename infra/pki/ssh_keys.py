"""SSH keys of a cluster: one for us, one host key a machine, known before the machine boots."""

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from infra.inventory import ClusterSpec


def ensure(root: Path, spec: ClusterSpec) -> None:
    """Makes the missing keys under ``root``: ``id``, and ``host-<machine>``, each with .pub."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("id", *(f"host-{m.name}" for m in spec.machines)):
        if not (root / f"{name}.pub").exists():
            make(root / name)


def make(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(private)
    # The public half is written last: it is what says that the pair is whole.
    path.with_name(path.name + ".pub").write_bytes(public + b"\n")


def public(root: Path, name: str = "id") -> str:
    return (root / f"{name}.pub").read_text().strip()


def known_hosts(root: Path, addresses: Mapping[str, str]) -> Path:
    """A known_hosts file for machine name -> address; nothing else is trusted."""
    path = root / "known_hosts"
    lines = [f"{address} {public(root, f'host-{name}')}\n" for name, address in addresses.items()]
    if not path.exists() or path.read_text() != "".join(lines):
        new = path.with_name(f"{path.name}.{os.getpid()}")  # several runs may attach at once
        new.write_text("".join(lines))
        new.replace(path)
    return path
