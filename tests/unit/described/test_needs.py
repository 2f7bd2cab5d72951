"""What scenarios need of a cluster is what their steps are found to touch."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.cluster import Cluster
from infra.described import means, needs
from infra.described.reading import parse
from infra.ssh import Shell
from tests import call_graph, scenario_needs

PART = "part13_operating"


def test_the_file_is_what_the_steps_touch() -> None:
    """Wrote somebody a step? ``python -m tests.scenario_needs`` writes the file again."""
    assert json.loads(needs.FILE.read_text()) == scenario_needs.all_needs()


def test_every_need_is_a_means() -> None:
    assert {one for of in needs.known().values() for one in of} <= means.MEANS.keys()


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("67_priority_and_fairness.feature: Built-in FlowSchemas and priority levels", set()),
        ("66_logging.feature: The default rotation settings", set()),
    ],
)
def test_what_asks_the_api_only_needs_nothing_more(scenario: str, expected: set[str]) -> None:
    assert set(needs.known()[f"{PART}/{scenario}"]) - {"admin_api"} == expected


@pytest.mark.parametrize(
    "scenario",
    [
        "66_log_rotation.feature: A kubelet is stopped while a Pod prints",  # a step asks for it
        "64_draining.feature: A worker is drained",  # the scheduler has to find it
        "64_draining.feature: A drain waits for a third Pod",  # a budget has to be kept
        "66_logging.feature: A container restarts twice on worker-1",  # it is named
    ],
)
def test_what_needs_a_second_worker_says_so(scenario: str) -> None:
    assert "workers_1" in needs.known()[f"{PART}/{scenario}"]


def test_what_one_worker_can_do_needs_no_second() -> None:
    part14, known = "part14_new_in_1_36", needs.known()
    neighbour = f"{part14}/70_pod_resize.feature: CPU and memory grow in place on worker-0"
    assert "workers_1" not in known[neighbour], "its neighbour is on the same worker"
    graceful = "64_draining.feature: A Pod with a preStop hook and a SIGTERM handler logs its "
    assert "workers_1" not in known[f"{PART}/{graceful}termination"]


def shell_in_a_lambda(cluster: Cluster) -> list[str]:
    shells = [cluster.shell(name) for name in ("a", "b")]
    return list(map(told, shells))


def told(shell: Shell) -> str:
    return shell.name


def through_a_fixture_type(cluster: Cluster) -> Any:
    return cluster.api_of("a").get("/")


def test_what_a_function_touches_is_followed() -> None:
    assert "Cluster.shell" in call_graph.reached(shell_in_a_lambda)
    found = call_graph.reached(through_a_fixture_type)
    assert "Cluster.api_of" in found
    assert "Cluster.shell" not in found


def test_a_scenario_that_cannot_be_judged_says_why(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    told = {"name": "mine", "kubeconfig": "config", "kubernetes": "v1.36.1"}
    lacks = means.lacks(parse(told, tmp_path / "my.toml"))
    known = needs.known()
    judged = [key for key in known if not needs.lacking(key, lacks)]
    assert 70 < len(judged) < 120
    stops = next(key for key, of in known.items() if "may_disrupt" in of and "worker_shell" in of)
    assert needs.lacking(stops, lacks)[:1] == ["my.toml has no [ssh]"]
    assert "my.toml has no disrupt = true in [may]" in needs.lacking(stops, lacks)
