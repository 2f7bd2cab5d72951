"""Certificates that are not taken up, or by a restart: every Then-step goes red."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.clients.apimachinery.single_watch import OpenWatch
from infra.clients.auth import serving_cert_rotation, tls_ports
from infra.clients.auth.serving_cert_rotation import Serving
from infra.clients.auth.tls_ports import Port
from infra.clients.transport.systemd import Unit
from infra.cluster import Cluster
from infra.errors import WaitTimeout
from infra.inventory import series
from infra.machine_layout import SERIES
from infra.pki import authority
from infra.pki.certificate_parsing import Found, from_pem
from tests.steps.auth import serving_cert_rotation as steps
from tests.unit.fakes import FakeApi, FakeShell, evidence, goes_red

SPEC = series("series", kubernetes="v1.36.1", platform="local")
PORT = Port("controller-0", 6443, "/var/lib/kubernetes/kube-apiserver.pem", "ca", "admin")
OTHER = Port("controller-1", 6443, "/var/lib/kubernetes/kube-apiserver.pem", "ca", "admin")
RUNS = "MainPID=7\nExecMainStartTimestampMonotonic=1\n"


class Live:
    spec = SPEC
    layout = SERIES

    def __init__(self, material: Any) -> None:
        self.material = material
        self.its = FakeShell(answers={"systemctl": RUNS})

    def shell(self, _name: str) -> FakeShell:
        return self.its


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return authority.create_all(SPEC, Path(tmp_path_factory.mktemp("pki")))


@pytest.fixture
def live(material: Any) -> Live:
    return Live(material)


def old(live: Live) -> Found:
    return from_pem("old", live.material.cert("kube-apiserver"))


def serving(live: Live) -> Serving:
    unit = Unit("controller-0", "kube-apiserver", "active", 7, 1, 1, 0)
    return Serving(PORT, unit, old(live), {OTHER: old(live).fingerprint})


def of(live: Live) -> Cluster:
    return cast("Cluster", live)


def test_a_new_pair_is_for_the_same_names(live: Live) -> None:
    pair = serving_cert_rotation.newly_issued(of(live), serving(live))
    new = Found("new", pair.certificate)
    assert serving_cert_rotation.alike(old(live), new)
    assert new.fingerprint != old(live).fingerprint
    assert not serving_cert_rotation.alike(new, from_pem("x", live.material.cert("worker-0")))


def test_a_certificate_that_is_not_taken_up(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = serving(live)
    new = Found("new", serving_cert_rotation.newly_issued(of(live), subject).certificate)
    shown = [old(live)]
    monkeypatch.setattr(tls_ports, "served", lambda *_, **__: shown[0])
    with pytest.raises(WaitTimeout, match=f"controller-0:6443 serves {new.fingerprint[:16]}"):
        steps.serves(of(live), subject, new, evidence(), 120, "new")
    steps.others_unchanged(of(live), subject)
    shown[0] = new
    steps.serves(of(live), subject, new, evidence(), 120, "new")
    goes_red("other machines serve what they served", steps.others_unchanged, of(live), subject)
    with pytest.raises(WaitTimeout, match="serves"):
        steps.serves(of(live), subject, new, evidence(), 120, "old")
    other = from_pem("x", live.material.cert("worker-0"))
    shown[0] = other
    says = "the new certificate of .* is for other names"
    goes_red(says, steps.serves, of(live), subject, other, evidence(), 120, "new")


def test_a_certificate_that_depends_on_the_name(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kubelet of 1.35 serves the new one to who names it, and the old one to all others."""
    subject = serving(live)
    new = Found("new", serving_cert_rotation.newly_issued(of(live), subject).certificate)
    shown = {"controller-0": new, "": old(live)}
    monkeypatch.setattr(tls_ports, "served", lambda *_, name="", **__: shown[name])
    steps.serves_by_name(of(live), subject, new, 120, "new")
    steps.serves_by_address(of(live), subject, new, 15, "old")
    words = "controller-0:6443 serves the old certificate to who dials its address: did not stay"
    shown[""] = new
    goes_red(words, steps.serves_by_address, of(live), subject, new, 15, "old")
    with pytest.raises(WaitTimeout, match="controller-0:6443 serves"):
        steps.serves_by_name(of(live), subject, new, 120, "old")


def test_a_server_that_was_restarted(live: Live) -> None:
    steps.same_process(of(live), serving(live))
    live.its.answers["systemctl"] = RUNS.replace("7", "8")
    goes_red("was process 7, it is 8", steps.same_process, of(live), serving(live))


def test_each_worker_has_its_kubelet(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that reloads its certificate says nothing of the other."""
    monkeypatch.setattr(tls_ports, "served", lambda *_, **__: old(live))
    for name, other in (("worker-0", "worker-1"), ("worker-1", "worker-0")):
        found = steps.serving(of(live), f"the kubelet of {name}")
        assert found.port.machine == name
        assert [port.machine for port in found.others] == [other]


class Watch:
    def __init__(self, *names: str, ended: str = "") -> None:
        self.told = list(names), ended


def test_a_watch_that_ends_with_the_certificate(live: Live) -> None:
    api = FakeApi({"POST /api/v1/namespaces/ns/configmaps": {}})
    at: Any = SimpleNamespace(api=api)
    broken: Any = Watch("made-before", ended="the watch broke: reset")
    words = "open tells of made-after: not within 15 s; .*the watch broke: reset"
    goes_red(words, steps.watch_goes_on, at, broken, "ns")
    whole: Any = Watch("made-before", "made-after")
    steps.watch_goes_on(at, whole, "ns")


def test_one_watch_is_followed_to_its_end() -> None:
    api = FakeApi({})
    api.stream = [{"type": "ADDED", "object": {"metadata": {"name": "one"}}}]
    api.at = lambda _: api  # type: ignore[method-assign, assignment]
    watch = OpenWatch(api, "/x").open()
    watch._thread.join()
    assert watch.told == (["one"], "the server ended the watch")
    api.stream = [{"type": "ERROR", "object": {}}]
    watch = OpenWatch(api, "/x").open()
    watch._thread.join()
    assert watch.told[1].startswith("the watch broke")
