"""What an account lacks is told before anything is built, and what it costs before it is paid."""

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.stub import Stubber

from infra import ec2
from infra.ec2.account import preflight, price
from infra.ec2.account.preflight import Account
from infra.errors import PlatformError, UserError
from infra.inventory import series
from infra.lifecycle import cluster_lifecycle, consent
from infra.settings import PROJECT
from tests.contract.aws import REGION, Infra
from tests.contract.cluster import NOTHING, SPEC, hooked, left, provision
from tests.contract.conftest import Body

WHOLE = series("test", kubernetes="v1.36.1", platform="aws")
LIMITS = {"L-1216C47A": 16.0, "L-0263D0A3": 5.0, "L-F678F1CE": 5.0}


@pytest.fixture
def quotas(aws: object) -> Iterator[Any]:
    """Service Quotas; what it is asked is checked against its model, and answered as stubbed."""
    client = ec2.quotas(None, REGION)
    with Stubber(client) as stub:
        client.stub = stub
        yield client


def allow(quotas: Any, **limits: float) -> None:
    for code, limit in (LIMITS | {f"L-{name}": value for name, value in limits.items()}).items():
        asked = {"ServiceCode": "vpc" if code == "L-F678F1CE" else "ec2", "QuotaCode": code}
        quotas.stub.add_response("get_service_quota", {"Quota": {"Value": limit}}, asked)


def problems(aws: Any, quotas: Any) -> list[str]:
    return preflight.problems(Account(aws, None, quotas), WHOLE, say=print)


def test_an_account_with_room_lacks_nothing(aws: Any, quotas: Any) -> None:
    allow(quotas)
    assert problems(aws, quotas) == []


def test_to_ask_for_permissions_makes_nothing(our_aws: Any) -> None:
    assert list(preflight.forbidden(our_aws, WHOLE, WHOLE.machines)) == []
    assert left(our_aws) == NOTHING


@pytest.mark.parametrize(
    ("code", "limit", "told"),
    [
        ("1216C47A", 11, "12 vCPUs of standard instances are needed, 0 of 11 are in use"),
        ("0263D0A3", 0, "1 Elastic IPs are needed, 0 of 0 are in use"),
        ("F678F1CE", 1, "1 VPCs are needed, 1 of 1 are in use"),
    ],
)
def test_a_quota_that_leaves_too_little_is_told(
    aws: Any, quotas: Any, code: str, limit: float, told: str
) -> None:
    allow(quotas, **{code: limit})
    (problem,) = problems(aws, quotas)
    assert problem.startswith(f"{told}: have the quota L-{code} raised")


def test_what_runs_already_counts(aws: Any, quotas: Any) -> None:
    provision(aws, replace(SPEC, id="another"))
    allow(quotas)
    (problem,) = problems(aws, quotas)
    assert problem.startswith("12 vCPUs of standard instances are needed, 6 of 16 are in use")


def test_a_cluster_that_is_there_needs_no_more(aws: Any, quotas: Any) -> None:
    provision(aws, WHOLE)
    assert problems(aws, quotas) == []  # and no quota was asked for


