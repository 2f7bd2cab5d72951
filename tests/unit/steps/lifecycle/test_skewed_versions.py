"""Components of other minors: every Then-step goes red, as one understands."""

from typing import Any, cast

import pytest

from infra.clients.transport.kubectl import Told
from infra.cluster import Cluster
from infra.errors import NotPrepared, WaitTimeout
from infra.machine_layout import SERIES
from suite.workloads.pods import PodIdentity
from tests.steps.lifecycle import skewed_versions as steps
from tests.steps.lifecycle.skewed_versions import Older
from tests.unit.fakes import FakeApi, cluster_of, evidence, goes_red

POD = PodIdentity("u1", "worker-1", "10.200.1.7", {"c": ("containerd://1", "t0", 0)})
VERSIONS = {"worker-0": "v1.36.1", "worker-1": "v1.36.1"}
OLDER = Older("worker-1", {"worker-1": {"ns/rz": POD}}, VERSIONS)
ANSWER = "Client Version: v1.34.4\nServer Version: v1.36.1\n"
WARNING = f"WARNING: version difference between client and server {steps.WARNS} of +/-1\n"


def nodes(first: str = "v1.36.1", second: str = "v1.36.1") -> Any:
    versions = {"worker-0": first, "worker-1": second}
    return {"items": [
        {"metadata": {"name": name}, "status": {"nodeInfo": {"kubeletVersion": version}}}
        for name, version in versions.items()
    ]}  # fmt: skip


def live(*versions: str) -> Cluster:
    return cluster_of(FakeApi({"/api/v1/nodes": nodes(*versions)}))


def told(older: str, own: str = ANSWER, status: int = 0) -> dict[str, Told]:
    argv = ("version",)
    return {"older": Told(argv, status, older), "own": Told(argv, 0, own)}


def test_clients_that_warn_too_little_or_too_much() -> None:
    warns = ("version n-2", "warns")
    steps.client_warns(told(ANSWER + WARNING), *warns)
    for one in (told(ANSWER), told(WARNING), told(ANSWER + WARNING, status=1)):
        says = "client of version n-2 is answered, and warns that it exceeds"
        goes_red(says, steps.client_warns, one, *warns)
    quiet = ("the cluster's version", "does not warn")
    steps.client_warns(told(""), *quiet)
    for own in (ANSWER + WARNING, "error: refused"):
        says = "client of the cluster's version is answered, and does not warn that it exceeds"
        goes_red(says, steps.client_warns, told("", own=own), *quiet)


def test_a_kubelet_that_was_not_exchanged_or_on_both_nodes() -> None:
    older, own = ((OLDER, 90, version, evidence()) for version in steps.KUBELETS)
    steps.node_has(live("v1.36.1", "v1.35.4"), *older)
    with pytest.raises(WaitTimeout, match=r"worker-1 reports a kubelet of version n-1, where v1"):
        steps.node_has(live(), *older)
    both = live("v1.35.4", "v1.35.4")
    goes_red("worker-0: v1.35.4", steps.node_has, both, *older)
    with pytest.raises(WaitTimeout, match="worker-1 reports a kubelet of the cluster's version"):
        steps.node_has(both, *own)
    steps.node_has(live(), *own)
    goes_red("worker-0: v1.35.4", steps.node_has, live("v1.35.4", "v1.36.1"), *own)


def test_a_container_that_restarted_under_the_other_kubelet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steps, "identities_on", lambda *_: {"ns/rz": POD, "ns/new": POD})
    steps.none_restarted(live(), OLDER)
    monkeypatch.setattr(steps, "identities_on", lambda *_: {})
    goes_red("worker-1, ns/rz: .* became None", steps.none_restarted, live(), OLDER)


def test_a_unit_that_starts_something_else() -> None:
    class Shell:
        def get(self, _: str) -> bytes:
            return b"ExecStart=/bin/true \n"

    class Unchanged:
        def add(self, *_: object) -> None: ...

    at: Any = type("Live", (), {"shell": lambda *_: Shell(), "layout": SERIES})()
    with pytest.raises(NotPrepared, match="starts no /usr/local/bin/kubelet"):
        steps.exchange(at, cast("Any", Unchanged()), OLDER, b"", "version n-1")
