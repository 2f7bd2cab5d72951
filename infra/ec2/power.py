"""Starting, stopping and rebooting one instance, as a person at the console would."""

from collections.abc import Sequence

from infra.ec2.api import Client, asking, pace
from infra.errors import ClaimError, PlatformError
from infra.wait import eventually

WITHIN = 180.0
"""Seconds for a change of state; AWS stops an instance in about a minute, forced after more."""


def start(client: Client, instance_id: str, *, within: float = WITHIN) -> None:
    """The instance runs again (its system may still be booting)."""
    with asking("instance", instance_id):
        client.start_instances(InstanceIds=[instance_id])
    _await(client, instance_id, "running", within=within)


def begin(client: Client, instance_ids: Sequence[str], *, within: float = WITHIN) -> None:
    """All of them start; EC2 takes that once none is stopping any more. Errors: PlatformError."""
    for ident in instance_ids:
        _await(client, ident, "stopped", within=within)
    with asking("instances", ", ".join(instance_ids)):
        client.start_instances(InstanceIds=list(instance_ids))


def stop(client: Client, instance_id: str, *, within: float = WITHIN) -> None:
    """The instance is stopped; its disk and private address stay."""
    stop_all(client, [instance_id], within=within)


def stop_all(client: Client, instance_ids: Sequence[str], *, within: float = WITHIN) -> None:
    """The same of several, all at once. Errors: PlatformError."""
    with asking("instance", ", ".join(instance_ids)):
        client.stop_instances(InstanceIds=list(instance_ids))
    for ident in instance_ids:
        _await(client, ident, "stopped", within=within)


def reboot(client: Client, instance_id: str) -> None:
    """EC2 has taken the reboot; the state stays ``running`` throughout, watch the machine."""
    with asking("instance", instance_id):
        client.reboot_instances(InstanceIds=[instance_id])


def _await(client: Client, instance_id: str, state: str, *, within: float) -> None:
    def look() -> str:
        with asking("instance", instance_id):
            answer = client.describe_instances(InstanceIds=[instance_id])
        return answer["Reservations"][0]["Instances"][0]["State"]["Name"]

    try:
        eventually(
            look,
            lambda seen: seen == state,
            within=within,
            what=f"{instance_id} {state}",
            every=pace(client),
            giving_up_if=lambda seen: seen == "terminated",
        )
    except ClaimError as error:
        raise PlatformError("instance", instance_id, str(error)) from error
