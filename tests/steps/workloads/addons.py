"""Phrases about add-ons: ordinary workloads that heal, beside a control plane without Pods."""

from dataclasses import dataclass

from pytest_bdd import given, then, when

from infra.clients.controlplane import apiserver_endpoints
from infra.clients.workloads import addons
from infra.clients.workloads.addons import Addons
from infra.cluster import Cluster
from infra.errors import NotJudged, require
from infra.inventory import Role
from infra.lifecycle.gate import pod_connectivity
from infra.timing import scaled
from infra.wait import eventually
from tests.steps.phrases import one_of, phrase

ADDON = one_of(addons.LABELS)


@dataclass(frozen=True)
class Deleted:
    """An add-on's Ready Pods before, by UID, and the one that was deleted."""

    before: dict[str, str]
    uid: str


@given("the add-ons of the cluster", target_fixture="installed")
def installed_addons(cluster: Cluster) -> Addons:
    found = addons.look(cluster.api)
    if not found.pods:
        raise NotJudged("kube-system has no Pods: CoreDNS (article 15) is not installed")
    return found


@when(phrase("one Pod of {addon:Addon} is deleted", Addon=ADDON), target_fixture="deleted_pod")
def delete_one(cluster: Cluster, addon: str) -> Deleted:
    before = addons.ready(cluster.api, addon)
    require(before, f"no Pod of {addon} is Ready: none can be deleted")
    uid = next(iter(before))
    cluster.api.delete(f"{addons.PODS}/{before[uid]}")
    return Deleted(before, uid)


@then(phrase("within {limit:Duration} another Pod of {addon:Addon} is Ready", Addon=ADDON))
def replaced(cluster: Cluster, deleted_pod: Deleted, limit: float, addon: str) -> None:
    eventually(
        lambda: addons.ready(cluster.api, addon),
        lambda now: deleted_pod.uid not in now and len(now) == len(deleted_pod.before),
        within=scaled(limit),
        what=f"{addon} has {len(deleted_pod.before)} Ready Pods again, without {deleted_pod.uid}",
    )


@then(phrase("within {limit:Duration} Pods on every worker resolve names"))
def names_resolved(cluster: Cluster, limit: float) -> None:
    pod_connectivity.across_workers(cluster, within=limit)


@then(phrase("within {limit:Duration} {addon:Addon} has a Ready Pod on every worker", Addon=ADDON))
def on_every_worker(cluster: Cluster, limit: float, addon: str) -> None:
    """Another scenario may have deleted one just now."""
    workers = sorted(str(machine.name) for machine in cluster.spec.workers)
    eventually(
        lambda: addons.workers_of(cluster.api, addon),
        lambda seen: seen == workers,
        within=scaled(limit),
        what=f"{addon} has a Ready Pod on each of {', '.join(workers)}",
    )


@then("the other add-ons are the same")
def others_as_before(installed: Addons, deleted_pod: Deleted) -> None:
    touched = installed.touched(deleted_pod.uid)
    assert not touched, "; ".join(touched)


@then("each add-on belongs to a Deployment or a DaemonSet")
def belong_to_workloads(installed: Addons) -> None:
    wrong = {n: kind for n, kind in installed.owners().items() if kind not in addons.WORKLOADS}
    assert not wrong, f"owned by something else: {wrong}"


@then(phrase("within {limit:Duration} every add-on has finished rolling out"))
def rolled_out(cluster: Cluster, limit: float) -> None:
    """The storage driver may be on its way in, for another scenario."""
    eventually(
        lambda: addons.unfinished_rollouts(cluster.api),
        lambda unfinished: not unfinished,
        within=scaled(limit),
        what="every Deployment and DaemonSet of kube-system has finished rolling out",
    )


@then("no Pod is a control-plane component or a mirror Pod")
def no_control_plane_pods(cluster: Cluster, installed: Addons) -> None:
    every = cluster.api.get("/api/v1/pods")["items"]
    require(len(every) >= len(installed.pods), "the list of all Pods lacks those of kube-system")
    units = cluster.layout.units.of(Role.CONTROLLER)
    found = apiserver_endpoints.parts_as_pods(every, units)
    assert not found, f"these Pods are a part of the control plane: {', '.join(found)}"
