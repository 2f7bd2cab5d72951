"""No parameter is dropped: each one that AWS knows is read here, or refused."""

import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest
from moto.core.utils import camelcase_to_underscores
from moto.ec2.responses import EC2Response, security_groups
from moto.iam.responses import IamResponse

from infra.localec2.moto_api import run_instances_checks
from infra.localec2.moto_api.actions import ALLOWED, DESCRIBE
from infra.localec2.moto_api.answers import LocalAnswers
from infra.localec2.moto_api.parameters import COMMON, INSIDE, ONE_OF, PARAMETERS, TAGGED
from infra.localec2.moto_api.requests import IDS, MALFORMED
from infra.localec2.moto_api.tags import TagAnswers
from tests.contract.wire import REGION, body, example, inputs, service

if TYPE_CHECKING:
    from infra.localec2.moto_api.front import Front

ACTIONS = sorted(ALLOWED["ec2"])
EVERY = [(action, name) for action in ACTIONS for name in inputs(action)]
REFUSED = [(a, n) for a, n in EVERY if n not in PARAMETERS[a] | COMMON]
TAKEN = [(a, n) for a in ACTIONS for n in sorted(PARAMETERS[a])]
READERS = {
    "AuthorizeSecurityGroupEgress": [security_groups],
    "AuthorizeSecurityGroupIngress": [security_groups],
    "CreateTags": [TagAnswers],
    "DeleteTags": [TagAnswers],
    "ModifyInstanceAttribute": [
        EC2Response._dot_value_instance_attribute_handler,
        EC2Response._security_grp_instance_attribute_handler,
    ],
    "RevokeSecurityGroupEgress": [security_groups],
    "RevokeSecurityGroupIngress": [security_groups],
    "RunInstances": [run_instances_checks, EC2Response._parse_block_device_mapping],
    "CreateVolume": [LocalAnswers._zone, LocalAnswers._check, LocalAnswers._snapshot],
    "CopyVolumes": [LocalAnswers._check],
}
"""What reads parameters for an action beside its own method."""


def source(action: str) -> str:
    """Of all that reads the action's parameters, ours and moto's."""
    name = camelcase_to_underscores(action)
    own = [vars(kind)[name] for kind in LocalAnswers.__mro__ if name in vars(kind)]
    assert own, f"nothing implements {action}"
    return "".join(inspect.getsource(part) for part in [*own, *READERS.get(action, [])])


def test_table_has_the_actions_of_the_front() -> None:
    assert sorted(PARAMETERS) == ACTIONS
    assert TAGGED.keys() == {a for a, n in TAKEN if n == "TagSpecifications"}


@pytest.mark.parametrize(("action", "name"), TAKEN)
def test_parameter_that_is_taken_is_awss_and_read(action: str, name: str) -> None:
    assert name in inputs(action)
    text = source(action)
    by_helper = name == "TagSpecifications" and "_parse_tag_specification" in text
    assert by_helper or re.search(rf'"{name}(\.\w+)?"', text), f"{action} never reads {name}"


@pytest.mark.parametrize(("action", "name"), REFUSED)
def test_other_parameter_is_refused(action: str, name: str, untouched: "Front") -> None:
    sent = body(action, {name: example(name, inputs(action)[name])})
    status, text = untouched.answer("ec2", REGION, sent)
    assert (status, "<Code>UnsupportedOperation</Code>" in text, name in text) == (400, True, True)


@pytest.mark.parametrize("action", ACTIONS)
def test_parameter_that_aws_does_not_know_is_refused(action: str, untouched: "Front") -> None:
    status, text = untouched.answer("ec2", REGION, f"Action={action}&Colour.1=red")
    assert (status, "<Code>UnknownParameter</Code>" in text, "Colour" in text) == (400, True, True)


