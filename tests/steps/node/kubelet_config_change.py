"""A kubelet with other settings, for one scenario: what it does, and that it is put back."""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml
from pytest_bdd import given, then, when

from fixtures.worlds.fault_types import Fault
from fixtures.worlds.faults import Faults
from infra.clients.node import kubelet
from infra.clients.node.kubelet_api import await_listening
from infra.clients.transport import journal
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.pki.identities import KUBELET_CLIENT
from infra.ssh import Shell
from infra.timing import scaled
from infra.wait import eventually
from suite.auth import service_accounts
from suite.node import kubelet_restarts
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import phrase

ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:kube-apiserver-to-kubelet"
"""What article 9 lets the API servers do on kubelets."""


@dataclass(frozen=True)
class Ended:
    """Where a worker's journal stood before its kubelet was set to what it does not take."""

    node: str
    position: str


@given(phrase("{worker:SomeWorker} whose kubelet is set to"), target_fixture="changed")
def changed_worker(
    cluster: Cluster, faults: Faults, worker: str, own_worker: str, datatable: list[list[str]]
) -> str:
    """Name of the worker, whose kubelet runs with these settings, the rest as it was."""
    node = worker or own_worker
    change(cluster, faults, node, values(datatable))
    kubelet.await_heartbeat(cluster.api, node)
    await_listening(cluster, node)
    return node


@when("the worker's kubelet is set to")
def change_again(
    cluster: Cluster, faults: Faults, changed: str, datatable: list[list[str]]
) -> None:
    change(cluster, faults, changed, values(datatable))
    kubelet.await_heartbeat(cluster.api, changed)


@when("the kubelet on the Pod's worker is set to", target_fixture="ended")
def change_kubelet_of(
    cluster: Cluster, faults: Faults, pod: RunningPod, datatable: list[list[str]]
) -> Ended:
    before = Ended(pod.node, journal.cursor(pod.shell))
    change(cluster, faults, pod.node, values(datatable))
    return before


@when("the settings of the Pod's kubelet are put back")
def put_back(faults: Faults, pod: RunningPod) -> None:
    layout = pod.shell.layout
    faults.put_back(pod.node, layout.files.kubelet, unit=layout.units.kubelet)


@when(
    phrase(
        'the API servers\' own permission "{right:Name}" of nodes is removed and every '
        "kubelet restarts"
    ),
    target_fixture="taken",
)
def take_right(cluster: Cluster, faults: Faults, right: str) -> Fault:
    """Kubelets that were just started keep no verdict from before."""
    (rule,) = cluster.api.get(ROLE)["rules"]
    left = [one for one in rule["resources"] if one != f"nodes/{right}"]
    fault = faults.edit(ROLE, {"rules": [{**rule, "resources": left}]})
    attributes = {"verb": "get", "resource": "nodes", "subresource": right}
    service_accounts.await_loss(cluster.api_servers().values(), KUBELET_CLIENT, attributes)
    restart_all(cluster)
    return fault


@when("the API servers' permission is added again")
def give_right_back(faults: Faults, taken: Fault) -> None:
    faults.undo(taken)


@then(
    phrase(
        "within {limit:Duration} the kubelet has ended with an error, naming "
        '"{one:Name}" and "{two:Name}"'
    )
)
def ended_naming(cluster: Cluster, ended: Ended, limit: float, one: str, two: str) -> None:
    shell = cluster.shell(ended.node)
    await_failure(shell, ended, limit)
    lines = journal.messages(shell, ended.position, shell.layout.units.kubelet)
    if not any(one in line and two in line for line in lines):
        raise ClaimError(
            f"no log line of the kubelet names {one} and {two}; the last are {lines[-3:]}"
        )


@then("the node of the Pod's worker is Ready")
def node_is_ready(cluster: Cluster, pod: RunningPod) -> None:
    seen = kubelet.ready(cluster.api, pod.node)
    if seen != "True":
        raise ClaimError(f"{pod.node} should be ready again; its condition Ready is {seen}")


def restart_all(cluster: Cluster) -> None:
    kubelet_restarts.restart_all(cluster)
    for worker in cluster.spec.workers:
        await_listening(cluster, worker.name)


def await_failure(shell: Shell, ended: Ended, limit: float) -> None:
    eventually(
        lambda: journal.exits(shell, shell.layout.units.kubelet, since=ended.position),
        lambda exits: any(end.status != "0" for end in exits),
        within=scaled(limit),
        what=f"the kubelet of {ended.node} ends with an error",
    )


def values(datatable: list[list[str]]) -> dict[str, object]:
    """Settings by name, their values read as YAML."""
    return {name: yaml.safe_load(value) for name, value in datatable[1:]}


def change(cluster: Cluster, faults: Faults, node: str, changes: Mapping[str, object]) -> None:
    """Restarts a kubelet with other settings; the rest stays as it was."""
    content = kubelet.with_settings(cluster.shell(node), changes)
    layout = cluster.layout
    faults.replace(node, layout.files.kubelet, content, unit=layout.units.kubelet)
