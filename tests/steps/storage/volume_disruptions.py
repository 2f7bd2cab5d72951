"""A volume whose worker is disturbed: a kubelet that begins anew, a machine that is off."""

from pytest_bdd import then, when

from fixtures.worlds.node.graceful_shutdown import Power
from fixtures.worlds.node.out_of_service_taint import OutOfService
from fixtures.worlds.storage.ebs_volumes import Before, Ebs, Left
from infra.clients.node import kubelet
from infra.clients.transport import systemd
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.storage import volume_writer
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import phrase


@when("the kubelet on the writer's worker restarts", target_fixture="before")
def restart_kubelet(ebs: Ebs, writer: RunningPod) -> Before:
    before = ebs.before(writer)
    systemd.restart(writer.shell, writer.shell.layout.units.kubelet, reread=False)
    kubelet.await_heartbeat(writer.pods.api, writer.node)
    return before


@when("the writer's worker is powered off", target_fixture="left")
def power_off(ebs: Ebs, writer: RunningPod, power: Power) -> Left:
    left = Left(ebs.volume(), volume_writer.numbers(writer), "")
    power.begin(writer.node)
    power.await_off(writer.node)
    return left


@when("the node of the writer's worker is tainted as out of service")
def declare(writer: RunningPod, out_of_service: OutOfService) -> None:
    out_of_service.declare(writer.node)


@then(
    phrase(
        "within {limit:Duration} the node of the writer's worker is not Ready, and EC2 "
        "still has the volume attached to the worker"
    )
)
def not_ready(ebs: Ebs, writer: RunningPod, left: Left, limit: float) -> None:
    eventually(
        lambda: kubelet.ready(ebs.storage.api, writer.node),
        lambda status: status != "True",
        within=scaled(limit),
        what=f"{writer.node} is no longer ready",
    )
    must_be_none(ebs.volume().unlike(instance=left.volume.instance), "EC2 still has it there")


@then(phrase("within {limit:Duration} EC2 has the volume detached"))
def detached(ebs: Ebs, limit: float) -> None:
    eventually(
        lambda: ebs.volume().state,
        lambda state: state == "available",
        within=scaled(limit),
        what="EC2 has the volume detached from a node that is out of service",
    )
