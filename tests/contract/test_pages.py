"""Every action that AWS answers in pages is answered in pages here."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import get_session

from infra.localec2.moto_api.actions import ALLOWED
from infra.localec2.moto_api.pages import FEWER, FORGIVING, LEAST, MOST, PAGED
from infra.localec2.moto_api.parameters import PARAMETERS
from tests.contract.calls import PROFILE
from tests.contract.conftest import Served
from tests.contract.lived import prepare_iam
from tests.contract.rows.disks import volume
from tests.contract.wire import REGION, body, inputs
from tests.contract.world import World, front_at, settle

if TYPE_CHECKING:
    from infra.localec2.moto_api.front import Front

ACTIONS = sorted(action for action in ALLOWED["ec2"] if "MaxResults" in inputs(action))
MANY = LEAST + 2
ONE = {"DescribeSubnets", "DescribeImages"}
"""The local EC2 has one subnet and one image."""
ASKED: dict[str, dict[str, Any]] = {
    "DescribeInstanceTypes": {
        "InstanceTypes": [f"t3.{size}" for size in ("nano", "micro", "small", "medium", "large")]
        + ["t3.xlarge", "t3.2xlarge"]
    },
    "DescribeSnapshots": {"OwnerIds": ["self"]},
}


@pytest.fixture(scope="module")
def crowd(served: Served, local_client: Any, tmp_path_factory: pytest.TempPathFactory) -> "Front":
    """With more of everything than goes onto one page."""
    front = served.front = front_at(tmp_path_factory.mktemp("crowd") / "journal")
    front.clock = lambda: 0.0
    prepare_iam(front)
    world = World(local_client, front=front, settle=lambda: settle(front))
    for number in range(MANY):
        vpc = local_client.create_vpc(CidrBlock=f"10.{number + 1}.0.0/16")["Vpc"]["VpcId"]
        local_client.create_security_group(GroupName=f"g{number}", Description="g", VpcId=vpc)
        local_client.create_internet_gateway()
        disk = volume(world, Size=8)
        local_client.modify_volume(VolumeId=disk, Iops=3001)
        local_client.create_snapshot(VolumeId=disk)
        local_client.create_tags(Resources=[disk], Tags=[{"Key": "K", "Value": str(number)}])
        local_client.associate_iam_instance_profile(
            InstanceId=world.running(), IamInstanceProfile={"Name": PROFILE}
        )
    return front


@pytest.fixture
def crowded(crowd: "Front", served: Served, local_client: Any) -> Any:
    served.front = crowd
    return local_client


def ask(client: Any, action: str, **params: Any) -> Any:
    return client._make_api_call(action, ASKED.get(action, {}) | params)


def test_pages_are_awss() -> None:
    pages = get_session().get_paginator_model("ec2")
    assert {a: pages.get_paginator(a)["result_key"] for a in ACTIONS} == PAGED


@pytest.mark.parametrize("action", ACTIONS)
def test_bounds_are_awss(action: str) -> None:
    """Where the model has none the reference's text speaks: such an action is forgiving."""
    bounds = inputs(action)["MaxResults"].metadata
    ours = {"min": LEAST, "max": FEWER.get(action, MOST)}
    assert bounds == ({} if action in FORGIVING else ours)


@pytest.mark.parametrize("action", ACTIONS)
def test_pages_make_the_whole(action: str, crowded: Any) -> None:
    whole = ask(crowded, action)[PAGED[action]]
    pages: list[Any] = []
    token: dict[str, str] | None = {}
    while token is not None and len(pages) < MANY * MANY:
        answer = ask(crowded, action, MaxResults=LEAST, **token)
        pages.append(answer[PAGED[action]])
        token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else None
    assert token is None, "the pages have no end"
    assert {len(page) for page in pages[:-1]} <= {LEAST}
    assert 1 <= len(pages[-1]) <= LEAST
    assert len(pages) > 1 or action in ONE
    assert shown(item for page in pages for item in page) == shown(whole)


def shown(items: Any) -> list[str]:
    return sorted(json.dumps(item, default=str, sort_keys=True) for item in items)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("most", [-1, 1, LEAST - 1])
def test_too_small_a_page(action: str, most: int, untouched: "Front") -> None:
    status, text = untouched.answer("ec2", REGION, body(action, {"MaxResults": most}))
    assert (status, "InvalidParameterValue" in text, f"( {most} )" in text) == (400, True, True)


@pytest.mark.parametrize("action", ACTIONS)
def test_too_large_a_page(action: str, untouched: "Front") -> None:
    status, text = untouched.answer("ec2", REGION, body(action, {"MaxResults": MOST + 1}))
    refused = (status, "InvalidParameterValue" in text) == (400, True)
    assert refused == (action not in FORGIVING)


@pytest.mark.parametrize("action", ACTIONS)
def test_token_that_nobody_gave(action: str, untouched: "Front") -> None:
    for token in ("bogus", "WyJhIiwgImIiXQ==", "0"):
        status, text = untouched.answer("ec2", REGION, body(action, {"NextToken": token}))
        assert (status, "InvalidNextToken" in text, token in text) == (400, True, True)


@pytest.mark.parametrize(
    ("action", "name"),
    [(a, n) for a in ACTIONS for n in PARAMETERS[a] if n.endswith("Ids") and n != "OwnerIds"],
)
def test_ids_and_pages(action: str, name: str, untouched: "Front") -> None:
    sent = body(action, {name: ["i-00000000000000000"], "MaxResults": LEAST})
    text = untouched.answer("ec2", REGION, sent)[1]
    # an id of another kind is malformed, which is told first
    assert (
        "InvalidParameterCombination" in text or "Malformed" in text or action == "DescribeImages"
    )
