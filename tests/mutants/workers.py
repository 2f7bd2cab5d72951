"""One worker of two that differs where the other hides it, and a drain (articles 62 to 68)."""

from infra.cluster import Cluster
from infra.kube_api import need
from suite.node import device_plugins, swap
from tests.mutants.changes import WORKER, edit, one_kubelet_with, restart, restart_one_kubelet
from tests.mutants.mutant import Mutant
from tests.mutants.node_defaults import REAL, RUNC, honest_runtime

DRAINS_AT_ONCE = """
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
defaults:
  - command: drain
    options:
      - {name: grace-period, default: "0"}
"""
NODE = f"/api/v1/nodes/{WORKER}"
STRAY = "example.com/old-dongle"
GENEROUS = f"""#!/bin/sh
bundle= previous=
for word; do [ "$previous" = --bundle ] && bundle=$word; previous=$word; done
[ -n "$bundle" ] && sed -i 's/"ro"/"rw"/g' "$bundle/config.json"
exec {REAL} "$@"
"""
COREDNS = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"


def cordoned(cluster: Cluster) -> None:
    """As somebody leaves it after maintenance."""
    need(cluster.api.patch(NODE, {"spec": {"unschedulable": True}}, kind="merge"))


def opened(cluster: Cluster) -> None:
    need(cluster.api.patch(NODE, {"spec": {"unschedulable": None}}, kind="merge"))


def stray_device(cluster: Cluster) -> None:
    need(device_plugins.advertise(cluster.api, WORKER, STRAY, 4))


def without_stray_device(cluster: Cluster) -> None:
    device_plugins.forget(cluster.api, WORKER, STRAY)


def generous_runtime(cluster: Cluster) -> None:
    """Whatever is to be read only may be written."""
    shell = cluster.shell(WORKER)
    shell.run(["mv", RUNC, REAL])
    shell.put(GENEROUS.encode(), RUNC, mode=0o755)


def kubelet_of_one_api_server(cluster: Cluster) -> None:
    path = "/var/lib/kubelet/kubeconfig"
    edit(cluster, WORKER, path, "https://10.0.1.10:6443", "https://10.0.1.11:6443")
    restart_one_kubelet(cluster)


def runtime_without_systemd(cluster: Cluster) -> None:
    """The kubelet asks the runtime for its driver, and goes by that."""
    edit(cluster, WORKER, "/etc/containerd/config.toml", "SystemdCgroup = true", "# no systemd")
    restart(cluster, WORKER, "containerd")
    restart_one_kubelet(cluster)


def runtime_with_systemd(cluster: Cluster) -> None:
    edit(cluster, WORKER, "/etc/containerd/config.toml", "# no systemd", "SystemdCgroup = true")
    restart(cluster, WORKER, "containerd")
    restart_one_kubelet(cluster)


def swap_on_one(cluster: Cluster) -> None:
    swap.switch_on(cluster.shell(WORKER))


def no_swap(cluster: Cluster) -> None:
    shell = cluster.shell(WORKER)
    shell.run(["swapoff", swap.FILE], check=False)
    shell.run(["rm", "--force", swap.FILE])


def kubelet_not_enabled(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["systemctl", "disable", "kubelet"])


def one_talkative_proxy(cluster: Cluster) -> None:
    path = "/var/lib/kube-proxy/kube-proxy-config.yaml"
    edit(cluster, "worker-1", path, "kind:", "metricsBindAddress: 0.0.0.0:10249\nkind:")
    restart(cluster, "worker-1", "kube-proxy")


def one_coredns(cluster: Cluster) -> None:
    need(cluster.api.patch(COREDNS, {"spec": {"replicas": 1}}, kind="merge"))


def two_coredns(cluster: Cluster) -> None:
    need(cluster.api.patch(COREDNS, {"spec": {"replicas": 2}}, kind="merge"))


MUTANTS = (
    Mutant(
        "a kubelet that does not start with its machine",
        "65.18",
        f"{WORKER}: kubelet is disabled",
        kubelet_not_enabled,
    ),
    Mutant(
        "swap that came after one kubelet had started",
        "65.12",
        f"no worker has swap; instead: {WORKER} has",
        swap_on_one,
        mend=no_swap,
    ),
    Mutant(
        "a runtime that makes no slices on one worker",
        "65.1",
        f"{WORKER} has it at /sys/fs/cgroup/kubepods/",
        runtime_without_systemd,
        or_says=f"{WORKER}: cgroupDriver is cgroupfs, must be systemd",
        mend=runtime_with_systemd,
    ),
    Mutant(
        "a kubelet that knows one API server only",
        "64.12",
        f"the kubelet of {WORKER} is sent to https://10.0.1.11:6443",
        kubelet_of_one_api_server,
    ),
    Mutant(
        "a worker that somebody has cordoned",
        "64.3",
        f"node {WORKER} takes no new Pods: it is cordoned",
        cordoned,
        outcome="not judged",
        mend=opened,
    ),
    Mutant(
        "a device that no plugin has on one worker",
        "62.1",
        f"it has a device, {WORKER}: {STRAY}",
        stray_device,
        mend=without_stray_device,
    ),
    Mutant(
        "a runtime that lets everything be written on one worker",
        "62.5",
        f"on {WORKER} wrote into it",
        generous_runtime,
        mend=honest_runtime,
    ),
    Mutant(
        "one kube-proxy that tells everybody",
        "67.4",
        "worker-0 reaches port 10249 of worker-1",
        one_talkative_proxy,
    ),
    Mutant(
        "a kubelet that reports often",
        "68.12",
        "that of worker-1 has 30 s",
        one_kubelet_with("nodeStatusReportFrequency: 30s"),
        or_says="status was sent again and again",
    ),
    Mutant(
        "a drain without grace",
        "64.10",
        "the Pod should print hook, signal and end",
        lambda _: None,
        kuberc=DRAINS_AT_ONCE,
    ),
    Mutant(
        "CoreDNS on one worker only",
        "68.14",
        "CoreDNS has a Ready Pod on each of worker-0, worker-1",
        one_coredns,
        mend=two_coredns,
    ),
)
