"""The build in order: its table of contents is Part I of the series, and what later parts need."""

from infra.phases import (
    api_server,
    certificates,
    controllers,
    dns,
    etc_hosts,
    etcd,
    kube_proxy,
    kubeconfigs,
    kubelet,
    load_balancer,
    metrics_server,
    pod_network,
    runtime,
)

BUILD = (
    etc_hosts.PHASE,  # 3  six machines
    certificates.PHASE,  # 4  every certificate, signed here
    kubeconfigs.PHASE,  # 5  kubeconfigs, and encryption of Secrets
    etcd.PHASE,  # 6  three members
    api_server.PHASE,  # 7
    controllers.PHASE,  # 8  controller managers and schedulers
    load_balancer.PHASE,  # 9
    runtime.PHASE,  # 10  containerd
    kubelet.PHASE,  # 11
    kube_proxy.PHASE,  # 12
    pod_network.PHASE,  # 14
    dns.PHASE,  # 15
    metrics_server.PHASE,  # 40
)
