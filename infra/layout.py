"""Where things are on the machines of a cluster: units, ports, certificates, files, programs.

The one table. Its defaults are the places of the articles, so ``Layout()`` is the series' cluster;
``cluster.layout`` is that of the cluster at hand. Who reads it works on a cluster that keeps them
elsewhere too.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Units:
    """Names of systemd units, without ``.service``."""

    etcd: str = "etcd"
    """Article 6."""
    api_server: str = "kube-apiserver"
    """Article 7."""
    controller_manager: str = "kube-controller-manager"
    """Article 8."""
    scheduler: str = "kube-scheduler"
    """Article 8."""
    load_balancer: str = "haproxy"
    """Article 9."""
    container_runtime: str = "containerd"
    """Article 10."""
    kubelet: str = "kubelet"
    """Article 11."""
    kube_proxy: str = "kube-proxy"
    """Article 12."""

    def of(self, role: str) -> tuple[str, ...]:
        """Units of the components of a role (infra.inventory.Role), in the order in which a
        machine's own need one another.
        """
        return {
            "controller": (self.etcd, self.api_server, self.controller_manager, self.scheduler),
            "load-balancer": (self.load_balancer,),
            "worker": (self.container_runtime, self.kubelet, self.kube_proxy),
        }[role]


@dataclass(frozen=True)
class Leases:
    """Names of the Leases by which components elect a leader."""

    controller_manager: str = "kube-controller-manager"
    """Article 8: the default of ``--leader-elect-resource-name``."""
    scheduler: str = "kube-scheduler"
    """Article 8: the default of ``leaderElection.resourceName``."""

    @property
    def elected(self) -> tuple[str, str]:
        return self.controller_manager, self.scheduler


@dataclass(frozen=True)
class Ports:
    """TCP ports. Those that no article sets are defaults of Kubernetes (cmd/*/app/options)."""

    etcd: int = 2379
    """Article 6: each member's port for clients."""
    etcd_peers: int = 2380
    """Article 6."""
    etcd_metrics: int = 2381
    """Article 6: without TLS, for the machine itself only."""
    api_server: int = 6443
    """Articles 7 and 9: of every API server, and of the load balancer."""
    controller_manager: int = 10257
    """Article 8, by default."""
    scheduler: int = 10259
    """Article 8, by default."""
    kubelet: int = 10250
    """Article 11, by default."""
    kube_proxy_metrics: int = 10249
    """Article 12, by default: for the machine itself only."""
    kube_proxy_health: int = 10256
    """Article 12, by default: for load balancers, on all addresses."""
    metrics_server: int = 10250
    """Article 40: ``--secure-port``, in the Pod's network."""


@dataclass(frozen=True)
class Layout:
    """All of it. A field is read where it is used: ``cluster.layout.ports.kubelet``."""

    units: Units = Units()
    leases: Leases = Leases()
    ports: Ports = Ports()


SERIES = Layout()
"""The series' own cluster, for what has no cluster at hand."""
