"""One change each to a good cluster, as somebody might make it by mistake."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import yaml

from fixtures.worlds.storage import ebs_csi_driver_turns
from infra import ec2
from infra.artifacts.catalog import load
from infra.build.ready import await_api
from infra.clients.apimachinery.priority_and_fairness_defaults import FOLLOWS
from infra.clients.node import kubelet
from infra.clients.transport import systemd
from infra.cluster import Cluster
from infra.ec2 import instance_profile
from infra.kube_api import need
from infra.lifecycle import cluster_lifecycle
from infra.pki import authority
from infra.pki.identities import api_server
from infra.settings import Settings

SCHEMA = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/service-accounts"
KIND = "kind: KubeletConfiguration"
OTHER = "controller-2"
WORKER = "worker-1"
"""Not the ones that a scenario takes when it needs one only."""
NOT_COUNTING = """
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: {kubeconfig: /var/lib/kubernetes/kube-scheduler.kubeconfig}
profiles:
  - schedulerName: default-scheduler
    plugins: {multiPoint: {disabled: [{name: NodeResourcesFit}]}}
"""
TRUNCATING = """#!/bin/sh
/usr/local/bin/etcdctl.whole "$@" || exit
for last; do :; done
case "$*" in *"snapshot save"*) truncate -s -1000 "$last" ;; esac
"""


def edit(cluster: Cluster, machine: str, path: str, old: str, new: str) -> None:
    shell = cluster.shell(machine)
    before = shell.get(path).decode()
    assert old in before, f"{path} on {machine} has no {old!r}: the mutant is out of date"
    shell.put(before.replace(old, new).encode(), path)


def restart(cluster: Cluster, machine: str, unit: str) -> None:
    """An API server takes a minute to end: it waits for its clients' watches."""
    systemd.restart(cluster.shell(machine), unit)


def unit_with(cluster: Cluster, machine: str, unit: str, changes: Mapping[str, str]) -> None:
    """A unit whose file has other words for some, restarted."""
    for old, new in changes.items():
        edit(cluster, machine, f"/etc/systemd/system/{unit}.service", old, new)
    restart(cluster, machine, unit)


def two_managers(cluster: Cluster) -> None:
    changes = {"--leader-elect=true": "--leader-elect=false"}
    unit_with(cluster, "controller-1", "kube-controller-manager", changes)


def managers_without(controller: str) -> Callable[[Cluster], None]:
    """All managers, so that it does not matter which of them leads."""
    changes = {"--leader-elect=true": f"--controllers=*,-{controller} \\\n  --leader-elect=true"}

    def change(cluster: Cluster) -> None:
        for machine in cluster.spec.controllers:
            unit_with(cluster, machine.name, "kube-controller-manager", changes)

    return change


def schedulers_that_do_not_count(cluster: Cluster) -> None:
    """No scheduler looks at what a node has left."""
    config, own = "/run/kube-scheduler.yaml", "/var/lib/kubernetes/kube-scheduler.kubeconfig"
    for machine in cluster.spec.controllers:
        cluster.shell(machine.name).put(NOT_COUNTING.encode(), config)
        unit_with(
            cluster,
            machine.name,
            "kube-scheduler",
            {f"--kubeconfig={own}": f"--config={config}"},
        )


def kubelets_with(*lines: str) -> Callable[[Cluster], None]:
    """Kubelets with further settings than the series gives them."""
    return kubelets_changed(KIND, "\n".join([KIND, *lines]))


