"""IAM here has of AWS's own policies only the one that the series uses (article 44)."""

import json
from functools import cache
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam import iam_backends
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

NAME = "AmazonEBSCSIDriverPolicy"


def begin_anew() -> None:
    """Nothing is left of roles and profiles; moto keeps them for the whole process."""
    iam_backends.clear()
    backend = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    policy = AWSManagedPolicy.from_data(NAME, DEFAULT_ACCOUNT_ID, backend.region_name, _policy())
    backend.managed_policies[policy.arn] = policy


@cache
def _policy() -> dict[str, Any]:
    return dict(json.loads(aws_managed_policies_data)[NAME])
