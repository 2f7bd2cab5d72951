"""What a contract sees: an EC2 client with one network, and a way to let machines move on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from infra.localec2.moto_api.front import Front

IMAGE = "ami-0deb1a0130000c0de"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPJX6Gz2wSbhTDj6tbhcjpCOFt6Xtce5cAZ8xDPXLPVS test"


@dataclass
class World:
    """``settle`` makes every wanted state a fact; on plain moto there is nothing to settle."""

    ec2: Any
    front: Any = None
    settle: Callable[[], None] = lambda: None
    vpc: str = field(init=False)
    subnet: str = field(init=False)
    group: str = field(init=False)

    def __post_init__(self) -> None:
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.1.0/24")["Subnet"][
            "SubnetId"
        ]
        self.group = self.ec2.create_security_group(
            GroupName="machines", Description="machines", VpcId=self.vpc
        )["GroupId"]

    def launch(self, **changes: Any) -> str:
        return str(self.run(**changes)["Instances"][0]["InstanceId"])

    def run(self, **changes: Any) -> Any:
        asked = {
            "ImageId": IMAGE,
            "InstanceType": "t3.small",
            "MinCount": 1,
            "MaxCount": 1,
            "SubnetId": self.subnet,
            "SecurityGroupIds": [self.group],
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}
            ],
        } | changes
        return self.ec2.run_instances(**{k: v for k, v in asked.items() if v is not None})

    def running(self, **changes: Any) -> str:
        instance = self.launch(**changes)
        self.settle()
        return instance

    def describe(self, instance: str) -> Any:
        answer = self.ec2.describe_instances(InstanceIds=[instance])
        return answer["Reservations"][0]["Instances"][0]

    def state(self, instance: str) -> str:
        return str(self.describe(instance)["State"]["Name"])

    def terminate(self, instance: str) -> None:
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.settle()

    def gateway(self) -> str:
        """An attached internet gateway; launched machines get public addresses from now on."""
        made = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=self.vpc)
        self.ec2.modify_subnet_attribute(SubnetId=self.subnet, MapPublicIpOnLaunch={"Value": True})
        return str(made)

    def elastic(self, instance: str) -> Any:
        address = self.ec2.allocate_address(Domain="vpc")
        self.ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=instance)
        return address

    def main_table(self) -> str:
        tables = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])[
            "RouteTables"
        ]
        return str(tables[0]["RouteTableId"])

    def route_state(self, cidr: str) -> str:
        table = self.ec2.describe_route_tables(RouteTableIds=[self.main_table()])["RouteTables"][0]
        return next(
            str(r["State"]) for r in table["Routes"] if r.get("DestinationCidrBlock") == cidr
        )


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(ClientError) as caught:
        yield
    status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert (caught.value.response["Error"]["Code"], status // 100) == (code, 4)


def front_at(journal: Path, temper: Any = None) -> "Front":
    """A local EC2; imported here because moto takes a second, which collecting does not need."""
    from infra.localec2.moto_api.front import Front  # noqa: PLC0415

    return Front(journal, temper=temper)


def settle(front: Any) -> None:
    """A reconciler that is done at once: what is wanted was observed."""
    wanted = front.wanted()
    if wanted is None:
        return
    for instance in wanted.instances:
        front.observed(instance.id, instance.wanted)
    plugged = {volume for instance in wanted.instances for volume in instance.volumes}
    for disk in wanted.volumes:
        front.disk_observed(disk.id, "available")
    for volume, _ in wanted.attached:
        front.disk_observed(volume, "attached" if volume in plugged else "detached")
    for snapshot in wanted.snapshots:
        front.disk_observed(snapshot.id, "completed")
