"""Processes of one component that are set alike, so that each does what one of them shows."""

from collections.abc import Callable, Mapping
from functools import partial

from pytest_bdd import then

from infra.clients.instrumentation import configz, peer_settings
from infra.clients.node import kubelet
from infra.clients.transport import durations
from infra.cluster import Cluster
from infra.errors import require
from infra.machine_layout import SERIES
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

Look = Callable[[Cluster], dict[str, peer_settings.Settings]]
PEERS: Mapping[str, Look] = {
    "containerd": peer_settings.of_runtimes,
    "kubelet": peer_settings.of_kubelets,
    "API server": partial(peer_settings.of_processes, component="kube-apiserver"),
    "etcd member": partial(peer_settings.of_processes, component="etcd"),
    **{
        name: partial(peer_settings.of_candidates, component=name) for name in SERIES.leases.elected
    },
}
"""What stands by acts tomorrow, and a load balancer gives each client another API server."""
PEER = one_of(PEERS)
SUBJECT = one_of(peer_settings.SUBJECTS)


def retry_periods(cluster: Cluster, component: str) -> dict[str, float]:
    told = configz.of_each(cluster, component)
    return {machine: configz.retry_period(component, one) for machine, one in told.items()}


def grace_periods(cluster: Cluster) -> dict[str, float]:
    told = configz.of_each(cluster, configz.MANAGER)
    return {machine: configz.grace_period(one) for machine, one in told.items()}


def monitor_periods(cluster: Cluster) -> dict[str, float]:
    told, version = configz.of_each(cluster, configz.MANAGER), cluster.spec.kubernetes
    return {machine: configz.monitor_period(one, version) for machine, one in told.items()}


def report_frequencies(cluster: Cluster) -> dict[str, float]:
    """What is seen in half a minute does not tell 30 s from 5 min."""
    told = {w.name: kubelet.settings(cluster.api, w.name) for w in cluster.spec.workers}
    return {n: durations.of_go(one["nodeStatusReportFrequency"]) for n, one in told.items()}


PERIODS: Mapping[str, Callable[[Cluster], dict[str, float]]] = {
    f"{configz.MANAGER} has a node monitor grace period": grace_periods,
    f"{configz.MANAGER} has a node monitor period": monitor_periods,
    "kubelet has a status report frequency": report_frequencies,
} | {
    f"{name} has a retry period": partial(retry_periods, component=name)
    for name in SERIES.leases.elected
}
"""Seconds by machine, as each process tells them itself."""


@then(phrase("each {period:Period} of {wanted:Duration}", Period=one_of(PERIODS)))
def has_period(cluster: Cluster, period: str, wanted: float) -> None:
    found = PERIODS[period](cluster)
    wrong = [
        f"that of {machine} has {seen:g} s" for machine, seen in found.items() if seen != wanted
    ]
    must_be_none(wrong, f"each {period} of {wanted:g} s")


@then(
    phrase(
        "each {component:Peer} has the same settings for {subject:Subject}",
        Peer=PEER,
        Subject=SUBJECT,
    )
)
def same_settings(cluster: Cluster, component: str, subject: str) -> None:
    """Other settings are the control: peers that differ in them cannot speak for one another."""
    found = peer_settings.odd(PEERS[component](cluster))
    owner = "worker's " if component == "containerd" else ""
    own = [str(one) for one in found if one.is_of(subject)]
    must_be_none(own, f"each {owner}{component} is set as the others are")
    must_be_alike(found, f"each {owner}{component}")


@then("each controller has the same files for its API server")
def same_files(cluster: Cluster) -> None:
    must_be_alike(peer_settings.odd(peer_settings.of_files(cluster)), "each controller's files")


def must_be_alike(found: list[peer_settings.Odd], what: str) -> None:
    """Errors: NotPrepared naming machines and settings."""
    texts = "\n  ".join(map(str, found))
    require(not found, f"{what} should be as those of the others (control); instead: {texts}")
