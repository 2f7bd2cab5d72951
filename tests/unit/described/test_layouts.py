"""A preset has every place that its documents name."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.described import layouts
from infra.inventory import ClusterSpec, series
from infra.machine_layout import SERIES, Layout

IMPLEMENTATION = """
/etc/kubernetes/controller-manager.conf
/etc/kubernetes/scheduler.conf
/etc/kubernetes/kubelet.conf
/etc/kubernetes/pki/apiserver.crt
/etc/kubernetes/pki/ca.key
"""
"""https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/."""
PKI = """
/etc/kubernetes/pki/etcd/ca.crt
/etc/kubernetes/pki/etcd/server.crt
/etc/kubernetes/pki/etcd/server.key
"""
"""https://kubernetes.io/docs/setup/best-practices/certificates/."""
KUBELETS = "/var/lib/kubelet/config.yaml /usr/bin/kubelet"
"""https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/kubelet-integration/."""


def places(layout: Layout) -> set[str]:
    groups = (layout.directories, layout.files, layout.certificates, layout.kubeconfigs)
    return {place for group in (*groups, layout.programs) for place in vars(group).values()}


@pytest.mark.parametrize("document", [IMPLEMENTATION, PKI, KUBELETS])
def test_the_places_of_kubeadm_are_those_of_its_documents(document: str) -> None:
    assert set(document.split()) <= places(layouts.KUBEADM)


def test_nothing_of_the_articles_certificates_is_left_in_kubeadms() -> None:
    ours = (SERIES.certificates, SERIES.kubeconfigs)
    theirs = (layouts.KUBEADM.certificates, layouts.KUBEADM.kubeconfigs)
    for mine, other in zip(ours, theirs, strict=True):
        assert not set(vars(mine).values()) & set(vars(other).values())


def test_the_articles_preset_is_the_series() -> None:
    assert layouts.PRESETS["articles"].layout == SERIES


def test_managers_of_kubeadm_are_asked_where_they_listen() -> None:
    articles = series("x", kubernetes="v1.36.1", platform="existing")
    kubeadm = replace(articles, layout=layouts.KUBEADM)

    def host(spec: ClusterSpec, port: int, address: str = "") -> str:
        cluster = cast("Cluster", SimpleNamespace(spec=spec))
        return MachinePort(cluster, "controller-0", port, address=address).host

    ports = SERIES.ports
    assert host(articles, ports.scheduler) == "10.0.1.11"
    assert host(kubeadm, ports.scheduler) == "127.0.0.1"
    assert host(kubeadm, ports.controller_manager) == "127.0.0.1"
    assert host(kubeadm, ports.etcd) == "10.0.1.11"
    assert host(kubeadm, ports.scheduler, "10.0.1.12") == "10.0.1.12"
