"""Client certificates: every Then-step goes red, as one understands; what is left is removed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.worlds.auth import kubelet_cert_renewal as fixture
from fixtures.worlds.auth.kubelet_cert_renewal import Renewal
from infra.clients.auth import client_certificates as clients
from infra.clients.auth.client_certificates import ENDS, REQUESTS, Renewing, Use
from infra.clients.controlplane import leases
from infra.clients.node import kubelet
from infra.errors import WaitTimeout
from infra.pki import authority, certificate_parsing, kubeconfigs, scenario_certificates
from infra.pki.certificate_parsing import Found
from infra.pki.identities import worker
from infra.pki.material import Material
from tests.steps.auth import client_certificates as steps
from tests.steps.auth.client_certificates import Standby
from tests.steps.phrases import Time
from tests.unit.elections_fake import FIRST, TAKEN, cluster
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red, not_judged

SPEC = cluster().spec
FOR, WITHIN = Time("for", 30), Time("within", 60)
STANDBY = Standby("controller-1", 3, FIRST.holder)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return authority.create_all(SPEC, tmp_path_factory.mktemp("state") / "pki")


def metrics(soon: int, sooner: int) -> str:
    return f'{clients.SEEN}{{le="7200"}} {sooner}\n{clients.SEEN}{{le="21600"}} {soon}\n'


def found(material: Material, node: int = 1) -> Found:
    pair = scenario_certificates.near_its_end(material, worker(SPEC.workers[node]), ends=ENDS)
    return certificate_parsing.from_pem("worker", pair.certificate_pem)


def live(tmp_path: Path, **more: Any) -> Any:
    made = cluster(tmp_path, api_of=lambda _: None, **more)
    made.api = FakeApi({})
    return made


def request(user: str = "system:node:worker-1", *kinds: str, issued: str = "") -> Any:
    return {
        "metadata": {"name": "csr-1"},
        "spec": {"signerName": clients.OWN_CLIENT, "username": user},
        "status": {"conditions": [{"type": kind} for kind in kinds], "certificate": issued},
    }


def test_requests_with_a_certificate_that_ends_soon_are_those_between_two_borders() -> None:
    servers = [FakeApi({"/metrics": metrics(9, 2)}), FakeApi({"/metrics": ""})]
    assert clients.ending_seen(servers) == 7


def test_a_standby_that_reads_its_kubeconfig_again_or_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = live(tmp_path)
    monkeypatch.setattr(clients, "ending_seen", lambda _: 4)
    with pytest.raises(AssertionError, match="certificate that it started with"):
        steps.seen_by_server(at, STANDBY, FOR, "no")
    steps.seen_by_server(at, STANDBY, WITHIN, "a")
    monkeypatch.setattr(clients, "ending_seen", lambda _: 3)
    with pytest.raises(WaitTimeout, match="shows the certificate of its kubeconfig"):
        steps.seen_by_server(at, STANDBY, WITHIN, "a")
    steps.seen_by_server(at, STANDBY, FOR, "no")


def test_a_standby_has_to_connect_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeApi({"/metrics": f'{clients.DISPATCHED}{{flow_schema="exempt"}} 4\n'})
    at = live(tmp_path, shell=lambda _: FakeShell())
    at.api_of = lambda _: server
    monkeypatch.setattr(steps.systemd, "restart", lambda *_, **__: None)
    monkeypatch.setattr(steps, "await_ready", lambda *_: None)
    words = "the scheduler of controller-1 asks its restarted API server"
    not_judged(words, steps.restarts, at, STANDBY, "the API server of the standby scheduler")
    server.table["/metrics"] = f'{clients.DISPATCHED}{{flow_schema="kube-scheduler"}} 4\n'
    assert steps.restarts(at, STANDBY, "the API server of the standby scheduler").seen == 0
    assert steps.restarts(at, STANDBY, "the standby scheduler") == STANDBY


def test_another_leader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "read", lambda *_: TAKEN)
    goes_red("controller-0_.* led the schedulers; now controller-1_", steps.same_leader,
             live(tmp_path), STANDBY)  # fmt: skip
    monkeypatch.setattr(leases, "read", lambda *_: FIRST)
    steps.same_leader(live(tmp_path), STANDBY)


def test_a_kubelet_that_does_not_ask_or_is_not_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, material: Material
) -> None:
    at, renewing = live(tmp_path), Renewing("worker-1", found(material), 3, "t0")
    monkeypatch.setattr(clients, "use", lambda *_: Use(5, "t"))
    at.api.table[REQUESTS] = {"items": [request("system:node:worker-0")]}
    with pytest.raises(WaitTimeout, match="worker-1 asks for a new certificate"):
        steps.has_asked(at, renewing, 60)
    at.api.table[REQUESTS] = {"items": [request()]}
    steps.has_asked(at, renewing, 60)
    steps.csr_is(at, renewing, FOR, "pending")
    with pytest.raises(WaitTimeout, match="is approved and issued"):
        steps.csr_is(at, renewing, WITHIN, "approved and issued")
    at.api.table[REQUESTS] = {"items": [request("system:node:worker-1", "Approved", issued="x")]}
    steps.csr_is(at, renewing, WITHIN, "approved and issued")
    with pytest.raises(AssertionError, match="request of worker-1 is pending"):
        steps.csr_is(at, renewing, FOR, "pending")


def test_a_new_certificate_of_another_name_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, material: Material
) -> None:
    at, old = live(tmp_path, shell=lambda _: FakeShell()), found(material)
    renewing = Renewing("worker-1", old, 3, "t0")
    monkeypatch.setattr(clients, "current", lambda _: old)
    with pytest.raises(WaitTimeout, match="is another certificate"):
        steps.another(at, renewing, 60, evidence())
    monkeypatch.setattr(clients, "current", lambda _: found(material, 0))
    goes_red("it is for .*worker-0", steps.another, at, renewing, 60, evidence())
    monkeypatch.setattr(clients, "current", lambda _: found(material))
    steps.another(at, renewing, 60, evidence())


@pytest.mark.parametrize(
    "uses", [[Use(5, "t1"), Use(6, "t2")] * 40, [Use(5, "t1")] * 80], ids=["old one", "silent"]
)
def test_a_kubelet_that_goes_on_with_its_old_certificate_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, material: Material, uses: list[Use]
) -> None:
    renewing = Renewing("worker-1", found(material), 3, "t0")
    seen = iter(uses)
    monkeypatch.setattr(clients, "use", lambda *_: next(seen))
    with pytest.raises(WaitTimeout, match="worker-1 goes on without its old certificate"):
        steps.old_unused(live(tmp_path), renewing, 90)
    seen = iter([Use(5, "t1"), Use(6, "t2"), Use(6, "t3")])
    steps.old_unused(live(tmp_path), renewing, 90)


def test_a_node_that_was_not_ready_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, material: Material
) -> None:
    renewing = Renewing("worker-1", found(material), 3, "t0")
    monkeypatch.setattr(kubelet, "ready_since", lambda *_: "t1")
    goes_red("was ready since t0, now since t1", steps.ready_throughout, live(tmp_path), renewing)
    steps.ready_throughout(live(tmp_path), replace(renewing, ready_since="t1"))


def test_binding_and_requests_are_removed(tmp_path: Path) -> None:
    at = live(tmp_path)
    at.api.table[REQUESTS] = {"items": [request(), request("system:node:worker-0")]}
    made = Renewal(at, None, "claim-1")  # type: ignore[arg-type]
    made.end()
    deleted = [path for method, path, _ in at.api.asked if method == "DELETE"]
    assert deleted == [f"{fixture.BINDINGS}/claim-1", f"{REQUESTS}/csr-1"]


def test_a_kubeconfig_with_another_pair_is_otherwise_the_same(material: Material) -> None:
    old = kubeconfigs.kubeconfig(material, "worker-1", "https://10.0.1.10:6443")
    identity = worker(SPEC.workers[1])
    pair = scenario_certificates.near_its_end(material, identity, ends=ENDS)
    new = kubeconfigs.with_pair(old, pair)
    one, other = yaml.safe_load(old), yaml.safe_load(new)
    assert one.pop("users") != other.pop("users")
    assert one == other
    life = certificate_parsing.from_pem("", pair.certificate_pem).lifetime
    assert life == 20 * ENDS
