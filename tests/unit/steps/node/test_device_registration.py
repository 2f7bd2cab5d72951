"""Plugins with which a scenario cannot begin say why; what a killed run left goes."""

from functools import partial
from typing import Any, cast

import pytest

from fixtures.worlds.node import device_plugins as fixture
from infra.cluster import Cluster
from infra.errors import NotPrepared
from infra.settings import Settings
from tests.steps.node import device_plugins as steps
from tests.steps.node import device_registration
from tests.unit.fakes import FakeApi, FakeShell, Made, not_judged
from tests.unit.steps.node.test_device_plugins import (
    CALLS,
    NAME,
    NODES,
    RESOURCE,
    Live,
    live,
    log,
    made,
    nodes,
    plugin,
)

__all__ = ["made"]  # the fixture


def test_a_kubelet_that_would_remove_the_plugin_s_socket(made: Made) -> None:
    """It has begun anew and takes no registration yet."""
    _, _, shell = made
    with pytest.raises(NotPrepared, match="the kubelet of worker-0 takes registrations"):
        plugin(shell).await_registrations()
    assert any(argv[1:3] == ("register", f"--resource={RESOURCE}") for argv in shell.ran)


def test_a_plugin_whose_devices_no_node_tells_is_no_start(made: Made) -> None:
    """What comes after its registration is not false then."""
    _, api, shell = made
    api.table[NODES] = nodes("0", "0")
    shell.answers["systemd-run"] = ""
    make = cast("Any", lambda *_: plugin(shell))
    start = partial(device_registration.plugin_on, live(made), make, 3, "")
    start(later=True)
    assert shell.answers[f"cat {plugin(shell).folder}/hold"] == ""
    with pytest.raises(NotPrepared, match="worker-0 alone has 3 of"):
        start(later=False)


def test_a_plugin_that_never_registers_is_no_start_and_says_why(made: Made) -> None:
    _, _, shell = made
    said = "error: listen unix /var/lib/kubelet/device-plugins/x.sock: read-only file system"
    shell.answers = {
        "systemctl is-active": "inactive\n",
        f"journalctl _SYSTEMD_UNIT={NAME}.service": f"{said}\n",
        "systemd-run": "",
        **shell.answers,
        "cat /var/lib/claim": "",
    }
    words = (
        rf"the device plugin {NAME} has registered with the kubelet of worker-0: not within 30 s; "
        rf"last seen: 'it is inactive, its log is \[\], and it printed: {said}'"
    )
    not_judged(words, steps.await_registered, live(made), plugin(shell))
    shell.answers["cat /var/lib/claim"] = log(CALLS[:1])
    del shell.answers[f"journalctl _SYSTEMD_UNIT={NAME}.service"]
    words = r"its log is \['listens'\], and it printed: nothing"
    not_judged(words, steps.await_registered, live(made), plugin(shell))
    shell.answers["cat /var/lib/claim"] = log(CALLS[:2])
    assert plugin(shell).unregistered() == ""


def test_what_a_killed_run_left_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody else's devices are."""
    api, shell = FakeApi({}), FakeShell(answers={"systemctl": "", "rm": ""})
    has = {RESOURCE: "3", "example.com/gpu": "1", "vendor.io/claim-0a1b2c3d": "1", "cpu": "2"}
    node = {"metadata": {"name": "worker-0"}, "status": {"capacity": has}}
    api.table[NODES] = {"items": [node]}
    forgotten: list[str] = []
    monkeypatch.setattr(fixture, "forget", lambda _, plugin: forgotten.append(plugin.resource))
    fixture.remove_left(cast("Cluster", Live(api, shell)), Settings())
    assert forgotten == [RESOURCE]
    assert ("systemctl", "stop", NAME) in shell.ran
