"""Where things are on a machine that others set up: presets, and single places that differ."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any, Literal

from infra.machine_layout import (
    SERIES,
    Addresses,
    Certificates,
    Directories,
    Files,
    Kubeconfigs,
    Layout,
    Programs,
)

PresetName = Literal["articles", "kubeadm"]
Changes = Mapping[str, Mapping[str, str | int]]
"""Places by table and key, as infra/machine_layout.py names them."""


@dataclass(frozen=True)
class Preset:
    """``control_plane`` is ``units`` or ``static-pods``; ``kube_proxy`` ``unit``, ``pods`` or
    ``none``.
    """

    layout: Layout
    control_plane: str
    kube_proxy: str


KUBEADM = Layout(
    addresses=Addresses(controller_manager="127.0.0.1", scheduler="127.0.0.1"),
    directories=Directories(
        units="/usr/lib/systemd/system",
        programs="/usr/bin",
        etcd="/etc/kubernetes/pki/etcd",
        kubernetes="/etc/kubernetes/pki",
        kube_proxy="/var/lib/kube-proxy",
    ),
    files=Files(kubelet="/var/lib/kubelet/config.yaml"),
    certificates=Certificates(
        authority_key="/etc/kubernetes/pki/ca.key",
        etcd_authority="/etc/kubernetes/pki/etcd/ca.crt",
        etcd="/etc/kubernetes/pki/etcd/server.crt",
        etcd_key="/etc/kubernetes/pki/etcd/server.key",
        api_server="/etc/kubernetes/pki/apiserver.crt",
        kubelet="/var/lib/kubelet/pki/kubelet.crt",
    ),
    kubeconfigs=Kubeconfigs(
        controller_manager="/etc/kubernetes/controller-manager.conf",
        scheduler="/etc/kubernetes/scheduler.conf",
        kubelet="/etc/kubernetes/kubelet.conf",
        kube_proxy="/var/lib/kube-proxy/kubeconfig.conf",
    ),
    programs=Programs(
        container_runtime="/usr/bin/containerd", runc="/usr/bin/runc", kubelet="/usr/bin/kubelet"
    ),
)
"""kubeadm's own paths with the packages of pkgs.k8s.io and Debian: kubernetes.io, "Implementation
details" of kubeadm, "PKI certificates and requirements", "Configuring each kubelet in your cluster
using kubeadm"; what those leave out, cmd/kubeadm/app of kubernetes (constants, phases/controlplane,
phases/addons/proxy). The control plane has no programs on the machine: theirs stay the articles',
and no claim reads them."""
PRESETS: Mapping[PresetName, Preset] = {
    "articles": Preset(SERIES, control_plane="units", kube_proxy="unit"),
    "kubeadm": Preset(KUBEADM, control_plane="static-pods", kube_proxy="pods"),
}


def changed(preset: PresetName, changes: Changes) -> Layout:
    """A preset with places that differ. Errors: ValueError naming a key that is none."""
    layout = PRESETS[preset].layout
    groups: dict[str, Any] = {}
    for table, places in changes.items():
        group = getattr(layout, table)
        known = [one.name for one in fields(group)]
        if odd := [key for key in places if key not in known]:
            raise ValueError(f"{table}.{odd[0]} is no place; {like(odd[0], known)}")
        groups[table] = replace(group, **places)
    return replace(layout, **groups)


def like(word: str, known: list[str]) -> str:
    """Which word was meant, or all that there are."""
    if close := get_close_matches(word, known, n=1):
        return f"did you mean {close[0]}?"
    return f"known are {', '.join(known)}"
