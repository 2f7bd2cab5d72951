"""What nobody removed is listed, and deleted when it expired or is asked for; nothing else is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra import ec2
from infra.ec2 import instance_profile, tagged
from infra.ec2.account import clusters
from infra.ec2.account.ownership import CREATED, EXPIRES, OWNER, UUID
from infra.ec2.api import tag_list, tags
from infra.errors import PlatformError
from infra.inventory import ClusterSpec
from infra.lifecycle import cluster_identity, janitor, platforms
from tests.contract.aws import REGION, Infra
from tests.contract.cluster import NOTHING, SPEC, left, provision
from tests.contract.test_cli_on_aws import ACCOUNT
from tests.contract.test_ownership import owned, settings

NOW = datetime.now(UTC)


def aged(name: str, *, hours: int, expires: int) -> ClusterSpec:
    """A cluster that was built so many hours ago, and expires in so many."""
    told: Mapping[str, str] = {
        UUID: name,
        OWNER: f"arn:aws:iam::123456789012:user/{name}",
        CREATED: cluster_identity.told(NOW - timedelta(hours=hours)),
        EXPIRES: cluster_identity.told(NOW + timedelta(hours=expires)),
    }
    return replace(SPEC, id=name, machines=SPEC.machines[:1], tags=tuple(told.items()))


def built(client: Any, spec: ClusterSpec) -> None:
    """Its network and its machine."""
    balancer = replace(spec, machines=(spec.load_balancer,))
    provision(client, balancer)


@pytest.fixture
def three(our_aws: Any) -> Any:
    """A network of one that is used, one that has expired, and a network that is not ours."""
    used = aged("used", hours=9, expires=15)  # no subnet: the local EC2 has one
    our_aws.create_vpc(CidrBlock="10.8.0.0/16", TagSpecifications=tags("vpc", used, "used"))
    built(our_aws, aged("left", hours=30, expires=-6))
    our_aws.create_vpc(CidrBlock="10.9.0.0/16")
    return our_aws


def test_the_list_tells_machines_age_expiry_and_owner(three: Any, infra: Infra) -> None:
    ended = infra("list")
    lines = ended.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["left", "used"]
    assert "1 machines" in lines[0]
    assert f"{REGION}" in lines[0]
    assert "30 h old, expired 6 h ago  arn:aws:iam::123456789012:user/left" in lines[0]
    assert "9 h old, expires in 15 h" in lines[1]


def test_without_yes_it_is_only_said(three: Any, infra: Infra) -> None:
    before = left(three)
    ended = infra("janitor")
    assert ended.returncode == 0
    assert ended.stdout.startswith("would delete left ")
    assert "instance i-" in ended.stdout
    assert "would delete used" not in ended.stdout
    assert ended.stdout.endswith("1 of 2 clusters to delete: --yes\n")
    assert left(three) == before


def test_what_has_expired_is_deleted_and_nothing_else(three: Any, infra: Infra) -> None:
    ended = infra("janitor", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert ec2.clusters(three) == ("used",)
    assert len(three.describe_vpcs()["Vpcs"]) == 2, "the used one's, and what is not ours"


@pytest.mark.parametrize(
    ("asked", "gone"),
    [
        (("--older-than", "8"), {"left", "used"}),
        (("--older-than", "10"), {"left"}),
        (("--older-than", "31"), set[str]()),
        (("--cluster-id", "used"), {"used"}),
    ],
)
def test_what_is_asked_for(
    three: Any, infra: Infra, asked: tuple[str, ...], gone: set[str]
) -> None:
    said = infra("janitor", *asked).stdout.splitlines()
    assert {line.split()[2] for line in said if line.startswith("would delete")} == gone


@pytest.mark.parametrize(("named", "told"), [("us", "'us'"), ("", "''")])
def test_an_id_that_is_not_there_is_told(three: Any, infra: Infra, named: str, told: str) -> None:
    ended = infra("janitor", "--cluster-id", named, "--yes")
    assert ended.returncode == 2
    assert f"no cluster {told}; where it is tells" in ended.stderr
    assert ec2.clusters(three) == ("left", "used")


MINE, THEIRS = "series-1a2b3c4d", "series-5e6f7a8b"


@pytest.fixture
def namesakes(aws: Any) -> Any:
    """Two people have given their clusters one name."""
    for ident, owner in ((MINE, ACCOUNT.arn), (THEIRS, "arn:aws:iam::123456789012:user/other")):
        named_so_by(aws, ident, owner)
    return aws


def named_so_by(aws: Any, ident: str, owner: str) -> None:
    spec = aged(ident, hours=1, expires=5)
    whose = replace(spec, tags=tuple((dict(spec.tags) | {OWNER: owner}).items()))
    aws.create_vpc(CidrBlock="10.8.0.0/16", TagSpecifications=tags("vpc", whose, ident))


def test_ones_own_cluster_is_known_by_its_name_and_anothers_by_its_id(
    namesakes: Any, infra: Infra
) -> None:
    for asked, told in (("series", MINE), (MINE, MINE), (THEIRS, THEIRS)):
        said = infra("janitor", "--cluster-id", asked).stdout
        assert said.startswith(f"would delete {told} ")
        assert said.endswith("1 of 2 clusters to delete: --yes\n")


def test_a_name_that_is_not_ones_own_deletes_nothing(aws: Any, infra: Infra) -> None:
    named_so_by(aws, THEIRS, "arn:aws:iam::123456789012:user/other")
    ended = infra("janitor", "--cluster-id", "series", "--yes")
    assert ended.returncode == 2
    assert f"no cluster 'series' is yours ({ACCOUNT.arn}): name one by its id" in ended.stderr
    assert f"{THEIRS} of arn:aws:iam::123456789012:user/other" in ended.stderr
    assert ec2.clusters(aws) == (THEIRS,)


def test_of_several_of_one_name_none_is_chosen(namesakes: Any, infra: Infra) -> None:
    named_so_by(namesakes, "series-9c0d1e2f", ACCOUNT.arn)
    ended = infra("janitor", "--cluster-id", "series", "--yes")
    assert ended.returncode == 2
    assert f"several clusters 'series' are yours ({ACCOUNT.arn})" in ended.stderr
    assert f"({MINE} of {ACCOUNT.arn}, series-9c0d1e2f of" in ended.stderr
    assert len(ec2.clusters(namesakes)) == 3


def test_what_tells_no_time_is_not_deleted_by_time(our_aws: Any, infra: Infra) -> None:
    built(our_aws, replace(SPEC, id="old", machines=SPEC.machines[:1]))
    for asked in ((), ("--older-than", "0")):
        assert infra("janitor", *asked).stdout == "0 of 1 clusters to delete: --yes\n"
    assert "of unknown age, never expires  no owner" in infra("list").stdout


def test_one_that_resists_keeps_no_other_and_is_told(
    three: Any, infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    clear = ec2.clear

    def stubborn(client: Any, iam: Any, spec: ClusterSpec, **more: Any) -> None:
        if spec.id == "left":
            raise PlatformError("VPC", "vpc-1", "is in use")
        clear(client, iam, spec, **more)

    monkeypatch.setattr(ec2, "clear", stubborn)
    ended = infra("janitor", "--older-than", "1", "--yes")
    assert ended.returncode == 1
    assert "VPC vpc-1: is in use" in ended.stderr
    assert ec2.clusters(three) == ("left",)


def test_one_that_is_used_since_the_look_is_kept(
    three: Any, infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    clear = ec2.clear
    later = {EXPIRES: cluster_identity.told(NOW + timedelta(hours=24))}

    def used_meanwhile(client: Any, iam: Any, spec: ClusterSpec, **more: Any) -> None:
        """A pytest run begins on the other one while the first is deleted."""
        if spec.id == "left":
            tagged.retag(client, iam, tagged.find(client, "used"), later)
        clear(client, iam, spec, **more)

    monkeypatch.setattr(ec2, "clear", used_meanwhile)
    ended = infra("janitor", "--older-than", "1", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert "keeps used: it was used since it was looked at" in ended.stdout
    assert ended.stdout.endswith("1 of 2 clusters deleted\n")
    assert ec2.clusters(three) == ("used",)


def test_a_role_of_the_same_name_that_is_not_ours_keeps_everything(
    three: Any, iam: Any, infra: Infra
) -> None:
    iam.create_role(RoleName=f"{instance_profile.NAMES}left", AssumeRolePolicyDocument="{}")
    before = left(three)
    ended = infra("janitor", "--yes")
    assert ended.returncode == 1
    assert "role k8s-scratch-ebs-csi-left: does not carry the tag" in ended.stderr
    assert left(three) == before


@pytest.fixture
def two_regions(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cluster in another region; a role of one of which nothing else is left."""
    assert {REGION, "eu-west-1"} < set(clusters.regions(aws))
    monkeypatch.setattr(clusters, "regions", lambda _: ["eu-west-1", REGION])
    there, far = aged("there", hours=1, expires=-1), ec2.client(None, "eu-west-1")
    far.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc", there, "there"))
    iam = ec2.iam(None, REGION)
    for spec in (there, aged("orphan", hours=2, expires=-1)):
        role_of(iam, spec)
    return aws


