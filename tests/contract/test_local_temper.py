"""Each trait of AWS's temper shows on the wire of the local EC2, and without it nothing does."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from infra.localec2.moto_api.temper.aws import PACE, Temper, of_aws
from infra.localec2.moto_api.temper.capacity import Capacity
from infra.localec2.moto_api.temper.lost_answers import LostAnswers
from infra.localec2.moto_api.temper.new_ids import NewIds
from infra.localec2.moto_api.temper.profiles import DISASSOCIATING, Profiles
from infra.localec2.moto_api.temper.slow_states import LASTS, SlowStates
from infra.localec2.moto_api.temper.throttling import BETWEEN, LONG, Throttling
from infra.localec2.moto_api.temper.trait import Choices, Lost
from tests.contract.conftest import Served, client, in_process
from tests.contract.test_roles import client as client_of
from tests.contract.world import PUBLIC_KEY, World, front_at, refused, settle

LATE = 10.0
"""Seconds after which every trait has had its time, but a volume's changes."""


class Now:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def passes(self, seconds: float = LATE) -> None:
        self.seconds += seconds


Tempered = Callable[..., World]


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def tempered(served: Served, local_client: Any, tmp_path: Path, now: Now) -> Tempered:
    """A world, made without a temper, that has these traits from then on."""

    def world(*traits: Any) -> World:
        front = served.front = front_at(tmp_path / "journal")
        made = World(local_client, front=front, settle=lambda: settle(front))
        front = served.front = front_at(tmp_path / "journal", Temper(*traits))
        front.clock = now
        made.front, made.settle = front, lambda: settle(front)
        return made

    return world


class Longest(Choices):
    """Takes the last option each time."""

    def pick(self, options: Any, *_: object) -> Any:
        return options[-1]


class Always(Choices):
    def one_in(self, *_: object) -> bool:
        return True


@pytest.fixture
def forgetful(tempered: Tempered, now: Now) -> World:
    return tempered(NewIds(Longest(0), now))


NEW: dict[str, tuple[str, Callable[[World], Any], Callable[[Any, str], Any], str]] = {
    "gateway": (
        "InvalidInternetGatewayID.NotFound",
        lambda w: w.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"],
        lambda e, i: e.describe_internet_gateways(InternetGatewayIds=[i]),
        "describe_internet_gateways",
    ),
    "group": (
        "InvalidGroup.NotFound",
        lambda w: w.ec2.create_security_group(GroupName="g", Description="g", VpcId=w.vpc)[
            "GroupId"
        ],
        lambda e, i: e.describe_security_groups(GroupIds=[i]),
        "describe_security_groups",
    ),
    "table": (
        "InvalidRouteTableID.NotFound",
        lambda w: w.ec2.create_route_table(VpcId=w.vpc)["RouteTable"]["RouteTableId"],
        lambda e, i: e.describe_route_tables(RouteTableIds=[i]),
        "describe_route_tables",
    ),
    "address": (
        "InvalidAllocationID.NotFound",
        lambda w: w.ec2.allocate_address(Domain="vpc")["AllocationId"],
        lambda e, i: e.describe_addresses(AllocationIds=[i]),
        "describe_addresses",
    ),
    "instance": (
        "InvalidInstanceID.NotFound",
        lambda w: w.launch(),
        lambda e, i: e.modify_instance_attribute(InstanceId=i, SourceDestCheck={"Value": False}),
        "describe_instances",
    ),
    "volume": (
        "InvalidVolume.NotFound",
        lambda w: w.ec2.create_volume(AvailabilityZone="ap-southeast-1a", Size=1, VolumeType="gp3")[
            "VolumeId"
        ],
        lambda e, i: e.describe_volumes(VolumeIds=[i]),
        "describe_volumes",
    ),
    "key pair": (
        "InvalidKeyPair.NotFound",
        lambda w: w.ec2.import_key_pair(KeyName="k", PublicKeyMaterial=PUBLIC_KEY.encode())[
            "KeyName"
        ],
        lambda e, i: e.describe_key_pairs(KeyNames=[i]),
        "describe_key_pairs",
    ),
}


@pytest.mark.parametrize("kind", NEW)
def test_what_is_new_is_not_found_by_its_id_and_not_listed(
    forgetful: World, now: Now, kind: str
) -> None:
    code, make, ask, describe = NEW[kind]
    listed = getattr(forgetful.ec2, describe)
    made = make(forgetful)
    with refused(code):
        ask(forgetful.ec2, made)
    assert made not in str(listed())
    now.passes()
    assert made in str(listed())
    ask(forgetful.ec2, made)


def test_what_is_old_is_found(forgetful: World) -> None:
    """Also what an answer names beside the new one."""
    forgetful.ec2.create_security_group(GroupName="g", Description="g", VpcId=forgetful.vpc)
    assert forgetful.vpc in str(forgetful.ec2.describe_vpcs(VpcIds=[forgetful.vpc]))


def test_a_filter_that_names_what_is_new_finds_nothing(forgetful: World) -> None:
    made = forgetful.launch()
    wanted = [{"Name": "instance-id", "Values": [made]}]
    assert forgetful.ec2.describe_instances(Filters=wanted)["Reservations"] == []


