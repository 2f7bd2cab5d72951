"""References and policies of images as volumes: what the API stores and what it refuses."""

from dataclasses import replace

from pytest_bdd import given, then

from fixtures.worlds.storage.data_images import DataImage
from fixtures.worlds.workloads.pods import Workloads
from infra.cluster import Cluster
from infra.kube_api import DRY_RUN, Answer, Api, JsonObject, need
from suite.expect import must_be_none
from suite.storage import image_volumes
from tests.steps.phrases import one_of, phrase

IMAGES = ("example.com/data:1", "example.com/data:latest", "example.com/data")


@given("Pods with image volumes without a pull policy", target_fixture="bodies")
def by_name_alone(data_image: DataImage) -> dict[str, JsonObject]:
    """Bodies of Pods by image."""
    return {name: without_policy(data_image, name) for name in IMAGES}


@given("a Pod and a Deployment whose image volume has no reference", target_fixture="body")
def nameless(data_image: DataImage) -> JsonObject:
    """The Pod; the Deployment has it as its template."""
    return replace(data_image, reference="").body("nameless")


@then("every API server stores these pull policies in a dry run")
def policies_stored(
    cluster: Cluster,
    workloads: Workloads,
    bodies: dict[str, JsonObject],
    datatable: list[list[str]],
) -> None:
    asked = [(image, policy, bodies[image]) for image, policy in datatable[1:]]
    wrong = [
        f"{where} would store {found} for {image}, not {policy}"
        for where, api in cluster.api_servers().items()
        for image, policy, body in asked
        if (found := stored_policy(api, workloads, body)) != policy
    ]
    must_be_none(wrong, "a volume's policy follows from its image's tag")


@then(
    phrase(
        "every API server refuses the {kind:Kind} with {status:Count}, naming the reference",
        Kind=one_of(["Pod", "Deployment"]),
    )
)
def refused(
    cluster: Cluster, workloads: Workloads, body: JsonObject, kind: str, status: int
) -> None:
    answers = tried_by_each(cluster, workloads, kind, body)
    wrong = [
        f"{where} answered {answer}"
        for where, answer in answers.items()
        if answer.status != status or "image.reference" not in answer.message
    ]
    must_be_none(wrong, f"a {kind} without it is refused with {status}, naming image.reference")


@then("every API server admits the Deployment")
def deployment_stored(cluster: Cluster, workloads: Workloads, body: JsonObject) -> None:
    answers = tried_by_each(cluster, workloads, "Deployment", body)
    wrong = [f"{where} answered {a}" for where, a in answers.items() if a.status != 201]
    must_be_none(wrong, "a template is not looked into before 1.37")


def without_policy(image: DataImage, name: str) -> JsonObject:
    body = replace(image, reference=name).body("stored")
    del body["spec"]["volumes"][0]["image"]["pullPolicy"]
    return body


def tried_by_each(
    cluster: Cluster, workloads: Workloads, kind: str, pod: JsonObject
) -> dict[str, Answer]:
    """What each API server would say to the Pod, or to a Deployment of it."""
    path, body = workloads.pods.path(), pod
    if kind == "Deployment":
        path = f"/apis/apps/v1/namespaces/{workloads.namespace}/deployments"
        body = image_volumes.deployment_of(pod)
    return {where: tried(api, path, body) for where, api in cluster.api_servers().items()}


def tried(api: Api, path: str, body: JsonObject) -> Answer:
    """What an API server would say; nothing is stored."""
    return api.ask("POST", path, body=body, params=DRY_RUN)


def stored_policy(api: Api, workloads: Workloads, body: JsonObject) -> str:
    answer = need(tried(api, workloads.pods.path(), body))
    return str(answer["spec"]["volumes"][0]["image"]["pullPolicy"])
