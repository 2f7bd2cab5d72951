"""One worker's machine that is set otherwise: the Then-step names it, and what it has."""

from typing import Any

import pytest

from infra.clients.instrumentation import peer_settings
from tests.steps.instrumentation import peer_settings as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, goes_red, not_judged
from tests.unit.steps.instrumentation.test_peer_settings import RUNTIME, Asked, live


@pytest.mark.parametrize(
    ("subject", "command", "good", "bad", "says"),
    [
        ("limits", "sysctl --ignore", "vm.panic_on_oom = %s\nvm.swappiness = 60\n", ("0", "2"),
         "vm.panic_on_oom is 0 on worker-0, 2 on worker-1$"),
        ("limits", "grep -sH", "/sys/fs/cgroup/kubepods.slice/cpu.max:%s 100000\n",
         ("max", "5000"), "kubepods.slice/cpu.max is max 100000 on worker-0, 5000 100000 on w"),
        ("log queries", "readlink --canonicalize /etc/localtime", "/usr/share/zoneinfo/%s\n",
         ("UTC", "Asia/Tokyo"), "the time zone is .*/UTC on worker-0, .*/Asia/Tokyo on worker-1$"),
    ],
)  # fmt: skip
def test_a_machine_that_is_set_otherwise(
    monkeypatch: pytest.MonkeyPatch,
    subject: str,
    command: str,
    good: str,
    bad: tuple[str, str],
    says: str,
) -> None:
    monkeypatch.setattr(peer_settings, "Port", Asked)
    Asked.settings = {f"worker-{n}": {"kubeletconfig": {"maxPods": 110}} for n in range(2)}

    def workers(second: str) -> Any:
        told = {"worker-0": {command: good % bad[0]}, "worker-1": {command: good % second}}
        return live(machines=told)

    steps.same_settings(workers(bad[0]), "kubelet", subject)
    goes_red(
        f"each kubelet is set as the others are; instead: .*{says}",
        steps.same_settings, workers(bad[1]), "kubelet", subject,
    )  # fmt: skip
    other = "limits" if subject == "log queries" else "log queries"
    not_judged(
        r"should be as those of the others \(control\); instead: ",
        steps.same_settings, workers(bad[1]), "kubelet", other,
    )  # fmt: skip


def test_a_runtime_that_is_sent_elsewhere_by_one_worker() -> None:
    own = "/etc/containerd/certs.d/10.0.1.11:26973/hosts.toml"  # of a scenario's registry
    other = "/etc/containerd/certs.d/_default/hosts.toml"

    def workers(path: str) -> Any:
        def shell(name: str) -> FakeShell:
            asks = f"{'ee55' * 16}  {path}\n" if name == "worker-1" else ""
            told = {"/usr/local/bin/containerd": "version = 3\n", "systemctl show": ""}
            return FakeShell(name, {**told, "find /etc/containerd/certs.d": asks, "find": ""})

        return cluster(shell=shell)

    steps.same_settings(workers(own), *RUNTIME)
    goes_red(
        "each worker's containerd is set as the others are; instead: "
        f"{other} is absent on worker-0, of SHA-256 ee55ee55ee55 on worker-1",
        steps.same_settings, workers(other), *RUNTIME,
    )  # fmt: skip
