"""The key material of a cluster as it lies in the state directory; phases read it by name."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Material:
    """Certificates, keys and kubeconfigs by name.

    Layout of ``root``: ``<name>.pem`` and ``<name>-key.pem`` for authorities (``ca``, ``etcd-ca``,
    ``front-proxy-ca``) and identities (``identities.py``), ``service-account.pem`` (public) and
    ``service-account-key.pem``, ``<name>.kubeconfig``, ``encryption-config.yaml``.
    """

    root: Path

    def cert(self, name: str) -> bytes:
        return (self.root / f"{name}.pem").read_bytes()

    def key(self, name: str) -> bytes:
        return (self.root / f"{name}-key.pem").read_bytes()

    def kubeconfig(self, name: str) -> bytes:
        return (self.root / f"{name}.kubeconfig").read_bytes()

    def file(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def cert_path(self, name: str) -> Path:
        return self.root / f"{name}.pem"

    def key_path(self, name: str) -> Path:
        return self.root / f"{name}-key.pem"
