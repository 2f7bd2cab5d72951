"""A port too many, and one that asks nobody: both go red and name who listens where."""

from typing import Any

import pytest

from infra.clients.network import open_ports
from infra.clients.network.open_ports import Listening, components
from infra.clients.transport import plain_http
from infra.kube_api import ApiUnreachable
from infra.machine_layout import SERIES
from tests.steps.auth import metrics_access as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, goes_red, not_judged

OWN = {
    "API server": ("6443", ""),
    "controller manager": ("10257", ""),
    "scheduler": ("10259", ""),
    "member of etcd": ("2379, 2380", "2381"),
    "kubelet": ("10250", "10248"),
    "kube-proxy": ("", "10249, 10256"),
    "container runtime": ("", ""),
}
COMPONENTS = components(SERIES.units)
PIDS = {unit: number for number, (unit, _) in enumerate(COMPONENTS.values(), 10)}
"""By unit."""
TABLE = [["component", "with TLS", "without TLS"], *([name, *cells] for name, cells in OWN.items())]


def line(address: str, port: int, pid: int) -> str:
    return f'LISTEN 0 4096 {address}:{port} 0.0.0.0:* users:(("p",pid={pid},fd=7))\n'


def machine(name: str, more: str = "") -> FakeShell:
    """What others listen on is not theirs."""
    ports = [line("*", 22, 1) + more]
    assert set(OWN) == set(COMPONENTS)
    for component, cells in OWN.items():
        numbers = sorted(steps.numbers(cells[0]) | steps.numbers(cells[1]))
        ports += [line("127.0.0.1", port, PIDS[COMPONENTS[component][0]]) for port in numbers]
    show = "systemctl show --property=ActiveState,ActiveEnterTimestampMonotonic,"
    show += "ExecMainStartTimestampMonotonic,MainPID,NRestarts "
    told = {f"{show}{unit}": f"ActiveState=active\nMainPID={pid}\n" for unit, pid in PIDS.items()}
    return FakeShell(name, {**told, "ss": "".join(ports)})


def found(**more: str) -> list[Listening]:
    return steps.ask_where(
        cluster(shell=lambda name: machine(name, more.get(name.replace("-", "_"), "")))
    )


def test_a_component_that_listens_elsewhere() -> None:
    secured = steps.own_ports(found(), TABLE)
    assert Listening("member of etcd", "controller-1", "127.0.0.1", 2380) in secured
    assert not [one for one in secured if one.port in {2381, 10248, 10249, 10256}]
    goes_red(
        "a component has its own ports only; instead: member of etcd of controller-2 listens on "
        r"\*:2378",
        steps.own_ports, found(controller_2=line("*", 2378, PIDS["etcd"])), TABLE,
    )  # fmt: skip
    streams = line("127.0.0.1", 40001, PIDS["containerd"])
    steps.own_ports(found(worker_1=streams), TABLE)
    goes_red(
        r"container runtime of worker-1 listens on \*:40001",
        steps.own_ports, found(worker_1=line("*", 40001, PIDS["containerd"])), TABLE,
    )  # fmt: skip
    dead = cluster(shell=lambda name: FakeShell(name, {"systemctl show": "MainPID=9\n", "ss": ""}))
    not_judged("API server of controller-0 listens nowhere", steps.ask_where, dead)


def test_a_port_that_answers_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: dict[tuple[str, str, int], int] = {}

    def get(shell: Any, port: int, _: str, *, address: str) -> tuple[int, str]:
        status = statuses.get((shell.name, address, port), 400)
        if not status:
            raise ApiUnreachable("ended")
        return status, ""

    monkeypatch.setattr(plain_http, "get", get)
    secured = [
        Listening("member of etcd", "controller-2", "127.0.0.1", 2379),
        Listening("API server", "controller-0", "*", 6443),
    ]
    live = cluster(shell=FakeShell)
    statuses["controller-0", "127.0.0.1", 6443] = 0
    steps.none_in_clear(live, secured)
    statuses["controller-2", "127.0.0.1", 2379] = 200
    goes_red(
        "a port with TLS has it for everybody; instead: member of etcd of controller-2 listens on "
        "127.0.0.1:2379 and answers 200 there without TLS",
        steps.none_in_clear, live, secured,
    )  # fmt: skip
    assert open_ports.answering(live, secured[1:]) == []
