"""Components of other minors beside the cluster's: what they say, what the API makes of them."""

from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.faults import Faults
from fixtures.worlds.workloads.pods import Workloads
from infra.clients.lifecycle import version_skew
from infra.clients.node import kubelet
from infra.clients.transport.kubectl import Kubectl, Told
from infra.cluster import Cluster
from infra.errors import ClaimError, claimed, require
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.workloads.pods import PodIdentity
from tests.steps.phrases import phrase
from tests.steps.workloads.pods import identities_on

WARNS = "exceeds the supported minor version skew"
"""kubernetes staging/src/k8s.io/kubectl/pkg/cmd/version/skew_warning.go (1.34)."""


@dataclass(frozen=True)
class Older:
    """The worker whose kubelet is exchanged; containers of both, and versions, before."""

    node: str
    containers: dict[str, dict[str, PodIdentity]]
    versions: dict[str, str]


@given("a client of version n-2 and a client of the cluster's version", target_fixture="clients")
def two_clients(older_kubectl: Kubectl, kubectl: Kubectl) -> dict[str, Kubectl]:
    return {"older": older_kubectl, "own": kubectl}


@when("both clients report their version and the cluster's", target_fixture="told")
def tell_versions(clients: dict[str, Kubectl], evidence: Evidence) -> dict[str, Told]:
    told = {who: client.run("version") for who, client in clients.items()}
    evidence.record("what both say", "text", "\n".join(one.text for one in told.values()))
    return told


@then("the client of version n-2 is answered, and warns about the version skew")
def older_warns(told: dict[str, Told]) -> None:
    one = told["older"]
    if one.status != 0 or WARNS not in one.text or "Server Version" not in one.text:
        raise ClaimError(f"{' '.join(one.argv)} should warn that it {WARNS}: {one}")


@then("the client of the cluster's version does not warn")
def own_is_quiet(told: dict[str, Told]) -> None:
    if told["own"].status != 0 or WARNS in told["own"].text:
        raise ClaimError(f"a client of the cluster's version has nothing to warn of: {told['own']}")


@given("a worker, and the containers and versions of all workers", target_fixture="older")
def both_workers(cluster: Cluster) -> Older:
    names = [str(worker.name) for worker in cluster.spec.workers]
    containers = {name: identities_on(cluster, name) for name in names}
    return Older(names[-1], containers, version_skew.kubelets(cluster.api))


@when("the worker's kubelet is replaced by version n-1")
def exchange(cluster: Cluster, faults: Faults, older: Older, kubelet_before: bytes) -> None:
    program, unit = cluster.layout.programs.kubelet, cluster.layout.units.kubelet
    path, other = cluster.layout.unit_file(unit), f"{program}-before"
    faults.add(older.node, other, kubelet_before)
    text = cluster.shell(older.node).get(path).decode()
    require(f"{program} " in text, f"{path} starts no {program}")
    faults.replace(older.node, path, text.replace(program, other).encode(), unit=unit)
    with claimed():  # that it joins is what is claimed
        kubelet.await_heartbeat(cluster.api, older.node)


@when("the worker's own kubelet is put back")
def put_own_back(cluster: Cluster, faults: Faults, older: Older) -> None:
    unit = cluster.layout.units.kubelet
    faults.put_back(older.node, cluster.layout.unit_file(unit), unit=unit)


@then(
    phrase(
        "within {limit:Duration} the worker's node has version n-1, and every other node "
        "has its own"
    )
)
def one_behind(cluster: Cluster, older: Older, limit: float, evidence: Evidence) -> None:
    found = await_minor_before(cluster, older, limit)
    evidence.table("kubelets", "node, version", found.items())
    others = [f"{n}: {v}" for n, v in found.items() if n != older.node and v != older.versions[n]]
    must_be_none(others, "the other node's version stays")


@then("a new Pod runs on the worker with kubelet n-1")
def pod_runs(workloads: Workloads, older: Older) -> None:
    with claimed():
        workloads.run("resizable", node=older.node, name="new-there")


@then(phrase("within {limit:Duration} every node has the cluster's version"))
def both_own(cluster: Cluster, older: Older, limit: float) -> None:
    eventually(
        lambda: version_skew.kubelets(cluster.api),
        lambda seen: seen == older.versions,
        within=scaled(limit),
        what="both nodes report the version that they had",
    )


@then("no earlier container on any worker has restarted")
def none_restarted(cluster: Cluster, older: Older) -> None:
    wrong = [
        f"{node}, {pod}: {was} became {now.get(pod)}"
        for node, pods in older.containers.items()
        for now in [identities_on(cluster, node)]
        for pod, was in pods.items()
        if now.get(pod) != was
    ]
    must_be_none(wrong, "containers go on under either kubelet")


def await_minor_before(cluster: Cluster, older: Older, limit: float) -> dict[str, str]:
    wanted = version_skew.minor(older.versions[older.node]) - 1
    return eventually(
        lambda: version_skew.kubelets(cluster.api),
        lambda seen: version_skew.minor(seen[older.node]) == wanted,
        within=scaled(limit),
        what=f"{older.node} reports a kubelet of the minor before",
    )
