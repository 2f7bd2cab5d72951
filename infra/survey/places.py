"""Places of infra/machine_layout.py as command lines and configurations of components name them.

All pure. What a component does not name is not here: it has its default, or there is none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from infra.survey.command_lines import Started

Value = str | int
Key = tuple[str, str]
"""Table and key of a layout, like ``("ports", "etcd")``."""
PATHS: Mapping[str, Mapping[str, Key]] = {
    "etcd": {
        "data-dir": ("directories", "etcd_data"),
        "trusted-ca-file": ("certificates", "etcd_authority"),
        "cert-file": ("certificates", "etcd"),
        "key-file": ("certificates", "etcd_key"),
    },
    "kube-apiserver": {
        "tls-cert-file": ("certificates", "api_server"),
        "encryption-provider-config": ("files", "encryption"),
        "audit-policy-file": ("files", "audit_policy"),
        "audit-log-path": ("files", "audit_log"),
    },
    "kube-controller-manager": {
        "kubeconfig": ("kubeconfigs", "controller_manager"),
        "cluster-signing-key-file": ("certificates", "authority_key"),
    },
    "kube-scheduler": {"kubeconfig": ("kubeconfigs", "scheduler")},
    "kubelet": {
        "config": ("files", "kubelet"),
        "kubeconfig": ("kubeconfigs", "kubelet"),
        "root-dir": ("directories", "kubelet"),
        "cert-dir": ("directories", "kubelet_certificates"),
        "tls-cert-file": ("certificates", "kubelet"),
    },
    "kube-proxy": {
        "config": ("files", "kube_proxy"),
        "kubeconfig": ("kubeconfigs", "kube_proxy"),
    },
    "containerd": {
        "config": ("files", "container_runtime"),
        "c": ("files", "container_runtime"),
        "root": ("directories", "images"),
    },
    "haproxy": {"f": ("files", "load_balancer"), "p": ("files", "load_balancer_pid")},
}
"""By component and flag; sources: ``--help`` of each, haproxy(1)."""
DIRECTORIES: Mapping[str, Mapping[str, Key]] = {
    "etcd": {"cert-file": ("directories", "etcd")},
    "kube-apiserver": {
        "tls-cert-file": ("directories", "kubernetes"),
        "audit-log-path": ("directories", "audit_logs"),
    },
    "haproxy": {"f": ("directories", "load_balancer")},
}
"""Flags whose file lies in a directory that has a place of its own."""
PORTS: Mapping[str, Mapping[str, Key]] = {
    "etcd": {
        "listen-client-urls": ("ports", "etcd"),
        "listen-peer-urls": ("ports", "etcd_peers"),
        "listen-metrics-urls": ("ports", "etcd_metrics"),
    },
    "kube-apiserver": {"secure-port": ("ports", "api_server")},
    "kube-controller-manager": {"secure-port": ("ports", "controller_manager")},
    "kube-scheduler": {"secure-port": ("ports", "scheduler")},
    "kubelet": {"port": ("ports", "kubelet")},
    "kube-proxy": {
        "metrics-bind-address": ("ports", "kube_proxy_metrics"),
        "healthz-bind-address": ("ports", "kube_proxy_health"),
    },
}
"""Flags that are a port, an address with one, or URLs; of several URLs the first counts."""
ADDRESSES: Mapping[str, Mapping[str, Key]] = {
    "kube-controller-manager": {"bind-address": ("addresses", "controller_manager")},
    "kube-scheduler": {"bind-address": ("addresses", "scheduler")},
}
ALL_ADDRESSES = ("0.0.0.0", "::")
NAMES: Mapping[str, Mapping[str, Key]] = {
    "kube-controller-manager": {"leader-elect-resource-name": ("leases", "controller_manager")},
    "kube-scheduler": {"leader-elect-resource-name": ("leases", "scheduler")},
}
IN_ROOT: Mapping[Key, str] = {
    ("directories", "device_plugins"): "device-plugins",
    ("files", "device_checkpoint"): "device-plugins/kubelet_internal_checkpoint",
    ("files", "pod_resources"): "pod-resources/kubelet.sock",
}
"""Below a kubelet's ``--root-dir``: fixed by its code (pkg/kubelet/config/defaults.go)."""
PLACE_OF: Mapping[str, str] = {
    "etcd": "etcd",
    "kube-apiserver": "api_server",
    "kube-controller-manager": "controller_manager",
    "kube-scheduler": "scheduler",
    "kubelet": "kubelet",
    "kube-proxy": "kube_proxy",
    "containerd": "container_runtime",
    "haproxy": "load_balancer",
}
"""Keys of a layout's tables of units and programs by component."""
NO_PROGRAM = {"haproxy"}
"""Components whose program is no place of a layout."""