def role_of(iam: Any, spec: ClusterSpec) -> None:
    """Role and profile, without the policy, which is AWS's: plain moto has none of these."""
    name = instance_profile.name_of(spec)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}", Tags=tag_list(spec))
    iam.create_instance_profile(InstanceProfileName=name, Tags=tag_list(spec))
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def test_all_regions_and_iam_are_looked_at(two_regions: Any, infra: Infra) -> None:
    assert infra("list").stdout == f"no cluster in {REGION}\n"
    lines = infra("list", "--all-regions").stdout.splitlines()
    assert [line.split("  ")[:3] for line in lines] == [
        ["there", "eu-west-1", "0 machines, 1 resources"],
        ["orphan", "IAM only", "0 machines, 2 resources"],
    ]


def test_a_role_of_which_nothing_else_is_left_goes(two_regions: Any, infra: Infra) -> None:
    ended = infra("janitor", "--all-regions", "--yes")
    assert ended.returncode == 0, ended.stderr
    iam = ec2.iam(None, REGION)
    assert list(instance_profile.all_of(iam)) == []
    assert ec2.clusters(ec2.client(None, "eu-west-1")) == ()


def test_use_moves_the_expiry_on(aws: Any, tmp_path: Path) -> None:
    spec = owned(tmp_path, ACCOUNT)
    provision(aws, spec)
    iam = ec2.iam(None, REGION)
    role_of(iam, spec)
    theirs = replace(spec, tags=aged("theirs", hours=1, expires=5).tags)
    aws.create_vpc(CidrBlock="10.8.0.0/16", TagSpecifications=tags("vpc", theirs, "theirs"))
    far = settings(tmp_path, ttl_hours=100)
    platforms.renew(far)
    everything = tagged.everything(aws, iam, spec.id)
    (other,) = [one for one in everything if one.tags[UUID] == "theirs"]
    assert other.tags[EXPIRES] == dict(theirs.tags)[EXPIRES], "it is not ours"
    found = [one for one in everything if one is not other]
    hours = {
        one.kind: (datetime.fromisoformat(one.tags[EXPIRES]) - NOW).total_seconds() / 3600
        for one in found
    }
    assert {"role", "instance profile", "instance", "VPC"} < hours.keys()
    assert all(99 < left_hours < 101 for left_hours in hours.values()), hours
    assert dict(cluster_identity.ensure(far).tags) == dict(spec.tags), "launches stay the same"
    (one,) = janitor.look(far, all_regions=False)
    assert not one.is_expired(NOW + timedelta(hours=90))
    assert left(aws) != NOTHING