def test_a_role_and_a_profile_are_not_found_and_ec2_does_not_take_them(
    forgetful: World, served: Served, now: Now
) -> None:
    iam = in_process(client_of(served, "iam"), served)
    instance = forgetful.running()
    now.passes()
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName="p")
    with refused("EntityAlreadyExists"):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    with refused("NoSuchEntity"):
        iam.get_role(RoleName="r")
    with refused("InvalidParameterValue"):
        forgetful.ec2.associate_iam_instance_profile(
            IamInstanceProfile={"Name": "p"}, InstanceId=instance
        )
    now.passes()
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    forgetful.ec2.associate_iam_instance_profile(
        IamInstanceProfile={"Name": "p"}, InstanceId=instance
    )


def test_calls_are_refused_in_bursts(tempered: Tempered, served: Served) -> None:
    world = tempered(Throttling(Longest(0)))
    iam = in_process(client_of(served, "iam"), served)
    for _ in range(BETWEEN[-1]):
        world.ec2.describe_vpcs()
    for _ in range(LONG[-1] - 1):
        with pytest.raises(ClientError) as told:
            world.ec2.describe_vpcs()
        assert told.value.response["Error"]["Code"] == "RequestLimitExceeded"
        assert told.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    with refused("Throttling"):
        iam.get_role(RoleName="r")
    world.ec2.describe_vpcs()


def test_a_zone_is_full_once(tempered: Tempered) -> None:
    world = tempered(Capacity())
    with pytest.raises(ClientError) as told:
        world.launch()
    assert told.value.response["Error"]["Code"] == "InsufficientInstanceCapacity"
    assert told.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert [world.state(world.launch()) for _ in range(2)] == ["pending", "pending"]


def test_states_of_an_instance_last(tempered: Tempered, now: Now) -> None:
    world = tempered(SlowStates(now))

    def passes_through(action: str, state: str, then: str) -> None:
        world.settle()
        now.passes(LASTS[action] - 0.1)
        assert world.state(machine) == state
        now.passes(0.1)
        assert world.state(machine) == then

    machine = world.launch()
    world.settle()
    world.front.reachable(machine, ok=True)
    passes_through("RunInstances", "pending", "running")
    (status,) = world.ec2.describe_instance_status(InstanceIds=[machine])["InstanceStatuses"]
    assert status["InstanceStatus"]["Status"] == "ok"
    world.ec2.stop_instances(InstanceIds=[machine])
    passes_through("StopInstances", "stopping", "stopped")
    world.ec2.start_instances(InstanceIds=[machine])
    passes_through("StartInstances", "pending", "running")
    world.ec2.terminate_instances(InstanceIds=[machine])
    passes_through("TerminateInstances", "shutting-down", "terminated")


def test_a_fact_that_is_told_in_the_middle_of_a_call_changes_no_id(
    tempered: Tempered, now: Now
) -> None:
    """The daemon asks what is wanted when it looks for room."""
    world = tempered(SlowStates(now))
    first = world.launch()
    world.settle()
    assert world.state(first) == "pending"

    def room(*_: object) -> None:
        now.passes()
        world.front.wanted()

    world.front.capacity = room
    assert world.launch() != first
    assert world.state(first) == "running"
    again = front_at(world.front._journal.path)
    assert again.wanted() == world.front.wanted()


def test_what_no_call_has_begun_is_told_at_once(tempered: Tempered, now: Now) -> None:
    """A machine that ends by itself does so at once on AWS, too."""
    world = tempered(SlowStates(now))
    machine = world.running()
    now.passes()
    world.describe(machine)
    world.front.observed(machine, "stopped", reason="")
    assert world.state(machine) == "stopped"


def test_a_snapshot_is_pending_and_a_volume_changes_for_a_while(
    tempered: Tempered, now: Now
) -> None:
    world = tempered()
    asked = {"AvailabilityZone": "ap-southeast-1a", "Size": 8, "VolumeType": "gp3"}
    volume = world.ec2.create_volume(**asked)["VolumeId"]
    world.settle()
    snapshot = world.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    world.settle()
    (wanted,) = world.front.wanted().snapshots
    assert wanted.made, "its file is not copied once more while it is pending"

    def states() -> tuple[str, str]:
        (one,) = world.ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
        (change,) = world.ec2.describe_volumes_modifications()["VolumesModifications"]
        return one["State"], change["ModificationState"]

    world.ec2.modify_volume(VolumeId=volume, Iops=4000)
    assert states() == ("pending", "modifying")
    now.passes(PACE.modifying)
    assert states() == ("pending", "optimizing")
    now.passes(PACE.snapshot - PACE.modifying)
    assert states() == ("completed", "optimizing")
    now.passes(PACE.optimizing)
    assert states() == ("completed", "completed")


