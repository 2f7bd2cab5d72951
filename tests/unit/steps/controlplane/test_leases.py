"""Every Then about Leases, leaders and what a stop must not touch goes red, and says why."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from infra.clients.controlplane import control_plane_snapshot as others
from infra.clients.controlplane import leader_metrics as clients
from infra.clients.controlplane import leases as lease_client
from infra.clients.controlplane.apiserver_endpoints import SLICES, Server
from infra.clients.controlplane.control_plane_snapshot import Stopped
from infra.clients.controlplane.leases import Change
from infra.clients.instrumentation import configz
from infra.errors import ClaimError, NotJudged
from infra.kube_api import ApiUnreachable
from suite.controlplane import leader_election
from tests.steps.apimachinery import api_servers
from tests.steps.controlplane import control_plane_processes, leases
from tests.steps.controlplane import leader_election as steps
from tests.steps.instrumentation import peer_settings
from tests.unit.elections_fake import (
    FIRST,
    MANAGER,
    START,
    TAKEN,
    FakeWatch,
    bystanders,
    cluster,
    election,
    holder,
    said,
)
from tests.unit.fakes import FakeApi, red

ONE = Change(17, TAKEN)


@pytest.mark.parametrize(
    ("name", "says"),
    [("worker-0_" + holder(0).split("_")[1], "names none of"), ("controller-0_x", "UUID")],
)
def test_a_holder_that_is_no_controller_and_uuid(name: str, says: str) -> None:
    wrong = replace(election(), start=replace(FIRST, holder=name))
    red(leases.holder_is_named, cluster(), wrong, says=says)
    leases.holder_is_named(cluster(), election())


def test_a_lease_of_another_length() -> None:
    red(leases.lease_lasts, election(), 10.0, says="lasts 15 s, not 10 s")
    leases.lease_lasts(election(), 15.0)


@pytest.mark.parametrize("numbers", [(), (1,), (0, 1)])
def test_another_process_that_leads(
    monkeypatch: pytest.MonkeyPatch, numbers: tuple[int, ...]
) -> None:
    monkeypatch.setattr(clients, "all_say", lambda *_: said(*numbers))
    red(leases.one_leads, cluster(), election(), 60.0, says="did not stay for 60 s")


def test_a_process_that_takes_no_part_in_the_election(monkeypatch: pytest.MonkeyPatch) -> None:
    apart = {**said(0), "controller-1": "no metric leader_election_master_status"}
    monkeypatch.setattr(clients, "all_say", lambda *_: apart)
    red(leases.one_leads, cluster(), election(), 60.0, says="no metric")
    mute = {**said(0), "controller-1": f"{clients.REFUSES}: 403"}
    monkeypatch.setattr(clients, "all_say", lambda *_: mute)
    red(leases.one_leads, cluster(), election(), 60.0, says="refuses to tell: 403")
    silent = {**said(0), "controller-1": "no answer: refused"}
    monkeypatch.setattr(clients, "all_say", lambda *_: silent)
    leases.one_leads(cluster(), election(), 60.0)


def test_a_process_that_is_not_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "unhealthy", lambda *_: ["controller-2: 500 etcd failed"])
    healthy = "report that they are healthy"
    red(leases.candidates_are, cluster(), election(), healthy, says="controller-2: 500 etcd failed")


def test_a_lease_that_is_not_renewed() -> None:
    red(leases.renewed_often, election(), 60.0, 5.0, says="did not stay")
    late = replace(FIRST, renewed=START + timedelta(seconds=8))
    gap = election(Change(0, FIRST), Change(29, late))
    red(leases.renewed_often, gap, 60.0, 5.0, says="8.0 s passed between two renewals")
    never = election(Change(29, FIRST))
    red(leases.renewed_often, never, 60.0, 5.0, says="it was never renewed")


def test_what_a_process_that_does_not_tell_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> str:
        raise NotJudged("controller-0:10257/metrics -> 403")

    live = cluster(credentials=lambda _: None)
    monkeypatch.setattr(clients.prometheus, "scrape", refused)
    assert clients.says(live, "controller-0", MANAGER).startswith("refuses to tell: controller-0")

    def unreachable(*_: Any, **__: Any) -> str:
        raise ApiUnreachable("connection refused")

    monkeypatch.setattr(clients.prometheus, "scrape", unreachable)
    assert clients.says(live, "controller-0", MANAGER) == "no answer: connection refused"


def renewals(every: float, count: int = 10) -> Any:
    changes = [
        Change(n * every, replace(FIRST, renewed=START + timedelta(seconds=n * every)))
        for n in range(count)
    ]
    return election(*changes)


def test_a_lease_that_is_renewed_at_another_pace() -> None:
    leases.renewed_in_time(renewals(2.1), 3.0)
    says = f"the Lease {MANAGER} is renewed every 4.0 s, 3 s at most"
    red(leases.renewed_in_time, renewals(4.0), 3.0, says=says)
    red(leases.renewed_in_time, renewals(2.0, count=1), 3.0, says="was never renewed")


def test_a_candidate_that_is_set_to_try_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {f"controller-{n}": {"leaderElection": {"retryPeriod": "2s"}} for n in range(3)}
    monkeypatch.setattr(configz, "of_each", lambda *_: found)
    retries = "kube-scheduler has a retry period"
    peer_settings.has_period(cluster(), retries, 2.0)
    found["controller-2"] = {"leaderElection": {"retryPeriod": "4s"}}
    says = "each kube-scheduler has a retry period of 2 s; instead: that of controller-2 has 4 s"
    red(peer_settings.has_period, cluster(), retries, 2.0, says=says)


def test_a_lease_that_changed_hands_unasked() -> None:
    same = "has the same holder, acquire time and number of transitions"
    red(steps.has_history, election(), same, says="changed hands")
    steps.has_history(election(Change(0, FIRST), Change(2, FIRST)), same)


def test_a_bystander_that_was_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(others, "look", lambda *_: bystanders(pid=99))
    stopped = Stopped(("controller-0", "etcd"), bystanders())
    red(control_plane_processes.others_run_on, cluster(), stopped, says="process 10 is now 99")
    moved = replace(bystanders(), holders={MANAGER: holder(1), "kube-scheduler": holder(2)})
    monkeypatch.setattr(others, "look", lambda *_: moved)
    red(control_plane_processes.others_run_on, cluster(), stopped, says=f"Lease {MANAGER}: ")
    control_plane_processes.others_run_on(cluster(), replace(stopped, lease=MANAGER))


def test_a_stopped_bystander_is_no_start_for_a_claim() -> None:
    with pytest.raises(NotJudged, match="etcd on controller-0 is failed"):
        others.all_active(bystanders(state="failed"))


SLICE = {"endpoints": [{"addresses": ["10.0.1.11"], "conditions": {"ready": True}}]}
SERVER = Server("controller-2", FakeApi({}), bystanders(), ("controller-0", "controller-1"))


def test_a_service_that_lists_too_few() -> None:
    api = FakeApi({SLICES: {"items": [SLICE]}, "/readyz": "ok"})
    live = cluster(api_servers=lambda: {"controller-1": api})
    step = api_servers.each_does
    ready = "is ready and has all three controllers in the endpoints of the kubernetes Service"
    red(step, live, ready, says="controller-1: ('ready', ['10.0.1.11'])")
    api.table["/readyz"] = (500, "etcd failed")
    red(step, live, ready, says="controller-1: ('etcd failed', [])")
    every = {**SLICE, "endpoints": [{"addresses": [f"10.0.1.1{n}"]} for n in (1, 2, 3)]}
    api.table |= {"/readyz": "ok", SLICES: {"items": [every]}}
    step(live, ready)
    late = replace(SERVER, api=FakeApi({SLICES: {"items": [SLICE]}}))
    lists, all_three = control_plane_processes.service_lists, control_plane_processes.ALL_THREE
    red(lists, cluster(), late, 30.0, "the other two controllers", says="not within 30 s")
    red(lists, cluster(), late, 60.0, all_three, says="not within 60 s")


def test_an_identity_lease_that_stays() -> None:
    item = {"metadata": {"name": "apiserver-x", "labels": {"kubernetes.io/hostname": "c"}}}
    api = FakeApi({lease_client.path(): {"items": [item]}})
    red(control_plane_processes.identity_gone, replace(SERVER, api=api), says="identity Leases: c")


def test_a_balancer_that_does_not_answer() -> None:
    api = FakeApi({"/api/v1/namespaces/default": (503, {})})
    live = cluster(api_as=lambda _: api)
    red(control_plane_processes.balancer_answers, live, 10.0, says="did not stay for 10 s")


def test_the_watch_reports_a_gap_instead_of_an_answer() -> None:
    watch = FakeWatch(Change(0, FIRST))
    watch._failure = NotJudged("refused")
    with pytest.raises(NotJudged, match="its history has a gap"):
        watch.latest()
    watch = FakeWatch(Change(0, FIRST))
    with pytest.raises(ClaimError, match="no such version"):
        leader_election.first(watch, lease_client.held_by_other("controller-0"))


def test_a_lease_is_settled_when_one_holder_renewed_it() -> None:
    renewed = replace(FIRST, renewed=START + timedelta(seconds=2))
    first = Change(0, FIRST)
    assert not leader_election.is_renewed((first,))
    assert not leader_election.is_renewed((first, first))
    assert not leader_election.is_renewed((first, ONE))
    assert leader_election.is_renewed((first, Change(2, renewed)))
