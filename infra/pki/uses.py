"""Which certificate each component must have, by the flag or setting that names its file.

Flags and settings are those of articles 4 to 12; the files are read where a process was started
with them, so that a copy of another's file under the right name is noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.inventory import Machine, Role
from infra.pki.identities import FRONT_PROXY_CLIENT

OWN = "its own"
"""Stands for the identity that is named like the machine."""
ITS_AUTHORITY = ", its authority"
"""Behind a kubeconfig's flag: the certificate that it trusts."""
ELECTED = {
    "--client-ca-file": "ca",
    "--requestheader-client-ca-file": "front-proxy-ca",
}
CONTROLLER: Mapping[str, Mapping[str, str]] = {
    "etcd": {
        "--trusted-ca-file": "etcd-ca",
        "--cert-file": "etcd",
        "--peer-trusted-ca-file": "etcd-ca",
        "--peer-cert-file": "etcd",
    },
    "kube-apiserver": {
        "--client-ca-file": "ca",
        "--tls-cert-file": "kube-apiserver",
        "--etcd-cafile": "etcd-ca",
        "--etcd-certfile": "apiserver-etcd-client",
        "--kubelet-certificate-authority": "ca",
        "--kubelet-client-certificate": "apiserver-kubelet-client",
        "--service-account-key-file": "service-account",
        "--requestheader-client-ca-file": "front-proxy-ca",
        "--proxy-client-cert-file": FRONT_PROXY_CLIENT,
    },
    "kube-controller-manager": {
        **ELECTED,
        "--kubeconfig": "kube-controller-manager",
        "--authentication-kubeconfig": "kube-controller-manager",
        "--authorization-kubeconfig": "kube-controller-manager",
        "--cluster-signing-cert-file": "ca",
        "--root-ca-file": "ca",
    },
    "kube-scheduler": {
        **ELECTED,
        "--kubeconfig": "kube-scheduler",
        "--authentication-kubeconfig": "kube-scheduler",
        "--authorization-kubeconfig": "kube-scheduler",
    },
}
WORKER: Mapping[str, Mapping[str, str]] = {
    "kubelet": {
        "--kubeconfig": OWN,
        "authentication.x509.clientCAFile": "ca",
        "tlsCertFile": OWN,
    },
    "kube-proxy": {"clientConnection.kubeconfig": "kube-proxy"},
}
CONFIGURED = tuple(WORKER)
"""Components whose settings are in a file."""
COMPONENTS = {Role.CONTROLLER: CONTROLLER, Role.WORKER: WORKER, Role.LOAD_BALANCER: {}}


@dataclass(frozen=True)
class Use:
    """A component of a machine finds by ``flag`` the certificate of ``wants``.

    ``wants`` is the name of an identity or of an authority (infra.pki.identities).
    """

    machine: str
    component: str
    flag: str
    wants: str

    def __str__(self) -> str:
        return f"{self.component} of {self.machine} by {self.flag}"

    @property
    def file_flag(self) -> str:
        return self.flag.removesuffix(ITS_AUTHORITY)


def uses(machine: Machine) -> list[Use]:
    """Every use on a machine; a kubeconfig has two, whom it shows and whom it trusts."""
    name = str(machine.name)
    found: list[Use] = []
    for component, flags in COMPONENTS[machine.role].items():
        for flag, wants in flags.items():
            found.append(Use(name, component, flag, name if wants == OWN else wants))
            if flag.endswith("kubeconfig"):
                found.append(Use(name, component, flag + ITS_AUTHORITY, "ca"))
    return found