def test_a_profile_that_is_taken_back_is_in_the_way(
    tempered: Tempered, served: Served, now: Now
) -> None:
    world, iam = tempered(Profiles(now)), in_process(client_of(served, "iam"), served)
    asked = {"IamInstanceProfile": {"Name": "p"}, "InstanceId": world.running()}
    iam.create_instance_profile(InstanceProfileName="p")
    given = world.ec2.associate_iam_instance_profile(**asked)["IamInstanceProfileAssociation"]
    taken = {"AssociationId": given["AssociationId"]}
    world.ec2.disassociate_iam_instance_profile(**taken)
    with refused("IncorrectState"):
        world.ec2.associate_iam_instance_profile(**asked)
    with refused("IncorrectState"):
        world.ec2.disassociate_iam_instance_profile(**taken)
    now.passes(DISASSOCIATING)
    with refused("InvalidAssociationID.NotFound"):
        world.ec2.disassociate_iam_instance_profile(**taken)
    world.ec2.associate_iam_instance_profile(**asked)


def test_an_answer_is_lost_after_the_call_took_effect(tempered: Tempered, served: Served) -> None:
    """By a real connection, which ends at once; the client token makes the repetition one call."""
    world = tempered(LostAnswers(Always(0)))
    asked = {"ClientToken": "once"}
    world.ec2 = client(served.endpoint)
    with pytest.raises(ConnectionClosedError):
        world.launch(**asked)
    (there,) = world.ec2.describe_instances()["Reservations"]
    assert world.launch(**asked) == there["Instances"][0]["InstanceId"]
    assert len(world.ec2.describe_instances()["Reservations"]) == 1


def test_no_answer_is_lost_to_who_looks_is_refused_or_cannot_repeat(tempered: Tempered) -> None:
    world = tempered(LostAnswers(Always(0)))
    world.ec2.describe_vpcs()
    with refused("InvalidVpcID.NotFound"):
        world.ec2.delete_vpc(VpcId="vpc-00000000000000000")
    with pytest.raises(ConnectionClosedError):
        world.ec2.create_volume(AvailabilityZone="ap-southeast-1a", Size=1, VolumeType="gp3")
    (volume,) = world.ec2.describe_volumes()["Volumes"]
    world.settle()
    assert world.ec2.create_snapshot(VolumeId=volume["VolumeId"])["SnapshotId"]


def test_a_machine_has_another_public_address_after_each_start(
    tempered: Tempered, served: Served
) -> None:
    world = tempered()
    world.gateway()
    machine = world.running()
    seen = [world.describe(machine)["PublicIpAddress"]]
    for _ in range(3):
        world.ec2.stop_instances(InstanceIds=[machine])
        world.settle()
        assert "PublicIpAddress" not in world.describe(machine)
        world.ec2.start_instances(InstanceIds=[machine])
        world.settle()
        seen.append(world.describe(machine)["PublicIpAddress"])
    assert all(one != other for one, other in pairwise(seen))
    assert len(set(seen)) > 2
    private = world.describe(machine)["PrivateIpAddress"]
    assert private.startswith("10.0.1.")
    assert all(one.startswith("203.0.113.") for one in seen)
    world.front = served.front = front_at(world.front._journal.path, Temper())
    assert world.describe(machine)["PublicIpAddress"] == seen[-1], "a journal tells the same"


def story(seed: int, tmp_path: Path) -> list[str]:
    """What the API answers to the same calls, by a clock that stands."""

    front = front_at(tmp_path / f"{seed}-{len(list(tmp_path.iterdir()))}", of_aws(seed, lambda: 0))
    told = []
    for number in range(60):
        action = ("AllocateAddress", "CreateInternetGateway", "DescribeAddresses")[number % 3]
        try:
            status, text = front.answer("ec2", front.region, f"Action={action}&Version=2016-11-15")
        except Lost:
            status, text = 0, ""
        told.append(f"{status} {text.count('<item>')}")
    return told


def test_a_seed_tells_the_same_story_again(tmp_path: Path) -> None:
    one, again, other = story(7, tmp_path), story(7, tmp_path), story(8, tmp_path)
    assert one == again
    assert one != other
    assert {line.partition(" ")[0] for line in one} == {"0", "200", "503"}


def test_without_a_temper_nothing_of_this_is_so(local: World) -> None:
    local.gateway()
    machine = local.running()
    before = local.describe(machine)["PublicIpAddress"]
    assert local.state(machine) == "running"
    local.ec2.stop_instances(InstanceIds=[machine])
    local.settle()
    assert local.state(machine) == "stopped"
    local.ec2.start_instances(InstanceIds=[machine])
    assert local.describe(machine)["PublicIpAddress"] == before
    for _ in range(100):
        local.ec2.allocate_address(Domain="vpc")
    assert len(local.ec2.describe_addresses()["Addresses"]) == 100


def test_the_daemon_has_the_temper_that_it_is_told(tmp_path: Path) -> None:
    from infra.localec2.daemon import Setup  # noqa: PLC0415 - moto

    made_of = tmp_path, tmp_path, tmp_path, "ap-southeast-1"
    assert Setup(*made_of).temper is None
    assert isinstance(Setup(*made_of, temper_seed=0).temper, Temper)
