"""A machine or a platform that is not as asked for is told, one that is slow is waited for."""

from typing import TYPE_CHECKING, Any

import pytest

from infra import ec2
from infra.errors import PlatformError, UserError
from infra.inventory import MachineName
from tests.contract.cluster import SPEC, hooked, provision
from tests.contract.world import settle

if TYPE_CHECKING:
    from infra.localec2.moto_api.front import Front


def test_another_key_is_refused(client: Any) -> None:
    provision(client)
    with pytest.raises(PlatformError, match="belongs to another key"):
        provision(client, public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIother me")


def test_refusal_names_machine_and_reason(client: Any, front: "Front") -> None:
    def full(instance_type: str, running: int) -> None:
        if running >= 2:
            raise UserError(f"no memory for a third machine ({instance_type})")

    front.capacity = full
    with pytest.raises(ec2.Refused, match="InsufficientInstanceCapacity: no memory for a third"):
        provision(client)


def test_machines_that_boot_slowly_are_waited_for(client: Any, front: "Front") -> None:
    front.on_change = lambda: None
    looks: list[str] = []

    def boot_after_a_while(**_: Any) -> None:
        looks.append("looked")
        if len(looks) == 4:
            settle(front)

    with hooked(client, "after-call.ec2.DescribeInstances", boot_after_a_while):
        assert {i.state for i in provision(client).instances.values()} == {"running"}
    assert len(looks) > 4


def test_machine_that_dies_at_launch_is_told_at_once(client: Any, front: "Front") -> None:
    def kill() -> None:
        wanted = front.wanted()
        for instance in wanted.instances if wanted else ():
            front.observed(instance.id, "terminated", reason="the kernel did not boot")

    front.on_change = kill
    with pytest.raises(PlatformError, match=r"Server\.InternalError: the kernel did not boot"):
        provision(client)


def test_power(client: Any) -> None:
    ident = provision(client).instances[MachineName("worker-0")].id
    ec2.stop(client, ident)
    with pytest.raises(ec2.Refused, match="IncorrectInstanceState"):
        ec2.reboot(client, ident)
    ec2.start(client, ident)
    ec2.reboot(client, ident)
    with pytest.raises(ec2.Missing, match="i-0123456789abcdef0"):
        ec2.start(client, "i-0123456789abcdef0")


def test_silent_platform_is_our_error() -> None:
    nobody = ec2.client("http://127.0.0.1:9", "ap-southeast-1")
    with pytest.raises(PlatformError, match="did not answer"):
        ec2.find(nobody, SPEC)
