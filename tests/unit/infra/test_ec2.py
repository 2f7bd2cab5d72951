"""What provisioning decides before it asks EC2 anything."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from infra import ec2
from infra.ec2 import api, machines, network, rules, tagged
from infra.errors import PlatformError
from infra.inventory import series

SPEC = series("test", kubernetes="v1.36.1", platform="local")


class Images:
    def __init__(self, *images: tuple[str, str]) -> None:
        self._images = images

    def describe_images(self, **_: Any) -> Any:
        return {
            "Images": [
                {"Name": n, "CreationDate": d, "ImageId": f"ami of {n}", "RootDeviceName": "/dev/x"}
                for n, d in self._images
            ]
        }


def test_newest_stable_image_is_taken() -> None:
    found: Any = Images(
        ("debian-13-amd64-20250814-2204", "2025-08-14T00:00:00.000Z"),
        ("debian-13-amd64-20261101-2287", "2026-11-01T00:00:00.000Z"),
        ("debian-13-amd64-daily-20261122-2300", "2026-11-22T00:00:00.000Z"),
    )
    assert machines.image(found).id == "ami of debian-13-amd64-20261101-2287"


def test_region_without_debian_is_told() -> None:
    none: Any = Images(("debian-13-amd64-daily-20261122-2300", "2026-11-22T00:00:00.000Z"))
    with pytest.raises(PlatformError, match="none of account 136693071363 in this region"):
        machines.image(none)


def test_token_is_of_one_machine_in_one_network_and_generation() -> None:
    def token(vpc: str, machine: str, generation: int) -> str:
        ids = network.Ids(vpc, "subnet", "table", "group")
        launch = machines.Launch(machines.Image("ami", "/dev/x"), ids, "key", {})
        return machines._token(SPEC, SPEC.machine(machine), launch, generation)

    first = token("vpc-1", "lb", 0)
    assert first == token("vpc-1", "lb", 0)
    assert len(first) == 64
    others = {token("vpc-2", "lb", 0), token("vpc-1", "worker-0", 0), token("vpc-1", "lb", 1)}
    assert len(others | {first}) == 4


def test_outside_reaches_ssh_and_the_api_only() -> None:
    wanted = rules.wanted_rules(SPEC, "198.51.100.7/32")
    outside = [r for r in wanted if r["IpRanges"][0].get("CidrIp") == "198.51.100.7/32"]
    assert [(r["IpProtocol"], r["FromPort"], r["ToPort"]) for r in outside] == [
        ("tcp", 22, 22),
        ("tcp", 6443, 6443),
    ]
    assert not [r for r in wanted if r["IpRanges"][0].get("CidrIp") == "0.0.0.0/0"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("DependencyViolation", ec2.InUse),
        ("InvalidInstanceID.NotFound", ec2.Missing),
        ("InvalidSubnetID.NotFound", ec2.Missing),
        ("UnauthorizedOperation", ec2.Refused),
    ],
)
def test_refusal_carries_resource_and_reason(code: str, kind: type[Exception]) -> None:
    answer: Any = {"Error": {"Code": code, "Message": "because"}}
    with pytest.raises(kind) as caught, api.asking("subnet", "10.0.1.0/24"):
        raise ClientError(answer, "DeleteSubnet")
    assert str(caught.value) == f"subnet 10.0.1.0/24: {code}: because"
    assert type(caught.value) is kind


def test_silence_is_a_platform_error() -> None:
    with pytest.raises(PlatformError, match="EC2 did not answer"), api.asking("VPC", "vpc-1"):
        raise EndpointConnectionError(endpoint_url="http://nowhere")


def test_client_waits_briefly_for_a_near_platform_and_longer_for_aws() -> None:
    keys = ec2.Keys("key", "secret")
    near = ec2.client("http://127.0.0.1:9", "ap-southeast-1")
    far = ec2.client(None, "ap-southeast-1", credentials=keys)
    config: Any = near.meta.config
    assert config.connect_timeout < cast("Any", far.meta.config).connect_timeout
    assert (api.pace(near), api.pace(far)) == (0.2, 2.0)
    attempts = [cast("Any", one.meta.config).retries["total_max_attempts"] for one in (near, far)]
    assert attempts == [2, 8]
    tempered = ec2.client("http://127.0.0.1:9", "ap-southeast-1", like_amazons=True)
    assert cast("Any", tempered.meta.config).retries["total_max_attempts"] == 8
    assert (api.is_amazons(tempered), api.is_amazons(near), api.pace(tempered)) == (True, False, 2)
    assert "secret" not in repr(keys)


class Paged:
    """EC2 that gives a page of a kind at a time; what it has no pages of, at once."""

    def __init__(self, **pages: list[dict[str, Any]]) -> None:
        self.pages = pages

    def can_paginate(self, call: str) -> bool:
        return call in self.pages

    def get_paginator(self, call: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: iter(self.pages[call]))

    def __getattr__(self, call: str) -> Any:
        items = next(items for named, items, _ in tagged.KINDS.values() if named == call)
        return lambda **_: self.pages.get(call, [{items: [], "Reservations": []}])[0]


def test_what_is_left_is_looked_for_on_every_page() -> None:
    pages: list[dict[str, Any]] = [
        {"Volumes": []},
        {"Volumes": [{"VolumeId": "vol-2", "State": "available"}]},
    ]
    client: Any = Paged(describe_volumes=pages)
    assert [str(one) for one in tagged.find(client, "test")] == ["volume vol-2"]


@pytest.mark.parametrize("code", [48, 304])
def test_a_terminated_instance_is_only_shown(code: int) -> None:
    """Of a state's code only the low byte is the state; source: EC2 API, InstanceState."""
    gone = {"InstanceId": "i-1", "State": {"Code": code, "Name": "terminated"}}
    there = {"InstanceId": "i-2", "State": {"Code": 32, "Name": "shutting-down"}}
    answer = {"Reservations": [{"Instances": [gone, there]}]}
    client: Any = Paged(describe_instances=[answer])
    assert [str(one) for one in tagged.find(client, "test")] == ["instance i-2"]
