"""What a cluster lacks is told by name, and a scenario that needs it does not run."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.cluster import Cluster
from infra.inventory import series
from infra.lifecycle import capabilities
from tests.unit.fakes import FakeApi, FakeShell

LOGIND = "systemctl show --property=LoadState --value systemd-logind"
HAS = {"test -e /proc/swaps": "", LOGIND: "loaded\n"}


def cluster(table: dict[str, Any], **shells: FakeShell) -> Cluster:
    spec = series("lacking", kubernetes="v1.36.1", platform="local")
    made = SimpleNamespace(
        has_means=lambda _: True,
        entrance=None,
        spec=spec,
        api=FakeApi(table),
        shell=shells.__getitem__,
    )
    return cast("Cluster", made)


def workers(**second: str) -> dict[str, FakeShell]:
    """worker-0 has everything, worker-1 what is given."""
    return {"worker-0": FakeShell("worker-0", HAS), "worker-1": FakeShell("worker-1", second)}


def test_a_whole_cluster_lacks_nothing() -> None:
    assert capabilities.lacks(cluster({}, **workers(**HAS))) == {}


def test_each_lack_says_what_no_worker_has() -> None:
    without = {LOGIND: "not-found\n"}
    shells = {name: FakeShell(name, without) for name in ("worker-0", "worker-1")}
    assert capabilities.lacks(cluster({}, **shells)) == {
        "swap": "no worker's kernel has swap",
        "graceful_shutdown": "no worker has systemd-logind: nothing can delay a shutdown",
    }


@pytest.mark.parametrize("second", [{}, {LOGIND: "not-found\n"}, {LOGIND: "masked\n"}])
def test_a_worker_that_differs_is_wrong_and_no_lack(second: dict[str, str]) -> None:
    """Its claims are judged, and do not hold; so are those of a kubelet with its gate off."""
    shells = workers(**{LOGIND: "loaded\n", **second})
    assert capabilities.lacks(cluster({}, **shells)) == {}


def test_a_masked_logind_is_no_lack() -> None:
    shells = {name: FakeShell(name, {LOGIND: "masked\n"}) for name in ("worker-0", "worker-1")}
    assert capabilities.no_graceful_shutdown(cluster({}, **shells)) == ""


def test_workers_of_xdist_read_what_the_controlling_process_found(tmp_path: Path) -> None:
    assert capabilities.saved(tmp_path) == {}
    capabilities.save(tmp_path, {"swap": "none"})
    assert capabilities.saved(tmp_path) == {"swap": "none"}
