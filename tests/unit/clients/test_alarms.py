"""An alarm of etcd is disarmed once its cause is gone, and told with what to do until then."""

import json
from typing import Any

import pytest

from infra.clients.etcd import alarms
from infra.clients.etcd.etcdctl import Etcdctl
from infra.errors import NotJudged, WaitTimeout
from tests.unit.fakes import FakeShell, no_time_passes

ENDPOINT = "https://10.0.1.11:2379"
MIB = 1024**2
FULL = "memberID:1 alarm:NOSPACE "


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)


def status(*errors: str, quota: int = 2048 * MIB, size: int = 20 * MIB) -> str:
    header = {"member_id": 1, "cluster_id": 7, "revision": 40}
    told = {"header": header, "leader": 1, "dbSize": size, "dbSizeQuota": quota, "errors": errors}
    return json.dumps([{"Endpoint": ENDPOINT, "Status": told}])


class Member(FakeShell):
    """etcdctl on a controller: its answers to ``endpoint status`` in turn, the last one stays."""

    def __init__(self, *statuses: str) -> None:
        super().__init__("controller-0")
        self.statuses = list(statuses)
        self.disarmed = 0

    def run(self, argv: Any, **how: Any) -> Any:
        self.disarmed += tuple(argv[-2:]) == ("alarm", "disarm")
        said = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        self.answers = {"/usr/local/bin/etcdctl": said}
        return super().run(argv, **how)


def asked(*statuses: str) -> tuple[Member, Etcdctl]:
    member = Member(*statuses)
    return member, Etcdctl(member, (ENDPOINT,))


def test_without_an_alarm_of_its_own_nothing_is_disarmed() -> None:
    for errors in ((), ("memberID:2 alarm:NOSPACE ",)):
        member, etcdctl = asked(status(*errors))
        assert not alarms.disarm(etcdctl)
        assert member.disarmed == 0
        assert len(member.ran) == 1  # every `up` asks


def test_an_alarm_is_disarmed_once_the_quota_is_back() -> None:
    """The first answers may still be of the process that is being restarted, or none at all."""
    before = status(FULL, quota=2 * MIB)
    member, etcdctl = asked("null", before, before, status(FULL))
    assert alarms.disarm(etcdctl)
    assert member.disarmed == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (status(FULL, quota=2 * MIB), "alarm:NOSPACE, 20 MiB of a quota of 2 MiB: etcd refuses"),
        (status("memberID:1 alarm:CORRUPT "), "alarm:CORRUPT: only a person can tell"),
        (status(FULL, "memberID:1 alarm:CORRUPT "), "alarm:CORRUPT: only a person can tell"),
    ],
)
def test_an_alarm_whose_cause_is_there_is_told_with_what_to_do(told: str, words: str) -> None:
    member, etcdctl = asked(told)
    with pytest.raises(NotJudged, match=words):
        alarms.disarm(etcdctl)
    assert member.disarmed == 0


def test_a_member_that_tells_nothing_is_named() -> None:
    with pytest.raises(WaitTimeout, match=r"etcd https://10\.0\.1\.11:2379 tells its status"):
        alarms.disarm(asked("null")[1])
