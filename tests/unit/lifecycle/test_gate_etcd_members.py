"""What the health gate says of clocks, Leases and etcd."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra.clients.controlplane.leases import Lease
from infra.clients.etcd.etcdctl import Status, parse_statuses
from infra.clients.node import clocks as clock_client
from infra.clients.node.clocks import Reading
from infra.lifecycle.gate import clocks, etcd_members
from infra.machine_layout import SERIES
from tests.unit.elections_fake import START, cluster
from tests.unit.fakes import FakeApi, FakeShell

ENDPOINTS = ("https://10.0.1.11:2379", "https://10.0.1.12:2379")
MEMBERS = tuple(
    Status(endpoint, number, 7, 1, 40, 2, "3.6.8") for number, endpoint in enumerate(ENDPOINTS, 1)
)
HELD = Lease("kube-scheduler", "controller-0_x", 0, 15, START, START)
FIRST = Reading(1000.0, 0.1)


def test_members_without_answer_or_leader() -> None:
    assert etcd_members.member_problems(ENDPOINTS, MEMBERS) == []
    assert (
        "10.0.1.12:2379 does not answer" in etcd_members.member_problems(ENDPOINTS, MEMBERS[:1])[0]
    )
    split = (MEMBERS[0], replace(MEMBERS[1], leader=2))
    assert "no leader that all agree on" in etcd_members.member_problems(ENDPOINTS, split)[0]


def test_an_alarm_is_told_at_the_member_that_raised_it_with_what_to_do() -> None:
    """Every member tells it; ``endpoint status`` of 3.6 prints it so."""
    alarm = ("memberID:2 alarm:NOSPACE ",)
    (told,) = etcd_members.member_problems(ENDPOINTS, [replace(m, errors=alarm) for m in MEMBERS])
    assert told.startswith(
        "etcd https://10.0.1.12:2379: memberID:2 alarm:NOSPACE; it refuses every"
    )
    assert "`./kfs up` does, once its quota is back (etcdctl alarm disarm)" in told
    corrupt = replace(MEMBERS[0], errors=("memberID:1 alarm:CORRUPT ",))
    found = etcd_members.member_problems(ENDPOINTS, (corrupt, MEMBERS[1]))
    assert found == ["etcd https://10.0.1.11:2379: memberID:1 alarm:CORRUPT"]


def test_an_alarm_of_a_member_that_is_away_is_told_by_the_others() -> None:
    alarmed = replace(MEMBERS[0], errors=("memberID:2 alarm:NOSPACE",))
    found = etcd_members.member_problems(ENDPOINTS, [alarmed])
    assert [text.split(";")[0] for text in found] == [
        "etcd https://10.0.1.12:2379 does not answer",
        "etcd https://10.0.1.11:2379: memberID:2 alarm:NOSPACE",
    ]


def test_sizes_and_quotas_of_members() -> None:
    header = {"member_id": 1, "cluster_id": 7, "revision": 40}
    status = {"header": header, "leader": 1, "dbSize": 4096, "dbSizeQuota": 8192}
    (read,) = parse_statuses([{"Endpoint": ENDPOINTS[0], "Status": status}])
    assert (read.size, read.quota) == (4096, 8192)
    (older,) = parse_statuses([{"Endpoint": ENDPOINTS[0], "Status": {"header": header}}])
    assert older.quota == 2 * 1024**3


def test_a_lease_that_nobody_keeps() -> None:
    assert clocks.stale(HELD, START + timedelta(seconds=19)) == []
    assert "renewed the Lease kube-scheduler 21 s ago" in clocks.stale(
        HELD, START + timedelta(seconds=21)
    )[0]  # fmt: skip
    assert clocks.stale(replace(HELD, holder=""), START) == [
        "nobody holds the Lease kube-scheduler"
    ]


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (-60.0, ["the clock of controller-0 is 60 s behind the others"]),
        (60.0, ["the clock of controller-0 is 60 s ahead of the others"]),
        (2.6, ["the clock of controller-0 is 2.6 s ahead of the others"]),
        (2.1, []),  # for certain only past what each reading leaves open
        (0.0, []),
    ],
)
def test_a_clock_that_differs(off: float, words: list[str]) -> None:
    others = dict.fromkeys(("controller-1", "controller-2", "worker-0"), FIRST)
    readings = {"controller-0": Reading(1000.0 + off, 0.1), **others}
    assert clock_client.differing(readings) == words
    assert clock_client.differing({}) == []


def test_a_slow_answer_proves_no_difference() -> None:
    slow = Reading(1008.0, 8.0)
    assert clock_client.differing({"worker-0": slow, "worker-1": FIRST, "lb": FIRST}) == []


class Told:
    """A clock of ours that moves a second a look."""

    def __init__(self) -> None:
        self.seconds = 9.0

    def now(self) -> float:
        self.seconds += 1
        return self.seconds

    def sleep(self, _: float) -> None: ...


def test_a_clock_is_read_in_the_middle_of_the_time_it_took() -> None:
    shell = FakeShell("worker-0", {"date +%s.%N": "1795000010.500000000\n"})
    assert clock_client.read(shell, Told()) == Reading(1795000000.0, 0.5)


def lease(renewed: str) -> dict[str, Any]:
    spec = {"holderIdentity": "controller-0_x", "leaseDurationSeconds": 15, "renewTime": renewed}
    return {"metadata": {"name": "kube-scheduler"}, "spec": spec}


@pytest.mark.parametrize("name", ["controller-0", "another-machine"])
def test_a_lease_is_judged_by_its_holders_own_clock(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute behind the API server's, and renewed just now: nobody blames the scheduler."""
    monkeypatch.setattr(Reading, "now", lambda _: START - timedelta(seconds=59))
    held = lease((START - timedelta(seconds=60)).isoformat())
    api = FakeApi(dict.fromkeys(map(clocks.leases.path, SERIES.leases.elected), held))
    date = "Mon, 23 Nov 2026 20:00:00 GMT"
    monkeypatch.setattr(
        api,
        "ask",
        lambda method, path: replace(FakeApi.ask(api, method, path), headers={"Date": date}),
    )
    found = clocks.lease_problems(cluster(api=api), {name: FIRST})
    blamed = "controller-0_x renewed the Lease kube-scheduler 60 s ago"
    assert found == ([] if name == "controller-0" else [blamed, blamed])


def test_every_machine_tells_its_clock_and_one_that_cannot_is_told() -> None:
    def shell(name: str) -> FakeShell:
        late = "1795000000.0" if name == "controller-0" else "1795000060.0"
        return FakeShell(name, {} if name == "worker-1" else {"date": late})

    live = cluster(shell=shell)
    readings, found = clocks.read(live)
    assert sorted(readings) == ["controller-0", "controller-1", "controller-2", "lb", "worker-0"]
    assert len(found) == 1
    assert "worker-1: date" in found[0]
    assert clock_client.differing(readings) == [
        "the clock of controller-0 is 60 s behind the others"
    ]
