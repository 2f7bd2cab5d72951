"""Each answer has the members that plain moto's has, and none that AWS's model lacks."""

from collections.abc import Callable
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.contract.calls import LIFE, Ids
from tests.contract.lived import SETUP, Outcome
from tests.contract.wire import REGION, body, members, parsed

CHANGE = "volumeModification"
TOLD = {
    f"{when}{what}"
    for when in ("original", "target")
    for what in ("MultiAttachEnabled", "Size", "Throughput", "VolumeType")
}
MORE: dict[str, set[str]] = {
    "CreateVolume": {"/throughput"},
    "DescribeVolumes": {
        "/volumeSet/attachmentSet/deleteOnTermination",
        "/volumeSet/sourceVolumeId",
        "/volumeSet/throughput",
    },
    "DescribeVolumesModifications": {f"/volumeModificationSet/{name}" for name in TOLD},
    "ModifyVolume": {f"/volumeModification/{name}" for name in TOLD},
}
"""What AWS tells and moto does not."""
FEWER: dict[str, set[str]] = {
    "DescribeImages": {"/imagesSet/imageOwnerAlias"},  # moto takes Debian for Amazon
    "ModifyVolume": {"/volumeModification/endTime"},  # moto ends a change as it begins
}
"""What moto tells and AWS does not."""
MOTO_LACKS = {"CopyVolumes", "DescribeVolumeStatus"}


def plain_answer(endpoint: str, service: str, sent: str) -> tuple[int, str]:
    scope = f"Credential=any/20260101/{REGION}/{service}/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}"}
    try:
        with urlopen(Request(endpoint, sent.encode(), headers)) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def plain_members(moto_server: str) -> dict[str, set[str]]:
    with urlopen(Request(f"{moto_server}/moto-api/reset", method="POST")):
        pass
    for call in SETUP:
        assert plain_answer(moto_server, "iam", urlencode(call))[0] == 200
    return live_on(lambda sent: plain_answer(moto_server, "ec2", sent))


def live_on(ask: Callable[[str], tuple[int, str]]) -> dict[str, set[str]]:
    ids: Ids = {}
    seen = {}
    for call in LIFE:
        if call.action in MOTO_LACKS:
            continue
        answer = ask(body(call.action, call.asked(ids)))
        ids |= call.made(parsed(call.action, answer))
        seen[call.action] = members(call.action, answer[1])
    return seen


@pytest.mark.parametrize("action", [call.action for call in LIFE if call.action not in MOTO_LACKS])
def test_members_are_motos(
    action: str, outcomes: dict[str, Outcome], plain_members: dict[str, set[str]]
) -> None:
    ours, motos = members(action, outcomes[action].done[1]), plain_members[action]
    assert (ours - motos, motos - ours) == (MORE.get(action, set()), FEWER.get(action, set()))


@pytest.mark.parametrize("action", sorted(MOTO_LACKS))
def test_members_of_what_moto_lacks_are_awss(action: str, outcomes: dict[str, Outcome]) -> None:
    assert members(action, outcomes[action].done[1])
