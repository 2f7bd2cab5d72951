"""Clusters whose logs go elsewhere, are kept too long or too short, or are cut otherwise (66)."""

from collections.abc import Callable

from infra.clients.node import kubelet
from infra.clients.transport import systemd
from infra.cluster import Cluster
from tests.mutants import changes
from tests.mutants.changes import WORKER
from tests.mutants.mutant import Mutant

CONTROLLER = "controller-1"
SILENT = "kube-scheduler"
TO_FILE = f"/etc/systemd/system/{SILENT}.service.d/output.conf"
PROXY_TO_FILE = "/etc/systemd/system/kube-proxy.service.d/output.conf"
LEVEL = "/etc/systemd/journald.conf.d/level.conf"
KEPT = "--maximum-dead-containers-per-container"
RUNTIME = "[plugins.'io.containerd.cri.v1.runtime'.cni]"
SHORT = "[plugins.'io.containerd.cri.v1.runtime']\n  max_container_log_line_size = 8192\n\n"


def dead_containers_kept(count: int, *machines: str) -> Callable[[Cluster], None]:
    """Kubelets that keep so many instances of a container beside the one that runs; upstream: 1."""

    def change(cluster: Cluster) -> None:
        for machine in machines:
            more = {"--v=2": f"{KEPT}={count} \\\n  --v=2"}
            changes.unit_with(cluster, machine, "kubelet", more)
            kubelet.await_heartbeat(cluster.api, machine)

    return change


def shorter_lines_on_one(cluster: Cluster) -> None:
    """A runtime that cuts lines at half their size."""
    changes.edit(cluster, WORKER, "/etc/containerd/config.toml", RUNTIME, SHORT + RUNTIME)
    changes.restart(cluster, WORKER, "containerd")
    kubelet.await_heartbeat(cluster.api, WORKER)


def output_to_a_file(cluster: Cluster) -> None:
    words = f"[Service]\nStandardError=append:/var/log/{SILENT}.log\n"
    cluster.shell(CONTROLLER).put(words.encode(), TO_FILE)
    systemd.restart(cluster.shell(CONTROLLER), SILENT)


def output_to_the_journal(cluster: Cluster) -> None:
    shell = cluster.shell(CONTROLLER)
    shell.run(["rm", "--force", TO_FILE, f"/var/log/{SILENT}.log"])
    systemd.restart(shell, SILENT)


def warnings_only(cluster: Cluster) -> None:
    """A journal that drops what units print: it has the level of information."""
    shell = cluster.shell(WORKER)
    shell.put(b"[Journal]\nMaxLevelStore=warning\n", LEVEL)
    shell.run(["systemctl", "restart", "systemd-journald"])


def everything(cluster: Cluster) -> None:
    shell = cluster.shell(WORKER)
    shell.run(["rm", "--force", LEVEL])
    shell.run(["systemctl", "restart", "systemd-journald"])


def proxy_to_a_file(cluster: Cluster) -> None:
    words = b"[Service]\nStandardOutput=append:/var/log/proxy.log\nStandardError=inherit\n"
    cluster.shell(WORKER).put(words, PROXY_TO_FILE)
    systemd.restart(cluster.shell(WORKER), "kube-proxy")


def proxy_to_the_journal(cluster: Cluster) -> None:
    shell = cluster.shell(WORKER)
    shell.run(["rm", "--force", PROXY_TO_FILE, "/var/log/proxy.log"])
    systemd.restart(shell, "kube-proxy")


MUTANTS = (
    Mutant(
        "one kube-proxy that prints to a file",
        "66.13",
        f"of kube-proxy on {WORKER} go to /var/log/proxy.log",
        proxy_to_a_file,
        mend=proxy_to_the_journal,
    ),
    Mutant(
        "five dead containers kept on both workers",
        "66.11",
        "is kept once: 1.log beside 2.log",
        dead_containers_kept(5, "worker-0", WORKER),
    ),
    Mutant(
        "five dead containers kept on one worker",
        "66.11",
        f"on {WORKER} is kept once: 1.log beside 2.log",
        dead_containers_kept(5, WORKER),
    ),
    Mutant(
        "no dead container kept on one worker",
        "66.11",
        f"on {WORKER} holds",
        dead_containers_kept(0, WORKER),
    ),
    Mutant(
        "two log files kept on one worker",
        "66.6",
        f"{WORKER}: containerLogMaxFiles is 2, must be 5",
        changes.one_kubelet_with("containerLogMaxFiles: 2"),
    ),
    Mutant(
        "lines cut at 8 KiB on one worker",
        "66.3",
        "has the parts [['16384', 'full'], ['16384', 'partial'], ['1', 'full'],",
        shorter_lines_on_one,
    ),
    Mutant(
        "one scheduler that prints to a file",
        "66.13",
        f"{SILENT} on {CONTROLLER}: ''",
        output_to_a_file,
        mend=output_to_the_journal,
    ),
    Mutant(
        "a journal of warnings only on one worker",
        "66.13",
        f"kubelet on {WORKER}: ''",
        warnings_only,
        mend=everything,
    ),
)
