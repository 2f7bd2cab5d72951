"""What components tell of their configuration, by the names of each Kubernetes minor."""

from typing import Any

import pytest

from infra.clients.instrumentation import configz
from infra.clients.instrumentation.configz import MANAGER, SCHEDULER
from infra.errors import NotJudged
from tests.steps.instrumentation import peer_settings
from tests.unit.elections_fake import cluster
from tests.unit.fakes import goes_red

INTERNAL = {"LeaderElection": {"LeaderElect": True, "RetryPeriod": "2s"}}
PUBLIC = {"leaderElection": {"leaderElect": True, "retryPeriod": "2s"}}
MONITOR = "kube-controller-manager has a node monitor period"


@pytest.mark.parametrize(
    ("component", "configuration"),
    [
        (SCHEDULER, INTERNAL),  # 1.35
        (SCHEDULER, PUBLIC),
        (MANAGER, {"Generic": INTERNAL}),  # 1.35
        (MANAGER, {"Generic": {"LeaderElection": PUBLIC["leaderElection"]}}),
    ],
)
def test_the_names_of_a_configuration_are_those_of_any_minor(
    component: str, configuration: Any
) -> None:
    assert configz.retry_period(component, configuration) == 2


def test_what_is_not_told_is_named() -> None:
    with pytest.raises(NotJudged, match=r"no LeaderElection\.RetryPeriod in .*: Profiles"):
        configz.retry_period(SCHEDULER, {"Profiles": []})


@pytest.mark.parametrize(
    ("version", "below"),
    [
        ("v1.35.8", "KubeCloudShared"),
        ("v1.36.5", "KubeCloudShared"),
        ("v1.37.2", "NodeLifecycleController"),
    ],
)
def test_the_period_of_looking_at_nodes_is_where_its_minor_has_it(
    version: str, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {f"controller-{n}": {below: {"NodeMonitorPeriod": "5s"}} for n in range(3)}
    monkeypatch.setattr(configz, "of_each", lambda *_: told)
    live = cluster(kubernetes=version)
    peer_settings.has_period(live, MONITOR, 5)
    told["controller-1"] = {below: {"NodeMonitorPeriod": "1m0s"}}
    says = f"each {MONITOR} of 5 s; instead: that of controller-1 has 60 s"
    goes_red(says, peer_settings.has_period, live, MONITOR, 5)
