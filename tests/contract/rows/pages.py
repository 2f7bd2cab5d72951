"""Pages, page tokens and owners: what is asked for is what comes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.rows.disks import volume
from tests.contract.rows.registry import row
from tests.contract.world import IMAGE, World, refused

STRANGER = "999999999999"


def volumes(world: World, count: int) -> set[str]:
    return {volume(world) for _ in range(count)}


def first_page(world: World) -> Any:
    answer = world.ec2.describe_volumes(MaxResults=5)
    assert answer.get("NextToken"), f"{len(answer['Volumes'])} volumes and no token"
    return answer


def ids(answer: Any) -> list[str]:
    return [found["VolumeId"] for found in answer["Volumes"]]


@row
def volumes_come_in_pages(world: World) -> None:
    made = volumes(world, 7)
    first = first_page(world)
    rest = world.ec2.describe_volumes(MaxResults=5, NextToken=first["NextToken"])
    assert (len(ids(first)), len(ids(rest)), "NextToken" in rest) == (5, 2, False)
    assert {*ids(first), *ids(rest)} == made


@row
def paginator_gives_every_page(world: World) -> None:
    volumes(world, 7)
    pages = world.ec2.get_paginator("describe_volumes").paginate(PaginationConfig={"PageSize": 5})
    assert [len(ids(page)) for page in pages] == [5, 2]


@row
def what_is_deleted_between_pages_hides_nothing(world: World) -> None:
    made = volumes(world, 12)
    seen = []
    paginator = world.ec2.get_paginator("describe_volumes")
    for page in paginator.paginate(PaginationConfig={"PageSize": 5}):
        seen.append(len(ids(page)))
        for ident in ids(page):
            world.ec2.delete_volume(VolumeId=ident)
    assert seen == [5, 5, 2], made


@row
def last_page_that_is_full_has_no_token(world: World) -> None:
    volumes(world, 10)
    first = first_page(world)
    assert "NextToken" not in world.ec2.describe_volumes(MaxResults=5, NextToken=first["NextToken"])


@row
def ids_and_pages_exclude_each_other(world: World) -> None:
    (made,) = volumes(world, 1)
    with refused("InvalidParameterCombination"):
        world.ec2.describe_volumes(VolumeIds=[made], MaxResults=5)


@row
def page_of_less_than_five(world: World) -> None:
    with refused("InvalidParameterValue"):
        world.ec2.describe_volumes(MaxResults=1)


@row
def token_of_nobody_is_named(world: World) -> None:
    world.running()
    for describe in (world.ec2.describe_volumes, world.ec2.describe_instances):
        with refused("InvalidNextToken"), named("bogus"):
            describe(NextToken="bogus")


@row
def token_of_another_question(world: World) -> None:
    volumes(world, 7)
    token = first_page(world)["NextToken"]
    with refused("InvalidNextToken"):
        world.ec2.describe_volumes(
            NextToken=token, Filters=[{"Name": "status", "Values": ["available"]}]
        )


@row
def snapshots_of_an_owner_are_its_own(world: World) -> None:
    made = world.ec2.create_snapshot(VolumeId=volume(world))["SnapshotId"]
    shown = {
        owner: [
            s["SnapshotId"] for s in world.ec2.describe_snapshots(OwnerIds=[owner])["Snapshots"]
        ]
        for owner in ("self", STRANGER)
    }
    assert shown == {"self": [made], STRANGER: []}


@row
def snapshots_of_an_owner_come_in_pages(world: World) -> None:
    disk = volume(world)
    made = {world.ec2.create_snapshot(VolumeId=disk)["SnapshotId"] for _ in range(7)}
    paginator = world.ec2.get_paginator("describe_snapshots")
    pages = list(paginator.paginate(OwnerIds=["self"], PaginationConfig={"PageSize": 5}))
    assert [len(page["Snapshots"]) for page in pages] == [5, 2]
    assert {s["SnapshotId"] for page in pages for s in page["Snapshots"]} == made


@row
def named_image_of_another_owner_is_not_shown(world: World) -> None:
    (image,) = world.ec2.describe_images(ImageIds=[IMAGE])["Images"]
    asked = {"ImageIds": [IMAGE], "Owners": [image["OwnerId"]]}
    assert len(world.ec2.describe_images(**asked)["Images"]) == 1
    assert world.ec2.describe_images(**asked | {"Owners": ["self"]})["Images"] == []


class named:  # noqa: N801 - used as pytest.raises is
    """The refusal's message names what was refused."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, ClientError) and self.name not in error.response["Error"]["Message"]:
            pytest.fail(f"the message does not name {self.name!r}: {error}")