@pytest.mark.parametrize("action", [a for a in ACTIONS if "Filters" in inputs(a)])
def test_filter_that_is_not_served_is_refused(action: str, untouched: "Front") -> None:
    sent = body(action, {"Filters": [{"Name": "colour", "Values": ["red"]}]})
    status, text = untouched.answer("ec2", REGION, sent)
    assert (status, "<Code>InvalidParameterValue</Code>" in text, "colour" in text) == (
        400,
        True,
        True,
    )


@pytest.mark.parametrize("action", sorted(DESCRIBE))
def test_filter_is_of_an_action_that_has_filters(action: str) -> None:
    assert "Filters" in inputs(action) or not DESCRIBE[action]


MEMBERS = [(a, n) for a, n in TAKEN if n in IDS]


@pytest.mark.parametrize(("action", "name"), MEMBERS)
def test_malformed_id_is_named(action: str, name: str, untouched: "Front") -> None:
    needed = {n: example(n, inputs(action)[n]) for n in required(action, name)}
    value = ["nonsense"] if inputs(action)[name].type_name == "list" else "nonsense"
    for other in needed.keys() & IDS.keys():
        kind = inputs(action)[other].type_name
        good = f"{IDS[other]}-{'0' * 17}"
        needed[other] = [good] if kind == "list" else good
    status, text = untouched.answer("ec2", REGION, body(action, needed | {name: value}))
    code = MALFORMED[IDS[name]]
    assert (status, f"<Code>{code}</Code>" in text, "nonsense" in text) == (400, True, True), text


def required(action: str, name: str) -> set[str]:
    """What the action needs; ``name`` where there is a choice."""
    shape: Any = service("ec2").operation_model(action).input_shape
    chosen = {name if name in group else min(group) for group in ONE_OF.get(action, ())}
    return {*shape.required_members, *chosen}


@pytest.mark.parametrize(
    ("action", "name"), [(a, n) for a, n in MEMBERS if a.startswith("Describe") and n[-1] == "s"]
)
def test_unknown_id_is_not_found(action: str, name: str, untouched: "Front") -> None:
    sent = body(action, {name: [f"{IDS[name]}-{'0' * 17}"]})
    status, text = untouched.answer("ec2", REGION, sent)
    assert (status, ".NotFound</Code>" in text) == (400, True), text


def test_ids_are_of_parameters_that_are_taken() -> None:
    assert {n for _, n in TAKEN} >= IDS.keys()


def test_what_is_taken_inside_is_awss() -> None:
    permission: Any = service("ec2").shape_for("IpPermission")
    assert INSIDE["IpPermissions"] <= permission.members.keys()
    assert INSIDE["IpRanges"] <= permission.members["IpRanges"].member.members.keys()
    assert (
        INSIDE["UserIdGroupPairs"] <= permission.members["UserIdGroupPairs"].member.members.keys()
    )


@pytest.mark.parametrize(
    ("action", "params", "named"),
    [
        (
            "AuthorizeSecurityGroupIngress",
            {"IpPermissions": [{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]},
            "IpPermissions.Ipv6Ranges",
        ),
        ("RunInstances", {"MetadataOptions": {"HttpEndpoint": "disabled"}}, "HttpEndpoint"),
        (
            "RunInstances",
            {"BlockDeviceMappings": [{"DeviceName": "/dev/xvdb", "NoDevice": ""}]},
            "NoDevice",
        ),
    ],
)
def test_parameter_inside_of_another_is_refused(
    action: str, params: dict[str, object], named: str, untouched: "Front"
) -> None:
    status, text = untouched.answer("ec2", REGION, body(action, params))
    assert (status, named in text) == (400, True), text


@pytest.mark.parametrize("action", sorted(ALLOWED["iam"]))
def test_parameter_of_iam_is_read(action: str) -> None:
    text = inspect.getsource(getattr(IamResponse, camelcase_to_underscores(action)))
    shape: Any = service("iam").operation_model(action).input_shape
    for name in shape.members:
        if name == "Tags":
            assert "ags" in text
        else:
            assert f'"{name}"' in text, f"{action} never reads {name}"
