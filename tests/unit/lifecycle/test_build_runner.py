"""The build waits for a machine's first boot and for an API server that starts or ends."""

from collections.abc import Sequence
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest

from infra.build import objects
from infra.errors import NotJudged, WaitTimeout
from infra.inventory import series
from infra.kube_api import ApiRefused
from infra.lifecycle import build_runner
from infra.lifecycle.build_runner import Build
from infra.progress import Progress
from infra.ssh import Result
from tests.unit.fakes import FakeApi, FakeShell, no_time_passes


def test_an_object_is_stored_past_an_api_server_that_is_going_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_time_passes(monkeypatch)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}
    path = "/api/v1/namespaces/n"
    answers = [(503, {"message": "apiserver is shutting down"}), (200, version("2"))]
    api = FakeApi({f"GET {path}": version("1")})
    asked = api.ask

    def patched(method: str, where: str, **how: Any) -> Any:
        if method == "PATCH":
            api.table[f"PATCH {path}"] = answers.pop(0)
        return asked(method, where, **how)

    monkeypatch.setattr(api, "ask", patched)
    assert objects.stored(api, namespace, within=9)
    answers[:] = [(403, {"message": "forbidden"})]
    with pytest.raises(ApiRefused, match="forbidden"):
        objects.stored(api, namespace, within=9)
    answers[:] = [(500, {"message": "etcdserver: no space"})]
    with pytest.raises(NotJudged, match=r"until its alarm is disarmed; .* etcdctl alarm disarm"):
        objects.stored(api, namespace, within=9)


class Booting(FakeShell):
    """SSH answers; ``said`` is what cloud-init says, one word after the other."""

    def __init__(self, *said: str) -> None:
        super().__init__(answers={"true": ""})
        self.said = list(said)

    def run(self, argv: Sequence[str], **how: Any) -> Result:
        if argv[0] == "cloud-init":
            last = len(self.said) == 1
            self.answers["cloud-init status"] = self.said[0] if last else self.said.pop(0)
        return super().run(argv, **how)


def first_look(shell: FakeShell) -> list[tuple[str, ...]]:
    """Commands of the build's first look at a machine for which no phase wants anything."""
    spec = series("test", kubernetes="v1.36.1", platform="aws")
    cluster: Any = SimpleNamespace(spec=spec, shell=lambda _: shell, material=None)
    supplies: Any = None
    Build(cluster, supplies, Progress(StringIO())).first_look(spec.load_balancer)
    return shell.ran


def test_a_machine_is_left_to_its_first_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
    monkeypatch.setattr(build_runner, "BUILD", ())
    ask = ("cloud-init", "status")
    booting = Booting("status: not started\n", "status: running\n", "status: done\n")
    assert first_look(booting) == [("true",), ask, ask, ask]
    assert first_look(Booting("status: degraded done\n")) == [("true",), ask]
    assert first_look(FakeShell(answers={"true": ""})) == [("true",), ask], "without cloud-init"
    with pytest.raises(WaitTimeout, match=r"the first boot of lb is over: not within 300 s"):
        first_look(Booting("status: running\n"))


def version(number: str) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": number}}
