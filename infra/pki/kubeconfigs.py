"""Certificates bundled into kubeconfigs, and the key for Secrets at rest (article 5)."""

import base64
import os

import yaml

from infra.inventory import ClusterSpec
from infra.pki.authority import Pair, put
from infra.pki.material import Material

BESIDE_THE_API = ("kube-controller-manager", "kube-scheduler")
"""Article 5: these talk to the API server of their own machine, the others to the balancer."""
ENCRYPTION = "encryption-config.yaml"
KEY_BYTES = 32
"""AES-CBC takes 16, 24 or 32 bytes; 32 as the Kubernetes documentation recommends."""


def create_all(spec: ClusterSpec, material: Material, *, admin_at: str | None = None) -> None:
    """A kubeconfig for each who needs one, and the encryption configuration; made once.

    ``admin_at`` is where a person reaches the balancer, when that is not its private address.
    """
    balancer, port = str(spec.load_balancer.private_ip), spec.layout.ports.api_server
    servers = dict.fromkeys(BESIDE_THE_API, f"https://127.0.0.1:{port}")
    for name in ("kube-proxy", *(str(worker.name) for worker in spec.workers)):
        servers[name] = f"https://{balancer}:{port}"
    servers["admin"] = f"https://{admin_at or balancer}:{port}"
    for name, server in servers.items():
        path = material.root / f"{name}.kubeconfig"
        content = kubeconfig(material, name, server)
        if not path.exists() or path.read_bytes() != content:
            put(path, content)
    encryption = material.root / ENCRYPTION
    if not encryption.exists():  # another key would make every stored Secret unreadable
        put(encryption, encryption_config(os.urandom(KEY_BYTES)))


def kubeconfig(material: Material, name: str, server: str) -> bytes:
    """What ``kubectl config ... --embed-certs=true`` writes for this identity."""
    cluster = {"server": server, "certificate-authority-data": encoded(material.cert("ca"))}
    user = credentials(material.cert(name), material.key(name))
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "kubernetes-from-scratch", "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [
            {"name": "default", "context": {"cluster": "kubernetes-from-scratch", "user": name}}
        ],
        "current-context": "default",
    }
    return yaml.safe_dump(config, sort_keys=False).encode()


def with_pair(content: bytes, pair: Pair) -> bytes:
    """A kubeconfig with another certificate and key for its only user."""
    config = yaml.safe_load(content)
    (user,) = config["users"]
    user["user"] = credentials(pair.certificate_pem, pair.key_pem)
    return yaml.safe_dump(config, sort_keys=False).encode()


def credentials(certificate: bytes, key: bytes) -> dict[str, str]:
    """A user's certificate and key as kubeconfigs hold them."""
    return {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}


def encryption_config(key: bytes) -> bytes:
    """Secrets are written with ``key``; what was written in clear before stays readable."""
    providers = [
        {"aescbc": {"keys": [{"name": "key1", "secret": encoded(key)}]}},
        {"identity": {}},
    ]
    config = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": providers}],
    }
    return yaml.safe_dump(config, sort_keys=False).encode()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
