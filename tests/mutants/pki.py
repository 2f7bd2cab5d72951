"""Certificates, keys and authorities that one component has by mistake (article 63)."""

from infra.build.ready import await_api
from infra.clients.node import kubelet
from infra.cluster import Cluster
from infra.pki import kubeconfigs
from tests.mutants import forging
from tests.mutants.aggregation import ALLOWED
from tests.mutants.changes import OTHER, WORKER, api_server_with, restart, unit_with
from tests.mutants.mutant import Mutant

FOLDER = "/var/lib/kubernetes"


def scheduler_that_believes_any_name(cluster: Cluster) -> None:
    unit_with(cluster, OTHER, "kube-scheduler", {ALLOWED: ""})


def key_for_everybody(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["chmod", "644", "/var/lib/kubelet/kubelet-key.pem"])


def trusts_clients_of_etcd(cluster: Cluster) -> None:
    """As when somebody wants one file for all authorities."""
    shell = cluster.shell(OTHER)
    both = shell.get(f"{FOLDER}/ca.pem") + shell.get(f"{FOLDER}/etcd-ca.pem")
    shell.put(both, f"{FOLDER}/clients.pem")
    flag = "--client-ca-file="
    api_server_with(OTHER, {f"{flag}{FOLDER}/ca.pem": f"{flag}{FOLDER}/clients.pem"})(cluster)


def without_that_file(cluster: Cluster) -> None:
    cluster.shell(OTHER).run(["rm", "--force", f"{FOLDER}/clients.pem"])


def two_authorities_in_one_file(cluster: Cluster) -> None:
    """Who shows an etcd client's certificate to this kubelet is somebody."""
    shell = cluster.shell("worker-1")
    shell.put(shell.get(f"{FOLDER}/ca.pem") + cluster.material.cert("etcd-ca"), f"{FOLDER}/ca.pem")
    restart(cluster, "worker-1", "kubelet")
    kubelet.await_heartbeat(cluster.api, "worker-1")


def standby_of_another(cluster: Cluster) -> None:
    """It may not have the scheduler's Lease: a candidate in name only."""
    shell = cluster.shell(OTHER)
    other = shell.get(f"{FOLDER}/kube-controller-manager.kubeconfig")
    shell.put(other, f"{FOLDER}/kube-scheduler.kubeconfig", mode=0o600)
    restart(cluster, OTHER, "kube-scheduler")


def kubelet_of_masters(cluster: Cluster) -> None:
    """A node that is an administrator: nothing restricts it."""
    shell, path = cluster.shell("worker-1"), "/var/lib/kubelet/kubeconfig"
    pair = forging.another_group(cluster.material, "worker-1")
    shell.put(kubeconfigs.with_pair(shell.get(path), pair), path, mode=0o600)
    restart(cluster, "worker-1", "kubelet")
    kubelet.await_heartbeat(cluster.api, "worker-1")


def server_of_any_name(cluster: Cluster) -> None:
    shell, pair = cluster.shell(OTHER), forging.any_name(cluster.material)
    shell.put(pair.certificate_pem, f"{FOLDER}/kube-apiserver.pem")
    shell.put(pair.key_pem, f"{FOLDER}/kube-apiserver-key.pem", mode=0o600)
    restart(cluster, OTHER, "kube-apiserver")
    await_api(cluster.api_of(OTHER))


def copied_key(cluster: Cluster) -> None:
    """As an editor or a careful person leaves it."""
    key = "/var/lib/kubelet/kubelet-key.pem"
    cluster.shell(WORKER).run(["install", "-m", "644", key, f"{key}.bak"])


def no_copied_key(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["rm", "--force", "/var/lib/kubelet/kubelet-key.pem.bak"])


def authority_on_a_worker(cluster: Cluster) -> None:
    """As it comes with a folder that is copied whole, under a name of its own."""
    path = "/var/lib/kubernetes/old.pem"
    cluster.shell(WORKER).put(cluster.material.key("etcd-ca"), path, mode=0o600)


def no_authority_on_a_worker(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["rm", "--force", "/var/lib/kubernetes/old.pem"])


MUTANTS = (
    Mutant(
        "one API server that trusts clients of etcd",
        "63.13",
        "kube-apiserver of controller-2 by --client-ca-file has 2, kubernetes-ca and etcd-ca",
        trusts_clients_of_etcd,
        or_says="lets in a client of etcd-ca",
        mend=without_that_file,
    ),
    Mutant(
        "a second authority in one kubelet's file",
        "63.13",
        "kubelet of worker-1 by authentication.x509.clientCAFile has 2",
        two_authorities_in_one_file,
        or_says="lets in a client of etcd-ca",
    ),
    Mutant(
        "a standby with another's kubeconfig",
        "63.13",
        "kube-scheduler of controller-2 by --kubeconfig",
        standby_of_another,
    ),
    Mutant(
        "a kubelet's certificate with a second group",
        "63.13",
        "is in groups ['system:masters', 'system:nodes']",
        kubelet_of_masters,
    ),
    Mutant(
        "a certificate for any name",
        "63.13",
        "also names ['*.example.com']",
        server_of_any_name,
    ),
    Mutant(
        "a key that everybody may read",
        "63.13",
        f"{WORKER}:/var/lib/kubelet/kubelet-key.pem has mode 644",
        key_for_everybody,
    ),
    Mutant(
        "one scheduler that believes any name of the front proxy's authority",
        "63.13",
        f"scheduler of {OTHER} (port 10259) lets in a client of front-proxy-ca by another name",
        scheduler_that_believes_any_name,
    ),
    Mutant(
        "a copy of a key that everybody may read",
        "63.13",
        f"{WORKER}:/var/lib/kubelet/kubelet-key.pem.bak has mode 644",
        copied_key,
        mend=no_copied_key,
    ),
    Mutant(
        "the key of etcd's authority on one worker",
        "63.13",
        f"{WORKER}:/var/lib/kubernetes/old.pem signs for an authority",
        authority_on_a_worker,
        mend=no_authority_on_a_worker,
    ),
)
