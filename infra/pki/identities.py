"""Who is who in the cluster: fifteen pairs of article 4, one row each.

A certificate is an identity: CN is the user, O the group (article 2). The rows are ours where the
article's text could not be read; sources stand beside them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address

from infra.inventory import ClusterSpec, Machine

LOOPBACK = IPv4Address("127.0.0.1")
API_NAMES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster",
    "kubernetes.default.svc.cluster.local",
    "localhost",
)
"""Names of the Service ``kubernetes`` as pods resolve them, and the controller's own."""
KUBELET_CLIENT = "kube-apiserver-kubelet-client"
"""The user that API servers are for kubelets; article 9 binds it to a role."""
FRONT_PROXY_CLIENT = "front-proxy-client"
"""The only name that an aggregated server believes (--requestheader-allowed-names)."""


class Usage(StrEnum):
    """Extended key usage: may serve, may call."""

    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True)
class AuthorityName:
    """``name`` is the file's, ``common_name`` the subject's."""

    name: str
    common_name: str


@dataclass(frozen=True)
class Identity:
    """One leaf certificate. ``authority`` names the one that signs it."""

    name: str
    common_name: str
    authority: str = "ca"
    organization: str = ""
    usages: tuple[Usage, ...] = (Usage.CLIENT,)
    names: tuple[str, ...] = ()
    addresses: tuple[IPv4Address, ...] = ()


AUTHORITIES = (
    AuthorityName("ca", "kubernetes-ca"),
    AuthorityName("etcd-ca", "etcd-ca"),
    AuthorityName("front-proxy-ca", "front-proxy-ca"),
)
CLIENTS = (
    Identity("apiserver-kubelet-client", KUBELET_CLIENT),
    # Users and groups that the API server's built-in roles are bound to: bootstrappolicy/policy.go.
    Identity("admin", "kubernetes-admin", organization="system:masters"),
    Identity("kube-controller-manager", "system:kube-controller-manager"),
    Identity("kube-scheduler", "system:kube-scheduler"),
    Identity("kube-proxy", "system:kube-proxy", organization="system:node-proxier"),
    Identity("apiserver-etcd-client", "kube-apiserver-etcd-client", authority="etcd-ca"),
    Identity(FRONT_PROXY_CLIENT, FRONT_PROXY_CLIENT, authority="front-proxy-ca"),
    # Signs tokens; nobody shows this certificate, its public key is what counts.
    Identity("service-account", "service-accounts", usages=()),
)


def identities(spec: ClusterSpec, extra_addresses: Iterable[str] = ()) -> tuple[Identity, ...]:
    """The twelve leaves; the API server's is also good for ``extra_addresses`` (a public one).

    Addresses of the other machines are no business of that certificate and are dropped.
    """
    workers = tuple(worker(machine) for machine in spec.workers)
    return (api_server(spec, extra_addresses), etcd(spec), *CLIENTS, *workers)


def api_server(spec: ClusterSpec, extra_addresses: Iterable[str] = ()) -> Identity:
    own = [m.private_ip for m in spec.api_machines]
    foreign = {m.private_ip for m in spec.machines} - set(own)
    extra = sorted({IPv4Address(a) for a in extra_addresses} - {*own, *foreign})
    return Identity(
        "kube-apiserver",
        "kube-apiserver",
        usages=(Usage.SERVER,),
        names=(*API_NAMES, *(m.name for m in spec.api_machines)),
        addresses=(LOOPBACK, spec.network.api_service, *own, *extra),
    )


def etcd(spec: ClusterSpec) -> Identity:
    """One pair for three members: each is a server, and a client of its peers."""
    return Identity(
        "etcd",
        "etcd",
        authority="etcd-ca",
        usages=(Usage.SERVER, Usage.CLIENT),
        names=("localhost", *(m.name for m in spec.controllers)),
        addresses=(LOOPBACK, *(m.private_ip for m in spec.controllers)),
    )


def worker(machine: Machine) -> Identity:
    """A kubelet's pair: client of the API as the Node authorizer wants it, server on 10250."""
    return Identity(
        machine.name,
        f"system:node:{machine.name}",
        organization="system:nodes",
        usages=(Usage.SERVER, Usage.CLIENT),
        names=(machine.name,),
        addresses=(machine.private_ip,),
    )
