"""One peer of several that differs where its peers hid it (articles 61 to 66).

Which member leads, which API server or which worker a scenario asks is luck; these are the changes
that such luck kept green.
"""

from infra.cluster import Cluster
from infra.kube_api import need
from infra.wait import eventually
from suite.auth import service_accounts
from suite.node import device_plugins, swap
from tests.mutants.changes import (
    WORKER,
    api_server_with,
    edit,
    restart,
    restart_one_kubelet,
    unit_with,
)
from tests.mutants.control_plane import balancer_with
from tests.mutants.mutant import Mutant
from tests.mutants.node_defaults import REAL, RUNC, honest_runtime
from tests.steps.auth.metrics_readers import reads_metrics

OTHER = "controller-2"
ALLOWED = "  --requestheader-allowed-names=front-proxy-client \\\n"
NODE = f"/api/v1/nodes/{WORKER}"
STRAY = "example.com/old-dongle"
GENEROUS = f"""#!/bin/sh
bundle= previous=
for word; do [ "$previous" = --bundle ] && bundle=$word; previous=$word; done
[ -n "$bundle" ] && sed -i 's/"ro"/"rw"/g' "$bundle/config.json"
exec {REAL} "$@"
"""
READERS = f"{service_accounts.RBAC}/clusterroles/system:aggregated-metrics-reader"
BINDING = "claim-mutant-metrics-server-reads-logs"


def patient_member(cluster: Cluster) -> None:
    flag = "--listen-metrics-urls="
    unit_with(cluster, OTHER, "etcd", {flag: f"--election-timeout=50000 \\\n  {flag}"})


def scheduler_that_believes_any_name(cluster: Cluster) -> None:
    unit_with(cluster, OTHER, "kube-scheduler", {ALLOWED: ""})


def second_binding(cluster: Cluster) -> None:
    """As when somebody debugs with kubectl create clusterrolebinding."""
    subject = {"kind": "ServiceAccount", "namespace": "kube-system", "name": "metrics-server"}
    role = {
        "apiGroup": service_accounts.GROUP,
        "kind": "ClusterRole",
        "name": "system:kubelet-api-admin",
    }
    body = {"metadata": {"name": BINDING}, "roleRef": role, "subjects": [subject]}
    cluster.api.create(f"{service_accounts.RBAC}/clusterrolebindings", body)


def without_second_binding(cluster: Cluster) -> None:
    cluster.api.delete(f"{service_accounts.RBAC}/clusterrolebindings/{BINDING}")


def no_way_to_pods(cluster: Cluster) -> None:
    """As when a route of a VPN shadows the VPC's: to the Pods of one worker only."""
    ranges = cluster.spec.machine("worker-1").pod_cidr
    cluster.shell(OTHER).run(["ip", "route", "replace", "unreachable", str(ranges)])


def way_to_pods(cluster: Cluster) -> None:
    ranges = cluster.spec.machine("worker-1").pod_cidr
    cluster.shell(OTHER).run(["ip", "route", "del", "unreachable", str(ranges)])


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


def key_for_everybody(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["chmod", "644", "/var/lib/kubelet/kubelet-key.pem"])


def swap_on_one(cluster: Cluster) -> None:
    swap.switch_on(cluster.shell(WORKER))


def no_swap(cluster: Cluster) -> None:
    shell = cluster.shell(WORKER)
    shell.run(["swapoff", swap.FILE], check=False)
    shell.run(["rm", "--force", swap.FILE])


def member_without_tls(cluster: Cluster) -> None:
    """As somebody adds it to look at keys by hand."""
    local = "https://127.0.0.1:2379"
    unit_with(cluster, OTHER, "etcd", {local: f"{local},http://0.0.0.0:2384"})


