"""A local EC2 with one machine, seen as a user sees it: by boto3 and SSH."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import ec2
from infra.lifecycle.machines import user_data
from infra.localec2 import service
from infra.localec2.host import namespaces
from infra.localec2.host.process_identity import Identity
from infra.localec2.paths import Place
from infra.pki import ssh_keys
from infra.ssh import Ssh
from infra.ssh.connection import Login
from infra.wait import eventually
from tests.localec2.bare import Boots

ADDRESS = "10.0.1.11"
NAME = "controller-0"
REGION = "ap-southeast-1"
STARTS = 60.0
"""Seconds from RunInstances to SSH: 2 s alone (measured); more beside other work."""
ENDS = 45.0
"""Seconds for an orderly way down; the reconciler kills after 30 s."""


@dataclass
class Cloud:
    """``id`` is the instance's, once it was launched."""

    state: Path
    kernel: Path
    image: Path
    endpoint: service.Endpoint
    id: str = ""

    @property
    def place(self) -> Place:
        return Place(self.state)

    @property
    def api(self) -> Any:
        return ec2.client(self.endpoint.url, REGION)

    def start(self) -> None:
        self.endpoint = service.start_or_find(self.state, kernel=self.kernel, image=self.image)

    def launch(self, **more: object) -> None:
        api, keys = self.api, self.state / "ssh"
        keys.mkdir(mode=0o700)
        for name in ("id", f"host-{NAME}"):
            ssh_keys.make(keys / name)
        vpc = api.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = api.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        group = api.create_security_group(VpcId=vpc, GroupName="g", Description="d")["GroupId"]
        ranges = [{"CidrIp": service.OPERATOR_CIDR}]
        ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ranges}
        api.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])
        api.import_key_pair(KeyName="k", PublicKeyMaterial=ssh_keys.public(keys).encode())
        image = api.describe_images()["Images"][0]
        disk = {"DeviceName": image["RootDeviceName"], "Ebs": {"VolumeSize": 8}}
        self.id = api.run_instances(
            ImageId=image["ImageId"], InstanceType="t3.small", MinCount=1, MaxCount=1,
            KeyName="k", SubnetId=subnet, SecurityGroupIds=[group], PrivateIpAddress=ADDRESS,
            UserData=user_data.of(keys, NAME), BlockDeviceMappings=[disk],
            **more,
        )["Instances"][0]["InstanceId"]  # fmt: skip

    def instance(self) -> Any:
        answer = self.api.describe_instances(InstanceIds=[self.id])
        return answer["Reservations"][0]["Instances"][0]

    def state_name(self) -> str:
        return str(self.instance()["State"]["Name"])

    def reason(self) -> str:
        return str(self.instance()["StateReason"]["Code"])

    def check(self) -> str:
        found = self.api.describe_instance_status(InstanceIds=[self.id])["InstanceStatuses"]
        return str(found[0]["InstanceStatus"]["Status"]) if found else ""

    def becomes(self, state: str) -> None:
        eventually(
            self.state_name, lambda s: s == state, within=ENDS, what=f"instance {state}", every=0.1
        )

    def answers(self) -> None:
        eventually(
            self.check, lambda s: s == "ok", within=STARTS, what="the status check ok", every=0.1
        )

    def run(self, *argv: str) -> str:
        keys = self.state / "ssh"
        known = ssh_keys.known_hosts(keys, {NAME: ADDRESS})
        shell = Ssh(NAME, lambda: Login(ADDRESS, "admin", keys / "id", known))
        try:
            return shell.run(argv).stdout.strip()
        finally:
            shell.close()

    def process(self) -> Identity:
        return service.running(self.place)[self.id]

    def daemon(self) -> Identity:
        found = service.daemon_of(self.place)
        assert found is not None
        return found


def opened(state: Path, boots: Boots) -> Cloud:
    kernel, image = boots
    return Cloud(state, kernel, image, service.start_or_find(state, kernel=kernel, image=image))


@contextmanager
def launched(state: Path, boots: Boots, **more: object) -> Iterator[Cloud]:
    """With a machine that answers; ``more`` are options of RunInstances."""
    cloud = opened(state, boots)
    try:
        with namespaces.visiting(cloud.endpoint.netns):
            cloud.launch(**more)
            cloud.answers()
            yield cloud
    finally:
        service.stop(state)