@dataclass(frozen=True)
class Configuration:
    """Fields of a component's configuration file, by their way in it, and what they are."""

    paths: Mapping[tuple[str, ...], Key]
    ports: Mapping[tuple[str, ...], Key]


CONFIGURATIONS: Mapping[str, Configuration] = {
    "kubelet": Configuration(
        {
            ("tlsCertFile",): ("certificates", "kubelet"),
            ("podLogsDir",): ("directories", "pod_logs"),
        },
        {("port",): ("ports", "kubelet")},
    ),
    "kube-scheduler": Configuration(
        {
            ("clientConnection", "kubeconfig"): ("kubeconfigs", "scheduler"),
            ("leaderElection", "resourceName"): ("leases", "scheduler"),
        },
        {},
    ),
    "kube-proxy": Configuration(
        {("clientConnection", "kubeconfig"): ("kubeconfigs", "kube_proxy")},
        {
            ("metricsBindAddress",): ("ports", "kube_proxy_metrics"),
            ("healthzBindAddress",): ("ports", "kube_proxy_health"),
        },
    ),
}
"""KubeletConfiguration v1beta1, KubeSchedulerConfiguration v1, KubeProxyConfiguration v1alpha1."""


def of_command(started: Started) -> dict[Key, Value]:
    """What a command line says, with the unit and the program that are seen."""
    component, given = started.component, started.flags
    return {
        **of_process(started),
        **named(PATHS, component, lambda flag: started.place(given.get(flag, ""))),
        **named(DIRECTORIES, component, lambda flag: parent(started.place(given.get(flag, "")))),
        **named(PORTS, component, lambda flag: port_of(given.get(flag, ""))),
        **addresses(component, given),
        **named(NAMES, component, lambda flag: given.get(flag, "")),
        **(in_root(given["root-dir"]) if component == "kubelet" and "root-dir" in given else {}),
    }


def of_process(started: Started) -> dict[Key, Value]:
    seen = {"units": started.unit, "programs": started.program}
    if started.component in NO_PROGRAM:
        del seen["programs"]
    return {(table, PLACE_OF[started.component]): name for table, name in seen.items() if name}


def named(
    table: Mapping[str, Mapping[str, Key]], component: str, value: Callable[[str], Value]
) -> dict[Key, Value]:
    """Places by a table of flags; ``value`` is what one says, nothing when it is not given."""
    flags = table.get(component, {}).items()
    return {key: found for flag, key in flags if (found := value(flag))}


def parent(path: str) -> str:
    return str(PurePosixPath(path).parent) if path else ""


def addresses(component: str, given: Mapping[str, str]) -> dict[Key, Value]:
    """Empty, which is on all, is a place too: it is what a component does that is not told."""
    told = {key: given.get(flag, "") for flag, key in ADDRESSES.get(component, {}).items()}
    return {key: "" if address in ALL_ADDRESSES else address for key, address in told.items()}


def in_root(directory: str) -> dict[Key, Value]:
    return {key: str(PurePosixPath(directory) / below) for key, below in IN_ROOT.items()}


def of_configuration(component: str, content: Any) -> dict[Key, Value]:
    """What a component's configuration file says, parsed; nothing for a component without one."""
    fields = CONFIGURATIONS.get(component)
    if fields is None or not isinstance(content, dict):
        return {}
    paths = {key: inner(content, way) for way, key in fields.paths.items()}
    ports = {key: port_of(str(inner(content, way))) for way, key in fields.ports.items()}
    return {key: value for key, value in (paths | ports).items() if value}


def inner(content: Any, way: Iterable[str]) -> Any:
    for name in way:
        content = content.get(name, "") if isinstance(content, dict) else ""
    return content


def port_of(text: str) -> int:
    """Of ``10257``, ``127.0.0.1:10249``, or the first of ``https://10.0.1.11:2379,...``; 0 for
    none.
    """
    first = text.partition(",")[0].strip()
    if first.isdigit():
        return int(first)
    try:
        return urlsplit(first if "://" in first else f"//{first}").port or 0
    except ValueError:
        return 0
