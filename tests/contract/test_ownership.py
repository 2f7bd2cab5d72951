"""Two people may build a cluster of one id in one account; neither touches the other's."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from infra import ec2
from infra.ec2 import instance_profile, tagged
from infra.ec2.account import ownership
from infra.ec2.account.ownership import Caller
from infra.ec2.api import TAG
from infra.errors import UserError
from infra.inventory import ClusterSpec
from infra.lifecycle import cluster_identity, state_dir
from infra.settings import Settings
from tests.contract.cluster import SPEC, provision, recording
from tests.contract.conftest import Served, in_process

ME = Caller("111111111111", "arn:aws:iam::111111111111:user/me")
OTHER = Caller("222222222222", "arn:aws:iam::222222222222:user/other")
LONG_AGO = "2026-01-01T00:00:00+00:00"
KEYS = {ownership.UUID, ownership.OWNER, ownership.CREATED, ownership.EXPIRES, TAG}


def settings(root: Path, **given: Any) -> Settings:
    made = Settings(state_root=root, cluster_id="series", platform="aws", **given)
    state_dir.prepare(made.state)
    return made


def owned(root: Path, caller: Caller = ME) -> ClusterSpec:
    """Three machines of a state directory on AWS."""
    whole = cluster_identity.ensure(settings(root), caller).spec("v1.36.1")
    return replace(SPEC, id=whole.id, tags=whole.tags)


def test_everything_tells_whose_it_is(client: Any, iam: Any, tmp_path: Path) -> None:
    spec = owned(tmp_path)
    made = provision(client, spec)
    instance_profile.give(client, iam, spec, [i.id for i in made.instances.values()])
    found = tagged.everything(client, iam, spec.id)
    assert {one.kind for one in found} == {
        *tagged.KINDS.keys() - {"snapshot"},
        "role",
        "instance profile",
    }
    lacking = [str(one) for one in found if KEYS - one.tags.keys()]
    assert not lacking, f"without whose, since when and until when: {lacking}"
    assert {one.tags[ownership.OWNER] for one in found} == {ME.arn}


def test_ids_of_two_state_directories_differ(tmp_path: Path) -> None:
    first, second = owned(tmp_path / "a"), owned(tmp_path / "b")
    assert first.id != second.id
    assert first.id.startswith("series-")
    assert owned(tmp_path / "a") == first, "it stays the same"


def test_a_second_up_launches_nothing_twice_for_its_tags(
    client: Any, iam: Any, tmp_path: Path
) -> None:
    before = provision(client, owned(tmp_path))
    ec2.require_ours(client, iam, owned(tmp_path))
    assert provision(client, owned(tmp_path)) == before


def test_what_is_somebody_elses_is_not_touched(client: Any, iam: Any, tmp_path: Path) -> None:
    theirs = owned(tmp_path / "theirs", OTHER)
    provision(client, theirs)
    mine = replace(owned(tmp_path / "mine"), id=theirs.id)
    with recording(client) as recorder:
        told = rf"not of this state directory .* built by {OTHER.arn} at 20.* nothing was changed"
        with pytest.raises(UserError, match=told):
            ec2.require_ours(client, iam, mine)
        with pytest.raises(UserError, match=told):
            ec2.remove(client, iam, mine, say=print)
    assert recorder.changes == []


def test_what_has_no_owner_is_not_ours(client: Any, iam: Any, tmp_path: Path) -> None:
    provision(client, SPEC)
    with pytest.raises(UserError, match="of no owner"):
        ec2.require_ours(client, iam, replace(owned(tmp_path), id=SPEC.id))


def test_credentials_of_another_account_are_refused(tmp_path: Path) -> None:
    cluster_identity.ensure(settings(tmp_path), ME)
    with pytest.raises(UserError, match=r"in the AWS account 1{12}; these .* of 2{12} .*AWS_PROF"):
        cluster_identity.ensure(settings(tmp_path), OTHER)
    assert (
        cluster_identity.ensure(settings(tmp_path), replace(ME, arn="another role")).owner == ME.arn
    )


ROLE = "arn:aws:sts::111111111111:assumed-role/dev"


@pytest.mark.parametrize(
    ("owner", "caller", "same"),
    [
        (ME.arn, ME.arn, True),
        (ME.arn, OTHER.arn, False),
        (f"{ROLE}/botocore-session-1764000000", f"{ROLE}/botocore-session-1764009999", True),
        (f"{ROLE}/botocore-session-1764000000", f"{ROLE}/ann", False),
        (f"{ROLE}/ann", f"{ROLE}/bob", False),
    ],
)
def test_a_role_that_is_taken_again_is_the_same_owner(
    owner: str, caller: str, *, same: bool
) -> None:
    """Its session has another name each time; those that people choose are theirs."""
    assert ownership.is_same(owner, caller) is same


def test_an_expired_identity_makes_nothing_that_has_expired(tmp_path: Path) -> None:
    """An up that is finished days later launches machines, and a janitor may run meanwhile."""
    first = cluster_identity.ensure(settings(tmp_path), ME)
    assert cluster_identity.ensure(settings(tmp_path), ME) == first
    state = settings(tmp_path).state
    state_dir.replace(state / cluster_identity.FILE, asdict(replace(first, expires=LONG_AGO)))
    again = cluster_identity.ensure(settings(tmp_path), ME)
    assert again.expires >= first.expires
    assert replace(again, expires=first.expires) == first
    assert cluster_identity.read(state) == again


def test_who_calls_is_asked_of_sts(served: Served, front: object) -> None:
    sts = in_process(ec2.sts(served.endpoint, "ap-southeast-1"), served)
    found = ec2.caller(sts)
    assert found.account == "123456789012"
    assert found.arn.startswith("arn:aws:sts::123456789012:")