def test_a_quota_that_may_not_be_read_is_said_and_no_obstacle(
    aws: Any, quotas: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in LIMITS:
        quotas.stub.add_client_error("get_service_quota", "AccessDeniedException", "no")
    assert problems(aws, quotas) == []
    assert "AccessDeniedException: no; whether 12 more are allowed is not known" in (
        capsys.readouterr().out
    )


def test_a_region_whose_zones_lack_a_type(aws: Any, quotas: Any) -> None:
    def only_small(parsed: dict[str, Any], **_: Any) -> None:
        found = parsed["InstanceTypeOfferings"]
        parsed["InstanceTypeOfferings"] = [o for o in found if o["InstanceType"] == "t3.small"]

    allow(quotas)
    with hooked(aws, "after-call.ec2.DescribeInstanceTypeOfferings", only_small):
        told = "no zone of the region offers t3.medium and t3.small: choose another --region"
        assert problems(aws, quotas) == [told]


def test_a_new_network_is_in_a_zone_that_has_the_types(aws: Any) -> None:
    zone = preflight.zones(aws, WHOLE.machines)[-1]
    provision(aws, WHOLE, zone=zone)
    (subnet,) = aws.describe_subnets(Filters=[{"Name": "tag:Name", "Values": ["test"]}])["Subnets"]
    assert subnet["AvailabilityZone"] == zone


def refusing(code: str) -> Any:
    """EC2's refusal of whatever is sent."""
    error = f"<Error><Code>{code}</Code><Message>no</Message></Error>"
    text = f"<Response><Errors>{error}</Errors></Response>"

    def send(request: Any, **_: Any) -> AWSResponse:
        headers: Any = {"Content-Type": "text/xml"}
        return AWSResponse(request.url, 403, headers, Body(text.encode()))

    return send


def test_what_may_not_be_done_is_told_with_where_the_permissions_are(aws: Any, quotas: Any) -> None:
    allow(quotas)
    denied = refusing("UnauthorizedOperation")
    with (
        hooked(aws, "before-send.ec2.AllocateAddress", denied),
        hooked(aws, "before-send.ec2.RunInstances", denied),
    ):
        (problem,) = problems(aws, quotas)
    assert problem.startswith("these credentials may not ec2:AllocateAddress, ec2:RunInstances: ")
    assert (PROJECT / preflight.POLICY).exists()


def test_a_default_vpc_that_is_not_there_is_no_lack_of_permission(aws: Any, quotas: Any) -> None:
    allow(quotas)
    with hooked(aws, "before-send.ec2.RunInstances", refusing("VPCIdNotSpecified")):
        assert problems(aws, quotas) == []


def test_a_region_that_does_not_take_the_credentials(aws: Any, quotas: Any) -> None:
    with (
        hooked(aws, "before-send.ec2.DescribeInstances", refusing("AuthFailure")),
        pytest.raises(PlatformError, match="AuthFailure: is the region enabled in this account"),
    ):
        problems(aws, quotas)


def test_a_region_that_does_not_exist() -> None:
    preflight.require_region("eu-west-1")
    with pytest.raises(PlatformError, match=r"region eu-west-9: is none of AWS: .*eu-west-1"):
        preflight.require_region("eu-west-9")


def test_price_of_the_series() -> None:
    assert str(price.of(WHOLE.machines)) == "about 0.34 USD an hour, 245 a month"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "goes_on"), [("y\n", True), ("\n", False), ("no\n", False)])
def test_a_person_is_asked(monkeypatch: pytest.MonkeyPatch, answer: str, *, goes_on: bool) -> None:
    said = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    monkeypatch.setattr("sys.stderr", said)
    if goes_on:
        consent.ask("it costs", yes=False, otherwise="")
    else:
        with pytest.raises(UserError, match="nothing was done"):
            consent.ask("it costs", yes=False, otherwise="")
    assert said.getvalue() == "it costs\nGo on? [y/N] "


def test_up_says_what_it_costs_before_it_builds_anything(
    aws: Any, infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: object) -> None:
        raise PlatformError("build", "of programs", "has begun")

    monkeypatch.setattr(cluster_lifecycle, "gather", build)
    refused = infra("up", "--platform", "aws")
    assert refused.returncode == 2
    for told in (
        f"AWS account 123456789012 (arn:aws:sts::123456789012:user/moto), region {REGION}: 6 machi",
        "6 machines (5 t3.medium, 1 t3.small)",
        "about 0.34 USD an hour, 245 a month",
        "tagged to expire at 20",
        "error: there is no terminal to ask at: repeat with --yes, which agrees to this price",
    ):
        assert told in refused.stderr
    agreed = infra("up", "--platform", "aws", "--yes")
    assert "0.34 USD an hour" in agreed.stderr
    assert "build of programs: has begun" in agreed.stderr


def test_up_on_aws_tells_all_that_is_lacking_at_once(
    aws: Any, infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "zones", lambda *_: [])
    monkeypatch.setattr(preflight, "_permitted", lambda action, _: action != "ec2:CreateVpc")
    refused = infra("up", "--platform", "aws", "--yes")
    assert refused.returncode == 2
    assert "error: AWS account 123456789012" in refused.stderr
    assert "may not ec2:CreateVpc" in refused.stderr
    assert "no zone of the region offers" in refused.stderr
