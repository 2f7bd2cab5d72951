"""Pages of Describe answers: MaxResults and NextToken for every action that has them on AWS.

moto drops both in most actions. A page begins after the last item of the one before, in the order
of ids, so that what is deleted or made between two pages moves nothing out of sight.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.ec2.exceptions import EC2ClientError, InvalidNextToken, InvalidParameterCombination

LEAST = 5
MOST = 1000
"""Source: EC2 API reference, MaxResults of each action; others than these bounds are below."""
FEWER = {
    "DescribeInstanceTypes": 100,
    "DescribeRouteTables": 100,
    "DescribeVolumesModifications": 500,
}
FORGIVING = frozenset(
    {
        "DescribeImages",
        "DescribeInstanceStatus",
        "DescribeInstances",
        "DescribeSnapshots",
        "DescribeTags",
        "DescribeVolumeStatus",
        "DescribeVolumes",
        "DescribeVolumesModifications",
    }
)
"""0 is no limit (the EBS CSI driver sends it) and more than the most is the most."""

PAGED = {
    "DescribeIamInstanceProfileAssociations": "IamInstanceProfileAssociations",
    "DescribeImages": "Images",
    "DescribeInstanceStatus": "InstanceStatuses",
    "DescribeInstanceTypes": "InstanceTypes",
    "DescribeInstances": "Reservations",
    "DescribeInternetGateways": "InternetGateways",
    "DescribeNetworkInterfaces": "NetworkInterfaces",
    "DescribeRouteTables": "RouteTables",
    "DescribeSecurityGroupRules": "SecurityGroupRules",
    "DescribeSecurityGroups": "SecurityGroups",
    "DescribeSnapshots": "Snapshots",
    "DescribeSubnets": "Subnets",
    "DescribeTags": "Tags",
    "DescribeVolumeStatus": "VolumeStatuses",
    "DescribeVolumes": "Volumes",
    "DescribeVolumesModifications": "VolumesModifications",
    "DescribeVpcs": "Vpcs",
}
"""The list in the answer of each action."""

UNPAGED = {"DescribeAddresses": "Addresses", "DescribeKeyPairs": "KeyPairs"}
"""The same of those that come all at once."""

IDENTITY = ("resource_id", "key", "association_id", "id", "InstanceType", "VolumeId")
"""What names an item; the first ones first, a tag has two."""


@dataclass(frozen=True)
class Page:
    """``most`` items (None: all) after the one named ``after`` of the answer to ``question``."""

    action: str
    question: str
    most: int | None
    after: list[str]

    def cut(self, result: dict[str, Any]) -> dict[str, Any]:
        """The answer with this page's items, and the next page's token if there is one."""
        if self.most is None and not self.after:
            return result
        items = sorted(result[PAGED[self.action]], key=_identity)
        items = [item for item in items if _identity(item) > self.after]
        page = items[: self.most]
        more = len(items) > len(page)
        token = self._token(_identity(page[-1])) if more else None
        return result | {PAGED[self.action]: page, "NextToken": token}

    def _token(self, last: list[str]) -> str:
        return urlsafe_b64encode(json.dumps([self.question, last]).encode()).decode()


def shown(action: str, result: dict[str, Any], hides: Callable[[str], bool]) -> dict[str, Any]:
    """The answer without what is hidden."""
    name = (PAGED | UNPAGED).get(action)
    if name is None or name not in result:
        return result
    return result | {name: [one for one in result[name] if not any(map(hides, _ids(one)))]}


def _ids(item: Any) -> list[str]:
    """Those of a reservation are its instances'."""
    parts = getattr(item, "instances", None) or [item]
    return [str(part.allocation_id) if hasattr(part, "allocation_id") else _identity(part)[0]
            for part in parts]  # fmt: skip


def asked(action: str, params: dict[str, Any]) -> Page | None:
    """The page that is asked for, taken out of ``params``; None of an action without pages.

    Errors: InvalidParameterValue, InvalidParameterCombination, InvalidNextToken.
    """
    if action not in PAGED:
        return None
    most, token = params.pop("MaxResults", None), params.pop("NextToken", None)
    if most == 0 and action in FORGIVING:
        most = None
    if most is not None:
        most = _within(action, most)
        _without_ids(action, params)
    question = _question(action, params)
    return Page(action, question, most, _after(token, question) if token else [])


def _within(action: str, most: int) -> int:
    limit = FEWER.get(action, MOST)
    if most < LEAST:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value of at least "
            f"{LEAST}.",
        )
    if most > limit and action not in FORGIVING:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Value ( {most} ) for parameter maxResults is invalid. Expecting a value of at most "
            f"{limit}.",
        )
    return min(most, limit)


def _without_ids(action: str, params: Mapping[str, Any]) -> None:
    """Of images alone AWS says nothing about ids."""
    ids = [name for name in params if name.endswith("Ids") and name != "OwnerIds"]
    if ids and action != "DescribeImages":
        raise InvalidParameterCombination(
            f"The parameter {ids[0]} cannot be used with the parameter MaxResults"
        )


def _question(action: str, params: Mapping[str, Any]) -> str:
    text = json.dumps([action, params], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _after(token: str, question: str) -> list[str]:
    try:
        asked_before, last = json.loads(urlsafe_b64decode(token))
    except (ValueError, TypeError):
        raise InvalidNextToken(token) from None
    if asked_before != question or not isinstance(last, list):
        raise InvalidNextToken(token)
    return last


def _identity(item: Any) -> list[str]:
    if hasattr(item, "volume") and not hasattr(item, "id"):  # a modification is its volume's
        item = item.volume
    if isinstance(item, Mapping):
        return [str(item[name]) for name in IDENTITY if name in item]
    return [str(getattr(item, name)) for name in IDENTITY if hasattr(item, name)]
