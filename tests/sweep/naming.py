"""Whether words name what is wrong: a stranger has to find the component or the machine."""

from infra.inventory import ClusterSpec

NAMES = {
    "containerd": ("containerd", "runtime", "cgroup"),
    "coredns": ("dns",),
    "ebs-csi": ("ebs", "driver", "csi"),
    "etcd": ("etcd", "member", "2379", "2381"),
    "haproxy": ("haproxy", "balancer"),
    "kube-apiserver": ("api server", "apiserver", "6443"),
    "kube-controller-manager": ("manager",),
    "kube-proxy": ("kube-proxy",),
    "kube-scheduler": ("scheduler",),
    "kubelet": ("kubelet", "node "),
    "kubernetes-kernel": ("ip_forward", "bridge-nf", "worker-"),
    "metrics-server": ("metrics",),
    "pod-masquerade": ("masquerade", "worker-"),
    "pod-network": ("worker-",),
    "rbac": ("forbidden", "403", "right", "nodes/"),
}


def named(words: str, component: str, machine: str, spec: ClusterSpec) -> bool:
    """Also by the machine, its address, or the first words of the component."""
    whole = words.lower()
    places = [machine, str(spec.machine(machine).private_ip)] if machine else []
    return any(name in whole for name in (*NAMES.get(component, (component,)), *places))
