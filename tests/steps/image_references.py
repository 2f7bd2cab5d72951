"""References and policies of images as volumes: what the API stores and what it refuses."""

from dataclasses import replace

from pytest_bdd import given, then, when

from fixtures.data_images import DataImage
from fixtures.workloads import Workloads
from infra.clients import image_volumes
from infra.clients.api import Answer, need
from infra.clients.running import must_be_none
from infra.cluster import Cluster
from infra.errors import ClaimError
from tests.steps.phrases import phrase

IMAGES = ("example.com/data:1", "example.com/data:latest", "example.com/data")


@when("Pods that mount images by their names alone are tried, not stored", target_fixture="stored")
def stored_policies(workloads: Workloads, data_image: DataImage) -> dict[str, str]:
    """Dry runs: what the API server would store, by image."""
    return {name: stored_policy(workloads, data_image, name) for name in IMAGES}


@given("a Pod and a Deployment whose volume names no image", target_fixture="asked")
def nameless(cluster: Cluster, data_image: DataImage) -> dict[str, Answer]:
    body = replace(data_image, reference="").body("nameless")
    namespace = data_image.workloads.namespace
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    return {
        "Pod": data_image.workloads.pods.ask_to_create(body),
        "Deployment": cluster.api.ask("POST", path, body=image_volumes.deployment_of(body)),
    }


@then("these policies would be stored")
def policies_stored(stored: dict[str, str], datatable: list[list[str]]) -> None:
    wanted = dict(datatable[1:])
    wrong = [f"{n}: {stored[n]}, not {wanted[n]}" for n in wanted if stored[n] != wanted[n]]
    must_be_none(wrong, "a volume's policy follows from its image's tag")


@then(phrase("the Pod is refused with {status:Count}, naming the reference"))
def pod_refused(asked: dict[str, Answer], status: int) -> None:
    answer = asked["Pod"]
    if answer.status != status or "image.reference" not in answer.message:
        raise ClaimError(f"{status} naming image.reference expected: {answer}")


@then("the Deployment is stored")
def deployment_stored(asked: dict[str, Answer]) -> None:
    if asked["Deployment"].status != 201:
        raise ClaimError(f"a template is not looked into before 1.37: {asked['Deployment']}")


def stored_policy(workloads: Workloads, image: DataImage, name: str) -> str:
    body = replace(image, reference=name).body("stored")
    del body["spec"]["volumes"][0]["image"]["pullPolicy"]
    answer = workloads.pods.api.ask(
        "POST", workloads.pods.path(), body=body, params={"dryRun": "All"}
    )
    return str(need(answer)["spec"]["volumes"][0]["image"]["pullPolicy"])