def unlabelled_role(cluster: Cluster) -> None:
    labels = {f"{service_accounts.GROUP}/aggregate-to-view": None}
    need(cluster.api.patch(READERS, {"metadata": {"labels": labels}}, kind="merge"))
    eventually(
        lambda: reads_metrics(cluster.api, "view"),
        lambda seen: not seen,
        within=30,
        what="the role view has lost what was aggregated to it",
    )


def kubelet_not_enabled(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["systemctl", "disable", "kubelet"])


MUTANTS = (
    Mutant(
        "a kubelet that does not start with its machine",
        "65.18",
        f"{WORKER}: kubelet is disabled",
        kubelet_not_enabled,
    ),
    Mutant(
        "an API server that advertises an address of nobody",
        "61.1",
        "the Service kubernetes leads to 10.0.1.99, which is no API server of ours",
        api_server_with(OTHER, {"--advertise-address=10.0.1.13": "--advertise-address=10.0.1.99"}),
        outcome="not judged",
    ),
    Mutant(
        "a role of readers that is aggregated to nobody",
        "61.6",
        "may read metrics.k8s.io; instead: view may not",
        unlabelled_role,
    ),
    Mutant(
        "a member of etcd that also listens without TLS",
        "67.4",
        f"its own ports only; instead: member of etcd of {OTHER} listens on ",
        member_without_tls,
    ),
    Mutant(
        "swap that came after one kubelet had started",
        "65.12",
        f"no worker has swap; instead: {WORKER} has",
        swap_on_one,
        mend=no_swap,
    ),
    Mutant(
        "one API server that hears users by a second header",
        "61.7",
        "requestheader-username-headers is",
        api_server_with(
            OTHER, {"username-headers=X-Remote-User": "username-headers=X-Remote-User,X-User"}
        ),
    ),
    Mutant(
        "a key that everybody may read",
        "63.13",
        f"{WORKER}:/var/lib/kubelet/kubelet-key.pem has mode 644",
        key_for_everybody,
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
        "a balancer that leaves an API server aside",
        "64.12",
        f"{OTHER} has none, it is backup",
        balancer_with(f"server {OTHER} 10.0.1.13:6443", f"server {OTHER} 10.0.1.13:6443 backup"),
    ),
    Mutant(
        "a balancer that cuts silent watches off",
        "64.12",
        "timeout server is 10 s",
        balancer_with("timeout server 1h", "timeout server 10s"),
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
        "a controller without a way to one worker's Pods",
        "61.10",
        "worker-1 does not always reach the API as kubernetes.default",
        no_way_to_pods,
        outcome="not judged",
        mend=way_to_pods,
    ),
    Mutant(
        "an API server that knows its own member only",
        "63.2",
        f"that of {OTHER} knows nothing of etcd on controller-0 and controller-1",
        api_server_with(OTHER, {"https://10.0.1.11:2379,https://10.0.1.12:2379,": ""}),
    ),
    Mutant(
        "one member of etcd that waits long for a leader",
        "63.2",
        f"{OTHER} has --election-timeout=50000 ms, must be 1000",
        patient_member,
    ),
    Mutant(
        "one API server that believes any name of the front proxy's authority",
        "61.7",
        f"{OTHER} takes one with the certificate of front-proxy-ca by another name for",
        api_server_with(OTHER, {ALLOWED: ""}),
    ),
    Mutant(
        "one API server that hears no groups from the front proxy",
        "61.7",
        "without group claim:61.7",
        api_server_with(
            OTHER,
            {
                "--requestheader-group-headers=X-Remote-Group": (
                    "--requestheader-group-headers=X-Group"
                )
            },
        ),
    ),
    Mutant(
        "one scheduler that believes any name of the front proxy's authority",
        "63.13",
        f"scheduler of {OTHER} (port 10259) lets in a client of front-proxy-ca by another name",
        scheduler_that_believes_any_name,
    ),
    Mutant(
        "a second binding of metrics-server's account",
        "61.11",
        "metrics-server needs nodes/metrics of kubelets and has no more",
        second_binding,
        mend=without_second_binding,
    ),
)
