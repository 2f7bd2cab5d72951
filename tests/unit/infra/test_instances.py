"""Machines as EC2 sees them: found by name, started by id."""

from pathlib import Path
from typing import Any, cast

import pytest

from infra import ec2
from infra.ec2 import InstanceInfo
from infra.lifecycle import platforms
from infra.lifecycle.platforms import Instances


def test_a_machine_is_found_by_name_and_started_by_id(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    found = {"worker-0": InstanceInfo("i-0a", "10.0.1.21", None, "stopped")}
    monkeypatch.setattr(ec2, "instances", lambda *_: found)
    monkeypatch.setattr(platforms.ec2, "start", lambda _client, which: started.append(which))
    instances = Instances(cast("Any", None), "series", Path("/none"), public=False)
    assert instances.look("worker-0").state == "stopped"
    instances.start("worker-0")
    assert started == ["i-0a"]
    with pytest.raises(KeyError):
        instances.look("worker-9")
