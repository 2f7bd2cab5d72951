"""How a component was started is read from a process, a Pod or a unit file, each the same."""

import pytest
import yaml

from infra.survey import command_lines
from infra.survey.command_lines import Started

MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: kube-controller-manager, namespace: kube-system}
spec:
  hostNetwork: true
  containers:
  - name: kube-controller-manager
    image: registry.k8s.io/kube-controller-manager:v1.36.5
    command:
    - kube-controller-manager
    - --bind-address=127.0.0.1
    - --cluster-signing-key-file=/etc/kubernetes/pki/ca.key
    - --kubeconfig=/etc/kubernetes/controller-manager.conf
    - --leader-elect=true
    volumeMounts:
    - {mountPath: /etc/kubernetes/pki, name: k8s-certs, readOnly: true}
    - {mountPath: /etc/kubernetes/controller-manager.conf, name: kubeconfig, readOnly: true}
    - {mountPath: /tmp, name: scratch}
  volumes:
  - {name: k8s-certs, hostPath: {path: /srv/pki, type: DirectoryOrCreate}}
  - {name: kubeconfig, hostPath: {path: /srv/conf/manager.conf, type: FileOrCreate}}
  - {name: scratch, emptyDir: {}}
"""
UNIT = """# /usr/lib/systemd/system/kubelet.service
[Service]
ExecStart=/usr/bin/kubelet
# /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--kubeconfig=/etc/kubernetes/kubelet.conf --v=2"
Environment="NAME=node-1" "OTHER=x y"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=
ExecStart=-/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_KUBEADM_ARGS \\
  --hostname-override=${NAME} '--node-labels=a=b c'
"""


@pytest.mark.parametrize(
    ("argv", "found"),
    [
        (["etcd", "--name=a", "--client-cert-auth"], {"name": "a", "client-cert-auth": "true"}),
        (["etcd", "-name", "a", "--debug"], {"name": "a", "debug": "true"}),
        (["haproxy", "-W", "-f", "/etc/h.cfg"], {"W": "true", "f": "/etc/h.cfg"}),
        (["x", "--v=2", "--v=4"], {"v": "4"}),
        (["x", "--labels=a=b"], {"labels": "a=b"}),
        (["x"], {}),
        ([], {}),
    ],
)
def test_flags_have_their_values_in_either_form(argv: list[str], found: dict[str, str]) -> None:
    assert command_lines.flags(argv) == found


def test_a_process_has_its_words_as_they_are() -> None:
    assert command_lines.of_process("kubelet\0--a=b c\0") == ("kubelet", "--a=b c")
    assert command_lines.of_process("") == ()


def test_processes_are_known_by_what_the_kernel_keeps_of_their_names() -> None:
    listed = "    1 systemd\n  812 kube-controller\n  900 kubelet\n  901 kubelet-helper\nbroken\n"
    assert command_lines.processes(listed) == {812: "kube-controller-manager", 900: "kubelet"}


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("0::/system.slice/k8s-apiserver.service\n", "k8s-apiserver"),
        ("0::/system.slice/system-kubelet.slice/kubelet.service/init.scope\n", "kubelet"),
        ("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-2.scope\n", ""),
        ("0::/system.slice/kubelet.service/kubepods/pod1/2\n", ""),
        ("0::/user.slice/user-0.slice/session-3.scope\n", ""),
        ("", ""),
    ],
)
def test_the_unit_of_a_process_is_that_of_its_cgroup(cgroup: str, unit: str) -> None:
    assert command_lines.unit_of(cgroup) == unit


def test_a_unit_file_is_read_with_its_drop_ins_and_variables() -> None:
    assert command_lines.of_unit(UNIT) == (
        "/usr/bin/kubelet",
        "--kubeconfig=/etc/kubernetes/kubelet.conf",
        "--v=2",
        "$KUBELET_KUBEADM_ARGS",
        "--hostname-override=node-1",
        "--node-labels=a=b c",
    )
    assert command_lines.of_unit("[Unit]\nDescription=nothing to start\n") == ()


def test_a_static_pods_files_are_where_its_mounts_say() -> None:
    (found,) = command_lines.of_pod(yaml.safe_load(MANIFEST), machine="cp-1")
    assert (found.component, found.machine, found.unit) == ("kube-controller-manager", "cp-1", "")
    assert found.flags["bind-address"] == "127.0.0.1"
    assert found.place("/etc/kubernetes/pki/ca.key") == "/srv/pki/ca.key"
    assert found.place("/etc/kubernetes/controller-manager.conf") == "/srv/conf/manager.conf"
    assert found.place("/tmp/x") == ""  # only its container has it
    assert found.place("/etc/kubernetes/pki-of-others") == ""


def test_a_pod_says_on_which_node_it_is_and_may_begin_with_a_shell() -> None:
    container = {"command": ["/bin/sh", "-c"], "args": ["exec kube-proxy --config=/c"]}
    other = {"command": ["/pause"]}
    pod = {"spec": {"nodeName": "worker-1", "containers": [other, container, {}]}}
    (found,) = command_lines.of_pod(pod)
    assert (found.component, found.machine) == ("kube-proxy", "worker-1")
    assert found.flags == {"config": "/c"}
    assert found.place("/c") == ""


def test_a_process_of_the_machine_has_the_machines_paths() -> None:
    assert Started("etcd", "cp-1", ("etcd",)).place("/srv/etcd") == "/srv/etcd"
