"""Versions of components, and the rules on how far apart they may be."""

from pytest_bdd import given, then

from fixtures.plugin.recording import Evidence
from infra import observed_places
from infra.clients.lifecycle import unit_programs, version_skew
from infra.clients.lifecycle.version_skew import Versions
from infra.clients.transport.kubectl import Kubectl
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import JsonObject
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

MIRROR = "kubernetes.io/config.mirror"
OBEY_OR_BREAK = one_of(["obey", "break"])
CONTROL_PLANE = frozenset(
    {f"node-role.kubernetes.io/{role}" for role in ("control-plane", "master")}
)


@given("the versions of all components", target_fixture="versions")
def versions_of_all(cluster: Cluster, kubectl: Kubectl, evidence: Evidence) -> Versions:
    found = version_skew.measure(cluster, kubectl.version())
    rows = [(c, m, version) for c, by in found.items() for m, version in by.items()]
    evidence.table("versions", "component, machine, version", rows)
    return found


@given("the nodes and Pods of the cluster", target_fixture="listing")
def nodes_and_pods(cluster: Cluster) -> dict[str, list[JsonObject]]:
    return {kind: cluster.api.get(f"/api/v1/{kind}")["items"] for kind in ("nodes", "pods")}


@then(
    phrase(
        "{servers:Count} API servers, {managers:Count} controller managers, "
        "{schedulers:Count} schedulers, {kubelets:Count} kubelets, {proxies:Count} "
        "kube-proxies and one client report a version"
    )
)
def counts(
    versions: Versions, servers: int, managers: int, schedulers: int, kubelets: int, proxies: int
) -> None:
    seen = {component: len(found) for component, found in versions.items()}
    wanted = dict(
        zip(version_skew.ORDER, (servers, managers, schedulers, kubelets, proxies), strict=True)
    )
    if seen != {**wanted, version_skew.CLIENT: 1}:
        raise ClaimError(f"there should be {wanted} and one {version_skew.CLIENT}; found {seen}")


@then("each component has the cluster's version")
def one_version(cluster: Cluster, versions: Versions) -> None:
    wanted = cluster.spec.kubernetes
    tell_places(cluster, versions)
    wrong = version_skew.differing(versions, wanted)
    written = version_skew.kubelets(cluster.api)
    wrong += [
        f"the Node {n} has {v}" for n, v in written.items() if v != versions["kubelet"].get(n)
    ]
    must_be_none(wrong, f"every component is {wanted}")


@then("the versions obey the skew policy")
def obey(cluster: Cluster, versions: Versions) -> None:
    tell_places(cluster, versions)
    must_be_none(version_skew.problems(versions), "the versions obey the skew policy")


@then("no component, running or installed, is newer than the API server in its kubeconfig")
def in_order(cluster: Cluster, versions: Versions, evidence: Evidence) -> None:
    found = unit_programs.installed(cluster)
    rows = [(p.component, p.machine, p.version, p.server) for p in found]
    evidence.table("what units would start", "component, machine, version, asks", rows)
    wrong = unit_programs.disorder(cluster, versions, found)
    must_be_none(wrong, "nothing is newer than what it talks to")


@then(phrase("these changes {do:Do} the skew policy", Do=OBEY_OR_BREAK))
def changes(versions: Versions, datatable: list[list[str]], do: str) -> None:
    """The rules can go red: without this a set of equal versions proves nothing."""
    wrong = [
        f"{component} {minors}: {found or 'no rule broken'}, should {do} it: {words}"
        for component, machine, minors, *words in datatable[1:]
        for found in [version_skew.problems(shifted(versions, component, machine, int(minors)))]
        if not (any(words[0] in one for one in found) if do == "break" else not found)
    ]
    must_be_none(wrong, "sets that break the skew policy are told apart")


@then("the nodes are exactly the workers, without a control-plane label")
def nodes_are_workers(cluster: Cluster, listing: dict[str, list[JsonObject]]) -> None:
    wanted = {machine.name for machine in cluster.spec.workers}
    found = {n["metadata"]["name"]: n["metadata"].get("labels") or {} for n in listing["nodes"]}
    wrong = [f"there is a node {name}" for name in found.keys() - wanted]
    wrong += [f"{name} is no node" for name in wanted - found.keys()]
    wrong += [
        f"{n} has the label {one}" for n, has in found.items() for one in CONTROL_PLANE & has.keys()
    ]
    must_be_none(sorted(wrong), "the nodes are the workers, and none is of the control plane")


@then("no Pod is a mirror Pod")
def no_mirrors(listing: dict[str, list[JsonObject]]) -> None:
    metadata = [pod["metadata"] for pod in listing["pods"]]
    mirrors = [m["name"] for m in metadata if MIRROR in (m.get("annotations") or {})]
    must_be_none(mirrors, "no Pod mirrors a file")


@then(
    phrase(
        "upgrades to the next minor version in these orders {do:Do} the skew policy",
        Do=OBEY_OR_BREAK,
    )
)
def orders(versions: Versions, datatable: list[list[str]], do: str) -> None:
    """At every step of the way; one that breaks it is first broken by what its row names."""
    wrong = [
        f"{order}: {found or 'nothing broken'}, should {do} it, first by {by}"
        for order, *by in datatable[1:]
        for found in [broken(versions, order)[:1]]
        if not (bool(found) and found[0].startswith(by[0]) if do == "break" else not found)
    ]
    must_be_none(wrong, "orders that break the skew policy are told apart")


def tell_places(cluster: Cluster, versions: Versions) -> None:
    """Components were asked before: the record of this step has where."""
    for component, found in versions.items():
        for machine in found if component != version_skew.CLIENT else ():
            part = observed_places.API_SERVER if component == version_skew.API else 0
            observed_places.looked(machine, part)


def broken(versions: Versions, order: str) -> list[str]:
    next_minor = version_skew.shifted(next(iter(versions[version_skew.API].values())), 1)
    return version_skew.broken_on_the_way(
        versions, version_skew.moves(versions, next_minor, order=order.split(", "))
    )


def shifted(versions: Versions, component: str, machine: str, minors: int) -> Versions:
    """The same versions, one of them so many minors newer."""
    changed = {name: dict(found) for name, found in versions.items()}
    changed[component][machine] = version_skew.shifted(changed[component][machine], minors)
    return changed
