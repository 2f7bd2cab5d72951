"""Every Then about etcd's members and snapshot files goes red, and says why."""

from dataclasses import replace
from typing import Any

import pytest

from infra.clients.etcd import members, quorum_settings
from infra.clients.etcd.etcdctl import Health
from infra.clients.etcd.members import Members
from suite.etcd import configmap_writer
from tests.steps.apimachinery import api_servers
from tests.steps.etcd import members as etcd
from tests.unit.elections_fake import MACHINES, cluster, unit
from tests.unit.etcd_fake import FOUND, NAMES, STATUSES, Ctl
from tests.unit.fakes import FakeApi, FakeShell, red

HEALTHY = "is healthy, and one of three in the same cluster"


@pytest.mark.parametrize(
    ("health", "found", "says"),
    [
        ((Health("a", healthy=True),), FOUND, "the health of 1 endpoints"),
        ((Health("a", healthy=False, error="no quorum"),) * 3, FOUND, "a: no quorum"),
        ((Health("a", healthy=True),) * 3, replace(FOUND, statuses=STATUSES[:1] * 3), "different"),
        (
            (Health("a", healthy=True),) * 3,
            replace(FOUND, statuses=(*STATUSES[:2], replace(STATUSES[2], downgrade="3.5.0"))),
            "https://10.0.1.13 goes back to 3.5.0",
        ),
    ],
)
def test_members_that_are_not_three_healthy_ones(
    monkeypatch: pytest.MonkeyPatch, health: tuple[Health, ...], found: Members, says: str
) -> None:
    monkeypatch.setattr(members, "client", lambda *_: Ctl(health=health))
    red(etcd.each_does, cluster(), found, HEALTHY, says=says)


def test_members_that_name_two_leaders() -> None:
    split = replace(FOUND, statuses=(*STATUSES[:2], replace(STATUSES[2], leader=3)))
    agrees = "names the same leader in the same term"
    red(etcd.each_does, cluster(), split, agrees, says="do not agree on their leader")
    none = replace(FOUND, statuses=tuple(replace(s, leader=0) for s in STATUSES))
    red(etcd.each_does, cluster(), none, agrees, says="the leader is none of the members")
    etcd.each_does(cluster(), FOUND, agrees)


def test_another_version() -> None:
    newer = cluster()
    newer.spec = replace(newer.spec, kubernetes="v1.37.2")
    runs = "runs the minor version that Kubernetes names"
    red(etcd.each_does, newer, FOUND, runs, says="https://10.0.1.11 runs 3.6.8, not 3.7")
    etcd.each_does(cluster(), FOUND, runs)


LOST = etcd.Lost("controller-0", MACHINES[1:], dict.fromkeys(MACHINES[1:], 1.0))


def test_a_write_that_is_lost_with_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"controller-1": configmap_writer.READ, "controller-2": "not read from controller-1"}
    monkeypatch.setattr(configmap_writer, "written_through_each", lambda *_: seen)
    red(etcd.write_survives, cluster(), LOST, 15.0, says="not within 15 s")
    red(etcd.write_survives, cluster(), LOST, 15.0, says="not read from controller-1")