def kubelets_changed(old: str, new: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        for worker in cluster.spec.workers:
            edit(cluster, worker.name, cluster.layout.files.kubelet, old, new)
            restart(cluster, worker.name, "kubelet")

    return change


def one_kubelet_with(*lines: str) -> Callable[[Cluster], None]:
    """As ``kubelets_with``, on one worker of two."""
    return one_kubelet_changed(KIND, "\n".join([KIND, *lines]))


def one_kubelet_changed(old: str, new: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        edit(cluster, WORKER, cluster.layout.files.kubelet, old, new)
        restart_one_kubelet(cluster)

    return change


def restart_one_kubelet(cluster: Cluster) -> None:
    restart(cluster, WORKER, "kubelet")
    kubelet.await_heartbeat(cluster.api, WORKER)


def short_snapshots(cluster: Cluster) -> None:
    for controller in cluster.spec.controllers:
        shell = cluster.shell(controller.name)
        shell.run(["mv", "/usr/local/bin/etcdctl", "/usr/local/bin/etcdctl.whole"])
        shell.put(TRUNCATING.encode(), "/usr/local/bin/etcdctl", mode=0o755)


def api_server_with(machine: str, changes: Mapping[str, str]) -> Callable[[Cluster], None]:
    """One API server with other arguments."""

    def change(cluster: Cluster) -> None:
        unit_with(cluster, machine, "kube-apiserver", changes)
        await_api(cluster.api_of(machine))

    return change


def without_way_to_kubelets(cluster: Cluster) -> None:
    binding = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:kube-apiserver"
    cluster.api.delete(binding)
    for worker in cluster.spec.workers:
        restart(cluster, worker.name, "kubelet")  # it keeps its verdicts for minutes
        kubelet.await_heartbeat(cluster.api, worker.name)


def talkative_proxies(cluster: Cluster) -> None:
    for worker in cluster.spec.workers:
        path = "/var/lib/kube-proxy/kube-proxy-config.yaml"
        edit(cluster, worker.name, path, "kind:", "metricsBindAddress: 0.0.0.0:10249\nkind:")
        restart(cluster, worker.name, "kube-proxy")


def unchecked_servers(cluster: Cluster) -> None:
    machine = cluster.spec.load_balancer.name
    old = "default-server check check-ssl verify none"
    edit(cluster, machine, "/etc/haproxy/haproxy.cfg", old, "default-server")
    restart(cluster, machine, "haproxy")


def secrets_in_clear(cluster: Cluster) -> None:
    """What is written is written by the first provider."""
    for machine in cluster.spec.controllers:
        shell, path = cluster.shell(machine.name), "/var/lib/kubernetes/encryption-config.yaml"
        config = yaml.safe_load(shell.get(path))
        config["resources"][0]["providers"].reverse()
        shell.put(yaml.safe_dump(config).encode(), path, mode=0o600)
        restart(cluster, machine.name, "kube-apiserver")
        await_api(cluster.api_of(machine.name))


def without_the_balancer(cluster: Cluster) -> None:
    """As when somebody forgets it among the alternative names of article 4."""
    spec = cluster.spec
    whole = api_server(spec)
    own = tuple(one for one in whole.addresses if one != spec.load_balancer.private_ip)
    now = datetime.now(UTC).replace(microsecond=0)
    pair = authority.issue(
        authority.load(cluster.material, "ca"),
        replace(whole, addresses=own),
        not_before=now - authority.BACKDATE,
        not_after=now - authority.BACKDATE + authority.VALIDITY,
    )
    shell = cluster.shell("controller-1")
    shell.put(pair.certificate_pem, "/var/lib/kubernetes/kube-apiserver.pem")
    shell.put(pair.key_pem, "/var/lib/kubernetes/kube-apiserver-key.pem", mode=0o600)


def role_on_a_controller(cluster: Cluster) -> None:
    """As when somebody gives the profile to every machine."""
    driver = ebs_csi_driver_turns.driver_of(cluster, Settings())
    driver.give_role()
    ids = {
        str(name): info.id for name, info in ec2.instances(driver.aws.ec2, cluster.spec.id).items()
    }
    instance_profile.give(driver.aws.ec2, driver.aws.iam, cluster.spec, [ids["controller-0"]])


def another_minor(cluster: Cluster) -> None:
    """A worker that an upgrade has forgotten."""
    older = cluster_lifecycle.program(load(cluster.spec.kubernetes).before, "kubelet").read_bytes()
    shell = cluster.shell(cluster.spec.workers[-1].name)
    shell.put(older, "/usr/local/bin/kubelet.before", mode=0o755)
    shell.run(["mv", "/usr/local/bin/kubelet.before", "/usr/local/bin/kubelet"])
    restart(cluster, shell.name, "kubelet")
    kubelet.await_heartbeat(cluster.api, shell.name)


def schema_of_the_exempt(cluster: Cluster) -> None:
    """Every account of a service is exempt: nothing holds back one that asks for too much."""
    exempt = {"priorityLevelConfiguration": {"name": "exempt"}}
    patch = {"metadata": {"annotations": {FOLLOWS: "false"}}, "spec": exempt}
    need(cluster.api.patch(SCHEMA, patch, kind="merge"))


def schema_follows(cluster: Cluster) -> None:
    """The API servers write their own suggestion again within a minute."""
    need(cluster.api.patch(SCHEMA, {"metadata": {"annotations": {FOLLOWS: "true"}}}, kind="merge"))
