"""docs/aws-policy.json allows what the code asks of AWS, and nothing else."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from infra.ec2 import instance_profile
from infra.ec2.api import TAG

ROOT = Path(__file__).resolve().parents[3]
POLICY = json.loads((ROOT / "docs/aws-policy.json").read_text())
SOURCES = [
    path
    for folder in ("infra", "fixtures", "tests/steps", "tests/mutants")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "localec2" not in path.parts
]
SERVICES = {"ec2": "ec2", "iam": "iam", "sts": "sts", "service-quotas": "servicequotas"}
"""Of boto3, with their prefix in a policy."""
WITHOUT_CALL = {"iam:PassRole"}
"""Asked of whoever gives a machine a role; source: IAM user guide, PassRole."""
DELETES = ("Delete", "Release", "Terminate", "Stop", "Start", "Reboot")
OF_RULES = {"ec2:DeleteRoute"}
"""A part of a route table, which has no tag of its own."""


@cache
def actions() -> dict[str, str]:
    """Policy actions by the method of a client."""
    found: dict[str, str] = {}
    for service, prefix in SERVICES.items():
        client = cast("Any", boto3.client)(
            service,
            region_name="eu-west-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )
        methods = client.meta.method_to_api_mapping
        found |= {method: f"{prefix}:{action}" for method, action in methods.items()}
    return found


def called(tree: ast.AST) -> Iterator[str]:
    """Actions whose method is named, as an attribute or in a table of names."""
    for node in ast.walk(tree):
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "value", None)
        if isinstance(name, str) and name in actions():
            yield actions()[name]


def statements(of: str) -> list[dict[str, Any]]:
    """Those that allow an action."""
    return [one for one in POLICY["Statement"] if of in one["Action"]]


def allowed() -> list[str]:
    return [action for statement in POLICY["Statement"] for action in statement["Action"]]


def test_the_policy_allows_what_the_code_calls() -> None:
    asked = {action for path in SOURCES for action in called(ast.parse(path.read_text()))}
    lacking, needless = asked - set(allowed()), set(allowed()) - asked - WITHOUT_CALL
    assert not lacking, f"the code calls what the policy does not allow: {sorted(lacking)}"
    assert not needless, f"the policy allows what no code calls: {sorted(needless)}"


def test_no_action_is_allowed_twice_or_by_a_pattern() -> None:
    assert len(allowed()) == len(set(allowed()))
    assert not [action for action in allowed() if "*" in action]


@pytest.mark.parametrize(
    "action",
    [
        action
        for action in allowed()
        if action.startswith("ec2:")
        and action.partition(":")[2].startswith(DELETES)
        and action not in OF_RULES
    ],
)
def test_only_what_carries_the_tag_is_deleted_or_stopped(action: str) -> None:
    (statement,) = statements(action)
    assert statement["Condition"] == {"Null": {f"aws:ResourceTag/{TAG}": "false"}}


def test_only_the_drivers_role_is_made_and_gets_only_its_policy() -> None:
    changes = [
        statement
        for statement in POLICY["Statement"]
        if any(action.startswith("iam:") for action in statement["Action"])
        and statement["Sid"] != "Look"
    ]
    for statement in changes:
        resources = statement["Resource"]
        for one in [resources] if isinstance(resources, str) else resources:
            assert one.endswith(f"/{instance_profile.NAMES}*"), statement["Sid"]
    (attaching,) = statements("iam:AttachRolePolicy")
    assert attaching["Condition"] == {"ArnEquals": {"iam:PolicyARN": instance_profile.POLICY}}


def test_a_call_is_seen_by_attribute_and_by_name() -> None:
    tree = ast.parse("client.delete_nat_gateway(x)\nKIND = ('describe_hosts', 'Hosts')")
    assert set(called(tree)) == {"ec2:DeleteNatGateway", "ec2:DescribeHosts"}
