"""Images of a registry as volumes: when it is asked, what a moved name shows, who may pull."""

from collections.abc import Callable, Mapping

from pytest_bdd import given, then, when

from fixtures.worlds.storage.registry import PulledImage
from infra.errors import ClaimError
from infra.kube_api import need
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import one_of, phrase
from tests.steps.storage.image_volumes import WAITS, await_waiting

FOREIGN = "with a pull secret of another namespace"
STILL_FIRST, NEW = "the first nonce without a restart", "the new nonce"


def never_pulled(pulled: PulledImage) -> str:
    asked = pulled.asked()
    return "" if 200 in asked else f"the worker should have asked the registry; it saw {asked}"


def pulled_again(pulled: PulledImage) -> str:
    since = pulled.asked_since()
    return f"the registry should see no further request; it saw {since}" if since else ""


def not_pulled_again(pulled: PulledImage) -> str:
    none = "the registry should see a request for a Pod that always pulls; none came"
    return "" if pulled.asked_since() else none


PULLS: Mapping[str, Callable[[PulledImage], str]] = {
    "has pulled the image from the registry": never_pulled,
    "has not pulled from the registry again": pulled_again,
    "has pulled from the registry again": not_pulled_again,
}
"""What is wrong with the requests that the registry saw; nothing is good."""


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
    target_fixture="second_pod",
)
def second_pod(pulled: PulledImage, policy: str) -> RunningPod:
    return pulled.start("two" if policy == "IfNotPresent" else "three", policy)


@when("the image's tag is moved to other content", target_fixture="other_nonce")
def move_name(pulled: PulledImage) -> str:
    return pulled.push_other()


@when(
    phrase(
        "a Pod on that worker mounts the registry's image {secret:Secret}",
        Secret=one_of(["without a pull secret", FOREIGN]),
    )
)
def without_use_of_secret(pulled: PulledImage, secret: str) -> None:
    """It waits; the one that waited before is deleted."""
    pulled.image.workloads.pods.delete(WAITS)
    if secret == FOREIGN:
        pulled.make_secret(elsewhere=True)
    pulled.ask_anew(WAITS, "Always", secret=secret == FOREIGN)


@when(
    phrase(
        "another Pod on that worker mounts the registry's image with the pull policy "
        '"{policy:Name}" and without a pull secret'
    )
)
def beside_without_secret(pulled: PulledImage, policy: str) -> None:
    pulled.asked()  # those up to now are the first Pod's
    need(pulled.image.workloads.pods.ask_to_create(pulled.body(WAITS, policy)))


@when(
    "a Pod on that worker mounts the registry's image with a pull secret of its namespace",
    target_fixture="pod",
)
def with_secret(pulled: PulledImage) -> RunningPod:
    """It pulls once. With "Always" the kubelet pulls at each of its syncs, whenever it likes, and
    those pulls would be counted as the second Pod's."""
    pulled.make_secret()
    return pulled.start("one", "IfNotPresent", secret=True)


@then(phrase("the worker {pulls:Pulls}", Pulls=one_of(PULLS)))
def has_pulled(pulled: PulledImage, pulls: str) -> None:
    if wrong := PULLS[pulls](pulled):
        raise ClaimError(wrong)


@then(
    phrase(
        "the {which:Which} Pod's container reads {nonce:Nonce}",
        Which=one_of(["first", "second"]),
        Nonce=one_of([STILL_FIRST, NEW]),
    )
)
def reads(
    pulled: PulledImage,
    pod: RunningPod,
    second_pod: RunningPod,
    other_nonce: str,
    which: str,
    nonce: str,
) -> None:
    subject, first = second_pod if which == "second" else pod, pulled.image.nonce
    wrong = pulled.unread(subject, other_nonce if nonce == NEW else first)
    must_be_none(wrong, f"the {which} Pod reads {nonce}")
    if nonce == STILL_FIRST:
        must_be_none(subject.restarts(), f"the {which} Pod is the same")


@then("the Pod's container reads the nonce of the registry's image")
def reads_nonce(pulled: PulledImage, pod: RunningPod) -> None:
    must_be_none(pulled.image.unread([pod]), "the image was pulled with the secret")


@then(
    phrase(
        'within {limit:Duration} the Pod reports "ImagePullBackOff", because the registry '
        "refused its worker{again:Again}",
        Again=one_of(["", " again"]),
    )
)
def refused(pulled: PulledImage, limit: float, again: str) -> None:
    await_waiting(pulled.image.workloads, "ImagePullBackOff", pulled.image.reference, limit)
    if again:
        must_be_refused(pulled.asked_since())
    else:
        await_refusal(pulled, limit)


def must_be_refused(since: list[int]) -> None:
    if 401 not in since or 200 in since:
        raise ClaimError(f"the registry should have refused the second Pod; it answered {since}")


def await_refusal(pulled: PulledImage, limit: float) -> None:
    eventually(
        pulled.asked,
        lambda seen: 401 in seen and 200 not in seen,
        within=scaled(limit),
        what="the registry has refused the worker, and has never let it pull",
    )
