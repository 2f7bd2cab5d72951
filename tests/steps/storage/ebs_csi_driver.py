"""The EBS CSI driver itself: its Pods, its registration and the role that it needs."""

from pytest_bdd import then, when

from fixtures.worlds.storage.ebs_volumes import Ebs
from infra.errors import ClaimError
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.storage import ebs_csi_driver
from suite.storage.persistent_volume_claims import DRIVER
from tests.steps.phrases import Time, one_of, phrase


@when(
    phrase(
        "the driver's role is {change:Change} the workers",
        Change=one_of(["added to", "removed from"]),
    )
)
def change_role(ebs: Ebs, change: str) -> None:
    if change == "added to":
        ebs.driver.give_role()
        return
    ebs.driver.take_role()
    # credentials that a process has already stay good for hours on AWS
    ebs_csi_driver.restart_controllers(ebs.driver.api)


@then(
    phrase(
        "both controller Pods of the driver run on workers with {ready:Count} of "
        "{count:Count} containers Ready"
    )
)
def controllers(ebs: Ebs, ready: int, count: int) -> None:
    found = ebs_csi_driver.controllers(ebs.driver.api)
    workers = {worker.name for worker in ebs.driver.cluster.spec.workers}
    wanted = f"{ready}/{count}"
    wrong = [f"{p}: {c} on {n}" for p, n, c in found if c != wanted or n not in workers]
    must_be_none(wrong, f"every controller of the driver is {wanted} on a worker")
    if len(found) != 2:
        raise ClaimError(f"there should be 2 controllers of the driver; there are {len(found)}")


@then(phrase("{time:Time}the driver is registered on every worker"))
def registered(ebs: Ebs, time: Time) -> None:
    """A Pod that is Ready may not be: the registrar asks the kubelet while it is Ready already, and
    the kubelet looks for sockets each second, after a failure 0.5 s later, doubled each time.
    """
    time.must(
        lambda: ebs_csi_driver.unregistered(ebs.driver.cluster),
        lambda unregistered: not unregistered,
        what=f"every worker knows {DRIVER}",
    )


@then("the instance profile of the driver's role is on the workers and on no other machine")
def role_on_workers(ebs: Ebs) -> None:
    having, workers = ebs.driver.with_role(), set(ebs.driver.instances.values())
    if having != workers:
        raise ClaimError(
            f"the role should be on the workers {sorted(workers)}; it is on {sorted(having)}"
        )


@then(
    phrase(
        "within {limit:Duration} both controller Pods of the driver report that they "
        "have no credentials"
    )
)
def no_credentials(ebs: Ebs, limit: float) -> None:
    eventually(
        lambda: ebs_csi_driver.last_words(ebs.driver.api),
        lambda words: len(words) == 2 and all("IAM credentials" in text for text in words),
        within=scaled(limit),
        what="every controller ends and tells that its health check wants credentials",
    )
