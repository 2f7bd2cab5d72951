"""How many volumes a worker may have, and who counts them."""

from pytest_bdd import given, then

from fixtures.worlds.storage.ebs_csi_driver import Driver
from fixtures.worlds.storage.ebs_volumes import Ebs
from infra.clients.workloads.pod_status import condition
from infra.errors import ClaimError
from infra.timing import scaled
from infra.wait import eventually
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import phrase
from tests.steps.storage.volumes import SECOND

THIRD = "third"
"""Name of a further writer and of its claim."""
NO_ROOM = "exceed max volume count"
"""The scheduler's words; kubernetes pkg/scheduler/framework/plugins/nodevolumelimits (1.36)."""


@given("node plugins that report a limit of one volume per worker")
def one_each(one_volume_each: Driver) -> None:
    """The fixture has changed them, and changes them back."""


@then(
    phrase(
        "within {limit:Duration} the second writer is not scheduled, because the worker "
        "has reached its volume limit"
    )
)
def not_scheduled(ebs: Ebs, limit: float) -> None:
    eventually(
        lambda: condition(ebs.workloads.pods.get(SECOND), "PodScheduled"),
        lambda seen: seen.get("status") == "False" and NO_ROOM in seen.get("message", ""),
        within=scaled(limit),
        what="the second writer is refused for the number of volumes",
    )


@then("a third writer without a node selector gets a volume on the other worker")
def on_the_other(ebs: Ebs, writer: RunningPod) -> None:
    ebs.storage.claim(THIRD)
    third = ebs.take(THIRD, THIRD)
    if third.node == writer.node or ebs.must_be_named(THIRD).state != "in-use":
        raise ClaimError(f"the third writer should have a volume elsewhere than on {writer.node}")
