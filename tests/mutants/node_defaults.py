"""One worker, or one API server, that differs in what articles 65 and 70 claim of all."""

from collections.abc import Callable

from infra.cluster import Cluster
from tests.mutants.changes import WORKER, api_server_with, one_kubelet_with
from tests.mutants.mutant import Mutant

RUNC, REAL = "/usr/local/sbin/runc", "/usr/local/sbin/runc.real"
OBLIGING = f"""#!/bin/sh
case " $* " in *" update "*) exit 0 ;; esac
exec {REAL} "$@"
"""


def one_api_server_without(plugin: str) -> Callable[[Cluster], None]:
    routing = "--enable-aggregator-routing=true"
    return api_server_with(
        "controller-2", {routing: f"--disable-admission-plugins={plugin} \\\n  {routing}"}
    )


def obliging_runtime(cluster: Cluster) -> None:
    """A runtime that says yes to an update and does nothing."""
    shell = cluster.shell(WORKER)
    shell.run(["mv", RUNC, REAL])
    shell.put(OBLIGING.encode(), RUNC, mode=0o755)


def honest_runtime(cluster: Cluster) -> None:
    cluster.shell(WORKER).run(["mv", "--force", REAL, RUNC])


MUTANTS = (
    Mutant(
        "one kubelet without CPU quota",
        "65.3",
        "worker-1: cpuCFSQuota is False, must be True",
        one_kubelet_with("cpuCFSQuota: false"),
        or_says="cpu.max max 100000",
    ),
    Mutant(
        "one kubelet whose Pods are not resized by their quota",
        "70.1",
        "cpu.max max 100000",
        one_kubelet_with("cpuCFSQuota: false"),
    ),
    Mutant(
        "one kubelet that throttles memory",
        "65.6",
        "worker-1",
        one_kubelet_with("featureGates: {MemoryQoS: true}"),
    ),
    Mutant(
        "one kubelet that bears swap",
        "65.12",
        "worker-1: failSwapOn is False, must be True",
        one_kubelet_with("failSwapOn: false"),
    ),
    Mutant(
        "a runtime that says yes to resizes",
        "70.1",
        "cgroups of rz allow",
        obliging_runtime,
        mend=honest_runtime,
    ),
    Mutant(
        "one API server without quotas",
        "70.18",
        "the API server of controller-2 should refuse this with 403, naming 'exceeded quota'",
        one_api_server_without("ResourceQuota"),
    ),
    Mutant(
        "one API server without limit ranges",
        "70.18",
        "the API server of controller-2 should refuse this with 403",
        one_api_server_without("LimitRanger"),
    ),
    Mutant(
        "one API server that lets Pods outgrow their node",
        "70.13",
        "the API server of controller-2 should refuse this with 403, naming 'NodeCapacity'",
        one_api_server_without("PodResizeValidator"),
    ),
)
