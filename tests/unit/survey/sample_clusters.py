"""The articles' cluster and kubeadm's, as an API server and machines show them."""

from pathlib import Path
from typing import Any

from infra.ssh import Shell
from infra.survey import command_lines, nodes
from infra.survey.candidates import Candidate
from tests.unit.fakes import FakeApi, FakeShell
from tests.unit.survey.test_nodes import slices, told

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
UNITS = {
    "controller": ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    "worker": ("containerd", "kubelet", "kube-proxy"),
    "lb": ("haproxy",),
}
BALANCER = "https://10.0.1.10:6443"
"""Where the kubeconfig asks."""


class Server(FakeApi):
    def __init__(self, table: dict[str, Any], base: str = BALANCER) -> None:
        super().__init__(table)
        self.base = base


def api(*nodes_told: Any, pods: Any = (), servers: Any = (), base: str = BALANCER) -> Server:
    table = {
        nodes.VERSION: {"gitVersion": "v1.36.1"},
        nodes.NODES: {"items": list(nodes_told)},
        nodes.SLICES: slices(*servers),
        nodes.PODS: pods if isinstance(pods, tuple) else {"items": list(pods)},
    }
    return Server(table if pods else {**table, nodes.PODS: {"items": []}}, base)


def machine(role: str, hostname: str) -> FakeShell:
    """A machine of the articles: its units run what their files say."""
    golden = GOLDEN / {"controller": "controller-0", "worker": "worker-0", "lb": "lb"}[role]
    answers = {"hostname": hostname, "ps -e": "", "which": "", "systemctl cat": ""}
    for pid, unit in enumerate(UNITS[role], start=10):
        text = (golden / "etc/systemd/system" / f"{unit}.service").read_text()
        argv = command_lines.of_unit(text)
        answers["ps -e"] += f" {pid} {unit[:15]}\n"
        answers[f"cat /proc/{pid}/cmdline"] = "\0".join(argv) + "\0"
        answers[f"cat /proc/{pid}/cgroup"] = f"0::/system.slice/{unit}.service\n"
        answers[f"readlink /proc/{pid}/exe"] = argv[0] + "\n"
        answers["systemctl show"] = f"/etc/systemd/system/{unit}.service\n"
    for path in (golden / "var/lib").rglob("*.yaml") if (golden / "var").exists() else ():
        answers[f"cat /{path.relative_to(golden)}"] = path.read_text()
    if role == "controller":
        answers["which"] = "/usr/local/bin/etcdctl\n/usr/local/bin/etcdutl\n"
    return FakeShell(hostname, answers)


def enter_articles(one: Candidate) -> Shell:
    by_end = {"10": ("lb", "balancer"), "21": ("worker", "w-a"), "22": ("worker", "w-b")}
    last = one.private.rpartition(".")[2]
    return machine(*by_end.get(last, ("controller", f"Master-{last}")))


def articles() -> Server:
    workers = (told("w-a", "10.0.1.21"), told("w-b", "10.0.1.22"))
    return api(*workers, servers=("10.0.1.11", "10.0.1.12", "10.0.1.13"))


def static_pod(component: str, node: str, *flags: str) -> Any:
    mounts = [{"name": "k", "mountPath": "/etc/kubernetes"}]
    return {
        "spec": {
            "nodeName": node,
            "volumes": [{"name": "k", "hostPath": {"path": "/etc/kubernetes"}}],
            "containers": [{"command": [component, *flags], "volumeMounts": mounts}],
        },
        "status": {"phase": "Running"},
    }


def kubeadm(*more: Any) -> Server:
    pki = "/etc/kubernetes/pki"
    pods = [
        static_pod("kube-apiserver", "cp-1", f"--tls-cert-file={pki}/apiserver.crt"),
        static_pod(
            "kube-scheduler",
            "cp-1",
            "--kubeconfig=/etc/kubernetes/scheduler.conf",
            "--bind-address=127.0.0.1",
        ),
        static_pod("etcd", "cp-1", f"--cert-file={pki}/etcd/server.crt"),
        static_pod("kube-proxy", "cp-1", "--config=/var/lib/kube-proxy/config.conf"),
        *more,
    ]
    cp = told("cp-1", "10.1.0.1", control_plane=True, taint="NoSchedule")
    nodes_told = (cp, told("w-1", "10.1.0.2"))
    return api(*nodes_told, pods=pods, servers=("10.1.0.1",), base="https://10.1.0.1:6443")
