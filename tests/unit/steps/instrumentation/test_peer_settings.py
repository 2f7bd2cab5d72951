"""One process of several that is set otherwise: every Then-step names it, and what it has."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from infra.clients.instrumentation import configz, peer_settings
from infra.errors import NotJudged
from infra.machine_layout import SERIES
from tests.steps.instrumentation import peer_settings as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, FakeShell, goes_red, not_judged

MANAGER = "kube-controller-manager"
SERVER = ("API server", "the kubernetes Service")
ELECTED = (MANAGER, "leader election")
KUBELET = ("kubelet", "log queries")
RUNTIME = ("containerd", "images")
RUNS = "ActiveState=active\nMainPID=7\n"
ADDRESSES = {f"controller-{n}": f"10.0.1.1{n + 1}" for n in range(3)} | {
    f"worker-{n}": f"10.0.1.2{n + 1}" for n in range(2)
}


def live(own: Mapping[str, Sequence[str]] | None = None, **more: Any) -> Any:
    """Processes that were started alike, but for ``own`` words of a machine, which come last; units
    alike, but of a machine that ``restarts`` otherwise; what commands tell on ``machines``."""
    restarts: dict[str, str] = more.pop("restarts", {})
    machines: dict[str, dict[str, str]] = more.pop("machines", {})

    def shell(name: str) -> FakeShell:
        words = ["/usr/local/bin/program", f"--advertise-address={ADDRESSES[name]}"]
        words += [f"--hostname-override={name}", "--max-requests-inflight=400", "--profiling"]
        words += [f"--etcd-servers={','.join(ADDRESSES.values())}", *(own or {}).get(name, ())]
        shown = f"UnitFileState=enabled\nRestart={restarts.get(name, 'always')}\nEnvironment=\n"
        told = {"systemctl show --property=UnitFileState": shown, "systemctl show": RUNS}
        told |= machines.get(name, {})
        return FakeShell(name, {**told, "cat /proc/7/cmdline": "\0".join([*words, ""])})

    return cluster(shell=shell, credentials=lambda _: None, **more)


def test_an_api_server_with_a_flag_of_its_own() -> None:
    steps.same_settings(live(), *SERVER)
    own = ["--max-requests-inflight=500", "--audit-log-path=/elsewhere"]
    not_judged(
        r"each API server should be as those of the others \(control\); instead: "
        "--audit-log-path is /elsewhere on controller-2, absent on the others\n"
        "  --max-requests-inflight is 500 on controller-2, 400 on the others",
        steps.same_settings, live({"controller-2": own}), *SERVER,
    )  # fmt: skip
    goes_red(
        "each API server is set as the others are; instead: --advertise-address is "
        "10.0.1.99 on controller-2, its own on the others",
        steps.same_settings, live({"controller-2": ["--advertise-address=10.0.1.99"]}), *SERVER,
    )  # fmt: skip
    goes_red(
        "--etcd-servers is 10.0.1.13 on controller-2, 10.0.1.11,10.0.1.12,",
        steps.same_settings, live({"controller-2": ["--etcd-servers=10.0.1.13"]}), *SERVER,
    )  # fmt: skip
    not_judged(
        "--profiling is false on controller-1, true on the others",
        steps.same_settings, live({"controller-1": ["--profiling=false"]}), *SERVER,
    )  # fmt: skip


def test_a_unit_that_systemd_treats_otherwise() -> None:
    goes_red(
        "kube-apiserver.service's Restart is no on controller-1, always on the others",
        steps.same_settings, live(restarts={"controller-1": "no"}), *SERVER,
    )  # fmt: skip


def test_a_candidate_that_would_lead_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    lasts = {f"controller-{n}": "15s" for n in range(3)}

    def configuration(_: object, machine: str, component: str) -> Any:
        assert component == MANAGER
        return {"Generic": {"LeaderElection": {"LeaseDuration": lasts[machine]}, "Workers": [1]}}

    monkeypatch.setattr(configz, "told", configuration)
    steps.same_settings(live(), *ELECTED)
    lasts["controller-1"] = "1m0s"
    goes_red(
        rf"each {MANAGER} is set as the others are; instead: --controllers is "
        r"\*,-job-controller on controller-2, absent on the others\n  "
        "Generic.LeaderElection.LeaseDuration is 1m0s on controller-1, 15s on the others",
        steps.same_settings, live({"controller-2": ["--controllers=*,-job-controller"]}), *ELECTED,
    )  # fmt: skip


def test_a_candidate_that_differs_in_what_no_election_is_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(configz, "told", lambda *_: {})
    not_judged(
        rf"each {MANAGER} should be as those of the others \(control\); instead: "
        "--profiling is false on controller-1, true on the others",
        steps.same_settings, live({"controller-1": ["--profiling=false"]}), *ELECTED,
    )  # fmt: skip


class Asked:
    """The port of a kubelet."""

    settings: dict[str, Any] = {}  # noqa: RUF012 - each test has it anew

    def __init__(self, _: object, node: str, __: object) -> None:
        self.node = node

    def ask(self, path: str) -> Any:
        return FakeApi({"/configz": json.dumps(self.settings.get(self.node, {}))}).ask("GET", path)


def test_a_kubelet_that_is_set_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_settings, "Port", Asked)
    good = {"kubeletconfig": {"maxPods": 110, "evictionHard": {"memory.available": "100Mi"}}}
    Asked.settings = {"worker-0": good, "worker-1": good}
    steps.same_settings(live(), *KUBELET)
    gates = {"featureGates": {"InPlacePodVerticalScalingInitContainers": False}}
    Asked.settings["worker-1"] = {"kubeletconfig": {**good["kubeletconfig"], **gates}}
    not_judged(
        r"each kubelet should be as those of the others \(control\); instead: featureGates."
        "InPlacePodVerticalScalingInitContainers is absent on worker-0, false on worker-1",
        steps.same_settings, live(), *KUBELET,
    )  # fmt: skip
    log = {"featureGates": {"NodeLogQuery": False}, "maxPods": 20}
    Asked.settings["worker-1"] = {"kubeletconfig": {**good["kubeletconfig"], **log}}
    goes_red(
        "each kubelet is set as the others are; instead: featureGates.NodeLogQuery is absent on "
        "worker-0, false on worker-1$",
        steps.same_settings, live(), *KUBELET,
    )  # fmt: skip
    Asked.settings["worker-1"] = {}
    with pytest.raises(NotJudged, match="the kubelet of worker-1 tells no configuration"):
        steps.same_settings(live(), *KUBELET)


def test_a_runtime_that_is_set_otherwise() -> None:
    pinned, bare = ("[plugins.'io.containerd.images']\npinned = " + one for one in ("['a']", "[]"))

    def workers(dumped: str = pinned, runc: str = "aa11" * 16) -> Any:
        sums = f"{'bb22' * 16}  /opt/cni/bin/bridge\n"
        program = "/usr/local/bin/containerd"
        told = {"worker-0": {program: pinned}, "worker-1": {program: dumped}}
        for name, one in told.items():
            own = runc if name == "worker-1" else "aa11" * 16
            one |= {
                "find": f"{own}  {SERIES.programs.runc}\n{sums}",
                "systemctl show": "Restart=always\n",
            }
        return cluster(shell=lambda name: FakeShell(name, told[name]))

    steps.same_settings(workers(), *RUNTIME)
    goes_red(
        "each worker's containerd is set as the others are; instead: "
        r'plugins.io.containerd.images.pinned is \["a"\] on worker-0, \[\] on worker-1',
        steps.same_settings, workers(bare), *RUNTIME,
    )  # fmt: skip
    not_judged(
        r"each worker's containerd should be as those of the others \(control\); "
        "instead: /usr/local/sbin/runc is of SHA-256 aa11aa11aa11 on worker-0, of SHA-256 cc",
        steps.same_settings, workers(runc="cc33" * 16), *RUNTIME,
    )  # fmt: skip


def test_a_controller_with_a_file_of_its_own() -> None:
    def controllers(**policies: str) -> Any:
        def shell(name: str) -> FakeShell:
            own = policies.get(name.replace("-", "_"), "aa11")
            text = f"{own * 16}  /k/audit-policy.yaml\n{name[-1] * 64}  /k/own.pem\n"
            more = f"{'dd' * 32}  /k/clients.pem\n" if name == "controller-1" else ""
            return FakeShell(name, {"find /var/lib/kubernetes": text + more})

        return cluster(shell=shell)

    steps.same_files(controllers())
    not_judged(
        r"each controller's files should be as those of the others \(control\); instead: "
        "/k/audit-policy.yaml is of SHA-256 ee22ee22ee22 on controller-2, of SHA-256 aa11aa11aa11 "
        "on the others",
        steps.same_files, controllers(controller_2="ee22"),
    )  # fmt: skip


def test_objects_of_a_go_map_come_in_any_order_and_words_do_not() -> None:
    events, core = {"Group": "events.k8s.io"}, {"Group": ""}
    one, two = (
        peer_settings.fields({"gc": {"ignored": seen}}) for seen in ([events, core], [core, events])
    )
    assert one == two
    assert peer_settings.fields({"order": ["a", "b"]}) != peer_settings.fields(
        {"order": ["b", "a"]}
    )
