"""Images of a registry as volumes: when it is asked, what a moved name shows, who may pull."""

from pytest_bdd import given, then, when

from fixtures.worlds.storage.registry import PulledImage
from infra.errors import ClaimError
from infra.kube_api import need
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import phrase
from tests.steps.storage.image_volumes import WAITS, await_waiting


@given(phrase('a registry with the data image for "{worker:Name}"'), target_fixture="pulled")
def open_registry(registry_image: PulledImage, worker: str) -> PulledImage:
    registry_image.worker = worker
    registry_image.serve()
    return registry_image


@given(
    phrase('a private registry with the data image for "{worker:Name}"'),
    target_fixture="pulled",
)
def private_registry(guarded_image: PulledImage, worker: str) -> PulledImage:
    guarded_image.worker = worker
    guarded_image.serve()
    return guarded_image


@when(
    phrase(
        'a Pod on that worker mounts the registry\'s image with the pull policy "{policy:Name}"'
    ),
    target_fixture="pod",
)
def first_pod(pulled: PulledImage, policy: str) -> RunningPod:
    return pulled.start("one", policy)


@when(
    phrase(
        "another Pod on that worker mounts the registry's image with the pull policy "
        '"{policy:Name}"'
    ),
    target_fixture="second",
)
def second_pod(pulled: PulledImage, policy: str) -> RunningPod:
    return pulled.start("two" if policy == "IfNotPresent" else "three", policy)


@when("the image's tag is moved to other content", target_fixture="other_nonce")
def move_name(pulled: PulledImage) -> str:
    return pulled.push_other()


@when("a Pod on that worker mounts the registry's image without a pull secret")
def without_secret(pulled: PulledImage) -> None:
    need(pulled.image.workloads.pods.ask_to_create(pulled.body(WAITS, "Always")))


@when(
    phrase(
        "another Pod on that worker mounts the registry's image with the pull policy "
        '"{policy:Name}" and without a pull secret'
    )
)
def beside_without_secret(pulled: PulledImage, policy: str) -> None:
    pulled.asked()  # those up to now are the first Pod's
    need(pulled.image.workloads.pods.ask_to_create(pulled.body(WAITS, policy)))


@when("a Pod on that worker mounts the registry's image with a pull secret of another namespace")
def foreign_secret(pulled: PulledImage) -> None:
    pulled.image.workloads.pods.delete(WAITS)
    pulled.make_secret(elsewhere=True)
    pulled.ask_anew(WAITS, "Always", secret=True)


@when(
    "a Pod on that worker mounts the registry's image with a pull secret of its namespace",
    target_fixture="pod",
)
def with_secret(pulled: PulledImage) -> RunningPod:
    pulled.make_secret()
    return pulled.start("one", "Always", secret=True)


@then("the worker has pulled the image from the registry")
def was_asked(pulled: PulledImage) -> None:
    if 200 not in pulled.asked():
        raise ClaimError(f"the worker should have asked the registry; it saw {pulled.asked()}")


@then("the worker has not pulled from the registry again")
def not_asked(pulled: PulledImage) -> None:
    must_be_none(list(map(str, pulled.asked_since())), "the registry saw no further request")


@then("the worker has pulled from the registry again")
def asked_again(pulled: PulledImage) -> None:
    if not pulled.asked_since():
        raise ClaimError("the registry should see a request for a Pod that always pulls; none came")


@then("the first Pod's container still reads the first nonce, without a restart")
def still_first(pulled: PulledImage, pod: RunningPod) -> None:
    must_be_none(pulled.image.unread([pod]), "the image of the first Pod is as it was")
    must_be_none(pod.restarts(), "the first Pod is the same")


@then("the second Pod's container reads the new nonce")
def reads_other(pulled: PulledImage, second: RunningPod, other_nonce: str) -> None:
    must_be_none(pulled.unread(second, other_nonce), "the second Pod has the other content")


@then("the Pod's container reads the nonce of the registry's image")
def reads_nonce(pulled: PulledImage, pod: RunningPod) -> None:
    must_be_none(pulled.image.unread([pod]), "the image was pulled with the secret")


@then(
    phrase(
        'within {limit:Duration} the Pod reports "ImagePullBackOff", and the '
        "registry refused its worker"
    )
)
def refused(pulled: PulledImage, limit: float) -> None:
    await_waiting(pulled.image.workloads, "ImagePullBackOff", pulled.image.reference, limit)
    eventually(
        pulled.asked,
        lambda seen: 401 in seen and 200 not in seen,
        within=scaled(limit),
        what="the registry has refused the worker, and has never let it pull",
    )


@then(
    phrase(
        'within {limit:Duration} the Pod reports "ImagePullBackOff", and the '
        "registry refused its worker again"
    )
)
def refused_again(pulled: PulledImage, limit: float) -> None:
    await_waiting(pulled.image.workloads, "ImagePullBackOff", pulled.image.reference, limit)
    since = pulled.asked_since()
    if 401 not in since or 200 in since:
        raise ClaimError(f"the registry should have refused the second Pod; it answered {since}")