def test_writes_go_through_every_api_server(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "POST /api/v1/namespaces/ns/configmaps"
    good, bad = FakeApi({path: {}}), FakeApi({path: (500, {"message": "no leader"})})
    servers = {"controller-0": good, "controller-1": good, "controller-2": bad}
    live = cluster(api_servers=lambda: servers)

    class Keys:
        def __init__(self, machine: str) -> None:
            self.machine = machine

        def keys(self, prefix: str) -> list[str]:
            lost = self.machine == "controller-2"
            return [prefix + name for name in servers if not (lost and name == "controller-1")]

    monkeypatch.setattr(configmap_writer, "client_of", lambda _, machine: Keys(machine))
    found = configmap_writer.written_through_each(live, "ns", ("controller-1", "controller-2"))
    assert found == {
        "controller-0": "read",
        "controller-1": "not read from controller-2",
        "controller-2": "500 no leader",
    }


def test_a_member_that_restarts_or_leaders_that_keep_changing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = replace(FOUND, units={**FOUND.units, "controller-2": unit("controller-2", pid=77)})
    monkeypatch.setattr(members, "processes", lambda _: other.units)
    monkeypatch.setattr(members, "leader_changes", lambda *_: dict.fromkeys(MACHINES[1:], 3.0))
    red(etcd.others_run_on, cluster(), FOUND, LOST, says="process 10 is now 77")
    red(etcd.others_run_on, cluster(), other, LOST, says="more than one")


def test_a_member_that_returns_with_other_data(monkeypatch: pytest.MonkeyPatch) -> None:
    ctl = Ctl(revision=5, hashes={"a": 1, "b": 1, "c": 2})
    monkeypatch.setattr(members, "client", lambda *_: ctl)
    red(etcd.same_data, cluster(), 15.0, says="at revision 5 are equal: not within 15 s")


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (replace(FOUND, alarms=("NOSPACE",)), "alarms"),
        (replace(FOUND, statuses=STATUSES[:2]), "https://10.0.1.13 does not answer any more"),
        (replace(FOUND, statuses=tuple(replace(s, term=3) for s in STATUSES)), "term 2 became 3"),
        (replace(FOUND, statuses=tuple(replace(s, revision=9) for s in STATUSES)), "revision fell"),
        (replace(FOUND, names={**NAMES, 4: "restored"}), "members"),
        (replace(FOUND, units={m: unit(m, started_us=9) for m in MACHINES}), "is now 10"),
    ],
)
def test_running_members_that_noticed(
    monkeypatch: pytest.MonkeyPatch, now: Members, says: str
) -> None:
    monkeypatch.setattr(members, "look", lambda *_: now)
    red(etcd.untouched, cluster(), FOUND, says=says)


def test_a_delete_that_does_not_reach_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "holders", lambda *_: ["controller-2"])
    red(etcd.no_member_holds, cluster(), etcd.Stored("/p", "/k"), 5.0, says="controller-2")


def started(flags: str, *, other: str) -> Any:
    """A cluster whose component was started with these, controller-2's with others."""

    def shell(name: str) -> FakeShell:
        words = other if name == "controller-2" else flags
        answers = {"systemctl": "MainPID=7\n", "cat /proc/7/cmdline": f"/usr/bin/it\0{words}\0"}
        return FakeShell(name, answers)

    live = cluster(shell=shell)
    live.names_by_address = lambda: {str(m.private_ip): str(m.name) for m in live.spec.machines}
    return live


ALL = f"{quorum_settings.SERVERS}=https://10.0.1.11:2379,https://10.0.1.12:2379,https://10.0.1.13:2379"


def test_an_api_server_that_knows_one_member_only() -> None:
    known = "is configured with all three members of etcd"
    local = ALL.replace("10.0.1.13", "127.0.0.1")
    api_servers.each_does(started(ALL, other=local), known)
    red(
        api_servers.each_does,
        started(ALL, other=f"{quorum_settings.SERVERS}=https://127.0.0.1:2379"),
        known,
        says="that of controller-2 knows nothing of etcd on controller-0 and controller-1: --etcd",
    )
    none = started(ALL, other="--v=2")
    red(api_servers.each_does, none, known, says="knows nothing of etcd on")


def test_a_member_that_waits_long_for_its_leader() -> None:
    usual = "--name=a\0--election-timeout=1000"
    quick = "has a heartbeat interval of 100 ms and an election timeout of 1000 ms"
    etcd.each_does(started(usual, other=usual), FOUND, quick)
    says = "controller-2 has --election-timeout=50000 ms, must be 1000"
    slow = started("--name=a", other="--election-timeout=50000")
    red(etcd.each_does, slow, FOUND, quick, says=says)


def test_a_fourth_member_is_told() -> None:
    more = replace(FOUND, names={**FOUND.names, 0xABC: ""})
    assert "etcd counts" in members.strangers(more)[0]
    assert "'abc': ''" in members.strangers(more)[0]
