"""What a cluster lacks is told by name, and a scenario that needs it does not run."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra import capabilities
from infra.cluster import Cluster
from infra.inventory import series
from tests.unit.fakes import FakeApi, FakeShell

LOGIND = "systemctl show --property=LoadState --value systemd-logind"
HAS = {"test -e /proc/swaps": "", LOGIND: "loaded\n"}
GATE = 'kubernetes_feature_enabled{name="GracefulNodeShutdown",stage="BETA"} '
NODE = "/api/v1/nodes/worker-1/proxy/metrics"


def cluster(table: dict[str, Any], **shells: FakeShell) -> Cluster:
    spec = series("lacking", kubernetes="v1.36.1", platform="local")
    made = SimpleNamespace(spec=spec, api=FakeApi(table), shell=shells.__getitem__)
    return cast("Cluster", made)


def workers(**second: str) -> dict[str, FakeShell]:
    """worker-0 has everything, worker-1 what is given."""
    return {"worker-0": FakeShell("worker-0", HAS), "worker-1": FakeShell("worker-1", second)}


def test_a_whole_cluster_lacks_nothing() -> None:
    table = {capabilities.METRICS: {}, NODE: GATE + "1\n"}
    shells = workers(**HAS)
    assert capabilities.lacks(cluster(table, **shells)) == {}


def test_each_lack_names_the_machine_and_what_is_missing() -> None:
    assert capabilities.lacks(cluster({}, **workers(**{LOGIND: "not-found\n"}))) == {
        "swap": "the kernel of worker-1 has no swap",
        "graceful_shutdown": "worker-1 has no systemd-logind: nothing can delay its shutdown",
        "metrics_server": "no API server answers for the metrics API here",
    }


@pytest.mark.parametrize(
    ("told", "lacks"), [(GATE + "0\n", True), (GATE + "1\n", False), ("", False)]
)
def test_a_gate_is_off_only_if_the_kubelet_says_so(told: str, lacks: bool) -> None:  # noqa: FBT001
    found = capabilities.no_graceful_shutdown(cluster({NODE: told}, **workers(**HAS)))
    expected = "the kubelet of worker-1 has its feature gate GracefulNodeShutdown off"
    assert found == (expected if lacks else "")


def test_workers_of_xdist_read_what_the_controlling_process_found(tmp_path: Path) -> None:
    assert capabilities.saved(tmp_path) == {}
    capabilities.save(tmp_path, {"swap": "none"})
    assert capabilities.saved(tmp_path) == {"swap": "none"}
