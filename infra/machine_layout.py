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

    def named(self, component: str) -> str:
        """The unit of a component, by the name of its program upstream."""
        return {
            "etcd": self.etcd,
            "kube-apiserver": self.api_server,
            "kube-controller-manager": self.controller_manager,
            "kube-scheduler": self.scheduler,
            "kubelet": self.kubelet,
            "kube-proxy": self.kube_proxy,
        }[component]


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
class Addresses:
    """Where components listen on their machine. Empty, as in article 8: on all its addresses."""

    controller_manager: str = ""
    scheduler: str = ""


@dataclass(frozen=True)
class Directories:
    """Where components have their files."""

    units: str = "/etc/systemd/system"
    """Article 6, and every one that adds a unit."""
    programs: str = "/usr/local/bin"
    """Article 6, and every one that installs programs."""
    etcd: str = "/etc/etcd"
    """Article 4: certificates of the members."""
    etcd_data: str = "/var/lib/etcd"
    """Article 6: ``--data-dir``."""
    kubernetes: str = "/var/lib/kubernetes"
    """Article 4: certificates, keys and configurations of the control plane; on workers the CA."""
    audit_logs: str = "/var/log/kubernetes"
    """Article 7."""
    load_balancer: str = "/etc/haproxy"
    """Article 9."""
    images: str = "/var/lib/containerd"
    """Article 10: containerd's root, by default."""
    registries: str = "/etc/containerd/certs.d"
    """Article 10: how containerd asks each registry."""
    cni_plugins: str = "/opt/cni/bin"
    """Article 10."""
    cni_configurations: str = "/etc/cni/net.d"
    """Articles 10 and 14."""
    kubelet: str = "/var/lib/kubelet"
    """Article 4, and 11: ``--root-dir``, by default."""
    kubelet_certificates: str = "/var/lib/kubelet/pki"
    """Article 11: ``--cert-dir``, by default; a kubelet that renews its own writes there."""
    device_plugins: str = "/var/lib/kubelet/device-plugins"
    """Article 62: DevicePluginPath (kubelet/pkg/apis/deviceplugin)."""
    kube_proxy: str = "/var/lib/kube-proxy"
    """Article 5."""
    pod_logs: str = "/var/log/pods"
    """Article 72: ``podLogsDir``, by default."""
    container_logs: str = "/var/log/containers"
    """Article 72: links to those of Pods (pkg/kubelet/kuberuntime, legacy.go)."""

    @property
    def with_certificates(self) -> tuple[str, ...]:
        """On controllers and workers; no machine has all."""
        return self.etcd, self.kubernetes, self.kubelet, self.kube_proxy


@dataclass(frozen=True)
class Files:
    """Configurations, and what else components read or write under a name of its own."""

    encryption: str = "/var/lib/kubernetes/encryption-config.yaml"
    """Article 5."""
    audit_policy: str = "/var/lib/kubernetes/audit-policy.yaml"
    """Article 7."""
    audit_log: str = "/var/log/kubernetes/audit.log"
    """Article 7."""
    load_balancer: str = "/etc/haproxy/haproxy.cfg"
    """Article 9."""
    load_balancer_pid: str = "/run/haproxy/haproxy.pid"
    """Article 9: written when it starts."""
    container_runtime: str = "/etc/containerd/config.toml"
    """Article 10."""
    kubelet: str = "/var/lib/kubelet/kubelet-config.yaml"
    """Article 11."""
    pod_resources: str = "/var/lib/kubelet/pod-resources/kubelet.sock"
    """Article 62: who monitors devices asks there (pkg/kubelet/apis/podresources)."""
    device_checkpoint: str = "/var/lib/kubelet/device-plugins/kubelet_internal_checkpoint"
    """Article 62: which container has which device (pkg/kubelet/cm/devicemanager)."""
    kube_proxy: str = "/var/lib/kube-proxy/kube-proxy-config.yaml"
    """Article 12."""


@dataclass(frozen=True)
class Certificates:
    """Certificates and keys (article 4) that are read or exchanged by their path."""

    authority_key: str = "/var/lib/kubernetes/ca-key.pem"
    """The one authority's key that a component goes by: a controller manager signs with it."""
    etcd_authority: str = "/etc/etcd/etcd-ca.pem"
    etcd: str = "/etc/etcd/etcd.pem"
    etcd_key: str = "/etc/etcd/etcd-key.pem"
    api_server: str = "/var/lib/kubernetes/kube-apiserver.pem"
    kubelet: str = "/var/lib/kubelet/kubelet.pem"


@dataclass(frozen=True)
class Kubeconfigs:
    """Article 5."""

    controller_manager: str = "/var/lib/kubernetes/kube-controller-manager.kubeconfig"
    scheduler: str = "/var/lib/kubernetes/kube-scheduler.kubeconfig"
    kubelet: str = "/var/lib/kubelet/kubeconfig"
    kube_proxy: str = "/var/lib/kube-proxy/kubeconfig"


@dataclass(frozen=True)
class Programs:
    """Programs that units start and that we run ourselves."""

    etcd: str = "/usr/local/bin/etcd"
    """Article 6."""
    etcdctl: str = "/usr/local/bin/etcdctl"
    """Article 6."""
    etcdutl: str = "/usr/local/bin/etcdutl"
    """Article 6."""
    api_server: str = "/usr/local/bin/kube-apiserver"
    """Article 7."""
    controller_manager: str = "/usr/local/bin/kube-controller-manager"
    """Article 8."""
    scheduler: str = "/usr/local/bin/kube-scheduler"
    """Article 8."""
    container_runtime: str = "/usr/local/bin/containerd"
    """Article 10."""
    runc: str = "/usr/local/sbin/runc"
    """Article 10."""
    kubelet: str = "/usr/local/bin/kubelet"
    """Article 11."""
    kube_proxy: str = "/usr/local/bin/kube-proxy"
    """Article 12."""


@dataclass(frozen=True)
class Layout:
    """All of it. A field is read where it is used: ``cluster.layout.ports.kubelet``."""

    units: Units = Units()
    leases: Leases = Leases()
    ports: Ports = Ports()
    addresses: Addresses = Addresses()
    directories: Directories = Directories()
    files: Files = Files()
    certificates: Certificates = Certificates()
    kubeconfigs: Kubeconfigs = Kubeconfigs()
    programs: Programs = Programs()

    def listens_at(self, port: int) -> str:
        """The one address at which a machine's port is reached, from itself; empty: at any."""
        own, ports = self.addresses, self.ports
        return {
            ports.controller_manager: own.controller_manager,
            ports.scheduler: own.scheduler,
        }.get(port, "")

    def unit_file(self, unit: str) -> str:
        return f"{self.directories.units}/{unit}.service"


SERIES = Layout()
"""The series' own cluster, for what has no cluster at hand."""
