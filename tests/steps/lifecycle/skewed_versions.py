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
from tests.steps.phrases import one_of, phrase
from tests.steps.workloads.pods import identities_on

OWN = "the cluster's version"
KUBELETS = ("version n-1", OWN)
CLIENTS = {"version n-2": "older", OWN: "own"}
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


@when("both clients report their version and the cluster's", target_fixture="client_versions")
def tell_versions(clients: dict[str, Kubectl], evidence: Evidence) -> dict[str, Told]:
    told = {who: client.run("version") for who, client in clients.items()}
    evidence.record("what both say", "text", "\n".join(one.text for one in told.values()))
    return told


@then(
    phrase(
        "the client of {version:Version} is answered, and {warns:Warns} about the version skew",
        Version=one_of(CLIENTS),
        Warns=one_of(["warns", "does not warn"]),
    )
)
def client_warns(client_versions: dict[str, Told], version: str, warns: str) -> None:
    one = client_versions[CLIENTS[version]]
    answered = one.status == 0 and "Server Version" in one.text
    if not answered or (WARNS in one.text) != (warns == "warns"):
        raise ClaimError(f"a client of {version} is answered, and {warns} that it {WARNS}: {one}")


@given("a worker, and the containers and versions of all workers", target_fixture="older")
def both_workers(cluster: Cluster) -> Older:
    names = [str(worker.name) for worker in cluster.spec.workers]
    containers = {name: identities_on(cluster, name) for name in names}
    return Older(names[-1], containers, version_skew.kubelets(cluster.api))


@when(phrase("the worker's kubelet is replaced by {version:Version}", Version=one_of(KUBELETS)))
def exchange(
    cluster: Cluster, faults: Faults, older: Older, kubelet_before: bytes, version: str
) -> None:
    unit = cluster.layout.units.kubelet
    if version == OWN:
        faults.put_back(older.node, cluster.layout.unit_file(unit), unit=unit)
    else:
        put_older(cluster, faults, older, kubelet_before)


def put_older(cluster: Cluster, faults: Faults, older: Older, kubelet_before: bytes) -> None:
    program, unit = cluster.layout.programs.kubelet, cluster.layout.units.kubelet
    path, other = cluster.layout.unit_file(unit), f"{program}-before"
    faults.add(older.node, other, kubelet_before)
    text = cluster.shell(older.node).get(path).decode()
    require(f"{program} " in text, f"{path} starts no {program}")
    faults.replace(older.node, path, text.replace(program, other).encode(), unit=unit)
    with claimed():  # that it joins is what is claimed
        kubelet.await_heartbeat(cluster.api, older.node)


@then(
    phrase(
        "within {limit:Duration} the worker's node has {version:Version}, and every other node "
        "has its own",
        Version=one_of(KUBELETS),
    )
)
def node_has(
    cluster: Cluster, older: Older, limit: float, version: str, evidence: Evidence
) -> None:
    found = await_version(cluster, older, limit, version)
    evidence.table("kubelets", "node, version", found.items())
    others = [f"{n}: {v}" for n, v in found.items() if n != older.node and v != older.versions[n]]
    must_be_none(others, "the other node's version stays")


@then("a new Pod runs on the worker with kubelet n-1")
def pod_runs(workloads: Workloads, older: Older) -> None:
    with claimed():
        workloads.run("resizable", node=older.node, name="new-there")


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


def await_version(cluster: Cluster, older: Older, limit: float, version: str) -> dict[str, str]:
    """What every node reports, once the worker's does so."""
    own = older.versions[older.node]
    wanted = version_skew.minor(own) - 1
    return eventually(
        lambda: version_skew.kubelets(cluster.api),
        lambda seen: (
            seen[older.node] == own
            if version == OWN
            else version_skew.minor(seen[older.node]) == wanted
        ),
        within=scaled(limit),
        what=f"{older.node} reports a kubelet of {version}, where {own} is its own",
    )
