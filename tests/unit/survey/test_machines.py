"""A machine is looked at by its processes, unit files and manifests; what fails is a sentence."""

import pytest

from infra.errors import CommandFailed
from infra.survey import machines
from infra.survey.command_lines import Started
from tests.unit.fakes import FakeShell

ARTICLES = {
    "hostname": "controller-0\n",
    "ps -e": "  1 systemd\n 10 etcd\n 11 kube-scheduler\n",
    "cat /proc/10/cmdline": "/usr/local/bin/etcd\0--data-dir=/srv/etcd\0",
    "cat /proc/10/cgroup": "0::/system.slice/etcd-member.service\n",
    "readlink /proc/10/exe": "/usr/local/bin/etcd\n",
    "cat /proc/11/cmdline": "/usr/local/bin/kube-scheduler\0--config=/etc/scheduler.yaml\0",
    "cat /proc/11/cgroup": "0::/system.slice/kube-scheduler.service\n",
    "readlink /proc/11/exe": "/usr/local/bin/kube-scheduler\n",
    "cat /etc/scheduler.yaml": "leaderElection: {resourceName: mine}\n",
    "systemctl show": "/etc/systemd/system/etcd-member.service\n",
    "which": "/usr/local/bin/etcdctl\n",
}
KUBEADM = {
    "hostname": "cp-1\n",
    "ps -e": " 20 kubelet\n 21 kube-scheduler\n",
    "cat /proc/20/cmdline": "/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0",
    "cat /proc/20/cgroup": "0::/system.slice/kubelet.service\n",
    "readlink /proc/20/exe": "/usr/bin/kubelet\n",
    "cat /var/lib/kubelet/config.yaml": "staticPodPath: /etc/kubernetes/manifests\n",
    "cat /proc/21/cmdline": "kube-scheduler\0--kubeconfig=/conf\0--bind-address=127.0.0.1\0",
    "cat /proc/21/cgroup": "0::/kubepods.slice/kubepods-pod1.slice/cri-1.scope\n",
    "readlink /proc/21/exe": "/usr/local/bin/kube-scheduler\n",
    "find /etc/kubernetes/manifests": "/etc/kubernetes/manifests/kube-scheduler.yaml\n",
    "cat /etc/kubernetes/manifests/kube-scheduler.yaml": """
spec:
  containers:
  - command: [kube-scheduler, --kubeconfig=/conf, --bind-address=127.0.0.1]
    volumeMounts: [{name: k, mountPath: /conf}]
  volumes: [{name: k, hostPath: {path: /etc/kubernetes/scheduler.conf}}]
""",
}


def test_units_programs_and_files_are_seen() -> None:
    found = machines.look(FakeShell("controller-0", ARTICLES))
    assert found.hostname == "controller-0"
    assert found.places == {
        ("units", "etcd"): "etcd-member",
        ("units", "scheduler"): "kube-scheduler",
        ("programs", "etcd"): "/usr/local/bin/etcd",
        ("programs", "scheduler"): "/usr/local/bin/kube-scheduler",
        ("programs", "etcdctl"): "/usr/local/bin/etcdctl",
        ("directories", "etcd_data"): "/srv/etcd",
        ("directories", "units"): "/etc/systemd/system",
        ("leases", "scheduler"): "mine",
        ("addresses", "scheduler"): "",
    }
    assert found.unseen == []


def test_a_static_pod_has_its_places_from_its_manifest() -> None:
    found = machines.look(FakeShell("cp-1", KUBEADM))
    assert found.places["kubeconfigs", "scheduler"] == "/etc/kubernetes/scheduler.conf"
    assert found.places["addresses", "scheduler"] == "127.0.0.1"
    assert ("units", "scheduler") not in found.places
    assert ("programs", "scheduler") not in found.places


def test_what_the_api_has_of_a_pod_goes_before_its_manifest() -> None:
    argv = ("kube-scheduler", "--kubeconfig=/conf")
    known = Started("kube-scheduler", "cp-1", argv, mounts={"/conf": "/srv/scheduler.conf"})
    found = machines.look(FakeShell("cp-1", KUBEADM), [known])
    assert found.places["kubeconfigs", "scheduler"] == "/srv/scheduler.conf"


def test_a_container_of_which_nothing_is_known_has_no_places_of_files() -> None:
    without = {key: text for key, text in KUBEADM.items() if not key.startswith("find")}
    found = machines.look(FakeShell("cp-1", without))
    assert ("kubeconfigs", "scheduler") not in found.places
    assert found.places["addresses", "scheduler"] == "127.0.0.1"


def test_a_kubelet_that_does_not_run_is_read_from_its_unit() -> None:
    stopped = {
        **ARTICLES,
        "systemctl cat kubelet": "[Service]\nExecStart=/usr/bin/kubelet --kubeconfig=/k $ARGS\n",
    }
    found = machines.look(FakeShell("w", stopped))
    (kubelet,) = [one for one in found.started if one.component == "kubelet"]
    assert kubelet.seen == "kubelet.service, which does not run"
    assert found.places["kubeconfigs", "kubelet"] == "/k"


def test_a_process_that_has_ended_is_none() -> None:
    gone = {key: text for key, text in ARTICLES.items() if key != "cat /proc/10/cgroup"}
    assert not machines.look(FakeShell("controller-0", gone)).runs("etcd")


@pytest.mark.parametrize("content", ["a: [", None])
def test_a_configuration_that_cannot_be_read_is_a_sentence(content: str | None) -> None:
    broken = {key: text for key, text in ARTICLES.items() if key != "cat /etc/scheduler.yaml"}
    if content:
        broken["cat /etc/scheduler.yaml"] = content

    class Refusing(FakeShell):
        def get(self, path: str) -> bytes:
            self.run(["cat", path])
            return super().get(path)

    (sentence,) = machines.look(Refusing("controller-0", broken)).unseen
    assert sentence.startswith("/etc/scheduler.yaml of controller-0 could not be read: ")
    assert "\n" not in sentence


def test_a_machine_that_lets_nobody_be_root_is_an_error() -> None:
    with pytest.raises(CommandFailed):
        machines.look(FakeShell("controller-0", {}))
