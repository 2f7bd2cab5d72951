"""A static Pod of one kubelet, as the API shows it: by its mirror."""

import yaml
from pytest_bdd import given, then, when

from fixtures.worlds.faults import Faults
from fixtures.worlds.workloads.pods import Workloads, manifest
from infra.cluster import Cluster
from infra.errors import ClaimError, preparing
from infra.kube_api import Answer, JsonObject
from infra.timing import POD_RUNS, scaled
from infra.wait import eventually
from suite.workloads import dry_runs
from suite.workloads.pod_resize import ARTICLE
from tests.steps.node.kubelet_config_change import change, values
from tests.steps.phrases import one_of, phrase

FOLDER = "/var/lib/claim-static"
"""Where that kubelet finds it; nothing of the series has such a folder."""
THE_MIRROR = "the mirror Pod"


@given("a mirror Pod of a static Pod on a worker", target_fixture="mirror")
def static_pod(cluster: Cluster, faults: Faults, workloads: Workloads) -> JsonObject:
    """The Pod in the API; its kubelet takes it from a file until the scenario ends."""
    node = str(cluster.spec.workers[0].name)
    body = manifest("resizable")
    body["metadata"]["namespace"] = workloads.namespace
    faults.expect(node, FOLDER, unit=cluster.layout.units.kubelet)
    cluster.shell(node).put(yaml.safe_dump(body).encode(), f"{FOLDER}/pod.yaml")
    change(cluster, faults, node, values([["setting", "value"], ["staticPodPath", FOLDER]]))
    return mirror_of(workloads, f"{body['metadata']['name']}-{node}")


@when(
    phrase(
        "a resize of {which:Which} requests the article's resources",
        Which=one_of([THE_MIRROR, "a running resizable Pod"]),
    ),
    target_fixture="answer",
)
def resize_by_article(
    cluster: Cluster, workloads: Workloads, mirror: JsonObject, which: str
) -> Answer:
    if which == THE_MIRROR:
        return resize_by_name(cluster, workloads, mirror["metadata"]["name"])
    return resize_by_name(cluster, workloads, workloads.run("resizable", name="ordinary").name)


@then("the resources of the mirror Pod are the same")
def as_it_was(workloads: Workloads, mirror: JsonObject) -> None:
    before, now = (
        [container["resources"] for container in pod["spec"]["containers"]]
        for pod in (mirror, workloads.pods.get(mirror["metadata"]["name"]))
    )
    if now != before:
        raise ClaimError(f"the static Pod's figures were {before} and are {now}")


def mirror_of(workloads: Workloads, name: str) -> JsonObject:
    """The Pod that the kubelet makes in the API for its own. Errors: NotPrepared."""
    with preparing():
        eventually(
            lambda: workloads.pods.find(name),
            lambda found: found is not None,
            within=scaled(POD_RUNS),
            what=f"the API has the mirror {name}",
        )
    return workloads.pods.settled(name)


def resize_by_name(cluster: Cluster, workloads: Workloads, name: str) -> Answer:
    return dry_runs.ask(
        cluster,
        workloads.pods.api,
        lambda api, params: workloads.pods.by(api).resize(name, ARTICLE, **params),
    )
