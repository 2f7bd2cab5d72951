"""Kubelets asked as plugins and monitors ask: every Then-step goes red, and names the worker."""

import json
from typing import Any

import pytest

from suite.node.device_plugins import NO_VERSION, DevicePlugin
from tests.steps.node import device_kubelet_endpoints as steps
from tests.steps.node import device_registration
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, goes_red


def asker(name: str, answers: dict[str, str] | None = None) -> DevicePlugin:
    return DevicePlugin(FakeShell(name, answers), f"claim-{name}", 0)


def test_registrations_that_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"worker-0": "v0 and dongle are refused", "worker-1": "v0 and dongle are refused"}

    def register_as(self: DevicePlugin, *_: Any) -> str:
        return said[self.shell.name]

    monkeypatch.setattr(DevicePlugin, "register_as", register_as)
    both = [asker(name) for name in said]
    steps.registrations_refused(both, "API version", NO_VERSION)
    steps.registrations_refused(both, "resource", "dongle")
    said["worker-1"] = ""
    goes_red(
        "version v0, naming it; instead: worker-1 says ''",
        steps.registrations_refused,
        both,
        "API version",
        "v0",
    )
    goes_red(
        "dongle, naming it; instead: worker-1 says ''",
        steps.registrations_refused,
        both,
        "resource",
        "dongle",
    )


def test_a_kubelet_that_tells_monitors_nothing() -> None:
    told = f"{asker('worker-0').program} pod-resources"
    held = {"resource": "example.com/left", "pod": "p", "ids": ["1"]}
    steps.monitors_told([asker("worker-0", {told: "[]"})])
    goes_red(
        "that of worker-1 does not answer: no answer", steps.monitors_told, [asker("worker-1")]
    )
    left = asker("worker-0", {told: json.dumps([held])})
    goes_red("that of worker-0 tells of .*example.com/left", steps.monitors_told, [left])


def test_a_plugin_of_a_named_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_registration, "await_registered", lambda *_: None)

    def make(count: int, node: str = "") -> DevicePlugin:
        return DevicePlugin(FakeShell(node or "the first"), "claim-x", count)

    made = device_registration.plugin_on(cluster(), make, 3, "worker-1", later=False)
    assert (made.shell.name, made.count) == ("worker-1", 3)
