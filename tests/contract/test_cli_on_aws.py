"""Commands as a person types them, with moto in the place of AWS."""

import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra import ec2
from infra.errors import PlatformError
from infra.inventory import ClusterSpec
from infra.lifecycle import cluster_identity, cluster_lifecycle, platforms, state_dir
from infra.lifecycle.build_runner import Tally
from infra.progress import Progress
from infra.settings import Settings
from tests.contract.aws import REGION, Infra
from tests.contract.cluster import NOTHING, left, provision
from tests.contract.test_ownership import ME, owned, settings

ACCOUNT = ec2.Caller("123456789012", "arn:aws:sts::123456789012:user/moto")
"""Whom moto takes everybody for."""


def machines(client: Any) -> int:
    found = client.describe_instances()["Reservations"]
    states = [i["State"]["Name"] for reservation in found for i in reservation["Instances"]]
    return len(states) - states.count("terminated")


def test_down_needs_no_option_and_leaves_nothing(
    our_aws: Any, infra: Infra, tmp_path: Path
) -> None:
    spec = owned(tmp_path, ACCOUNT)
    provision(our_aws, spec)
    refused = infra("down", "--platform", "local")
    assert refused.returncode == 2
    assert "has platform aws, not local" in refused.stderr
    assert machines(our_aws) == 3
    ended = infra("down")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"cluster series is gone (aws, {REGION})\n"
    assert left(our_aws) == NOTHING
    assert not (tmp_path / "series").exists()


def states(client: Any) -> set[str]:
    found = client.describe_instances()["Reservations"]
    return {i["State"]["Name"] for reservation in found for i in reservation["Instances"]}


def test_a_stopped_cluster_keeps_its_state_and_runs_again(
    our_aws: Any, infra: Infra, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, chosen = owned(tmp_path, ACCOUNT), settings(tmp_path)
    monkeypatch.setenv("KFS_ALLOWED_CIDR", "198.51.100.7/32")
    monkeypatch.setattr(cluster_lifecycle, "up", lambda *_: up_again(our_aws, spec))
    made = provision(our_aws, spec)
    for command in ("stop", "start"):
        refused = infra(command)
        assert refused.returncode == 2
        assert "there is no finished cluster 'series'; run: ./kfs up" in refused.stderr
    state_dir.write(chosen.state, {"id": spec.id, "platform": "aws", "kubernetes": "v1.36.5"})
    for _ in range(2):
        ended = infra("stop")
        assert ended.returncode == 0, ended.stderr
        assert states(our_aws) == {"stopped"}
        assert ended.stdout == (
            "cluster series is stopped: its disks and its address cost about 0.02 USD an hour, "
            "15 a month; start it again with: ./kfs start\n"
        )
    ended = infra("start")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith("cluster series runs: kept 9, changed 0\n")
    assert states(our_aws) == {"running"}
    found = ec2.find(our_aws, spec)
    assert found
    assert ids(found) == ids(made), "public addresses may be others"


def ids(found: ec2.Provisioned) -> dict[str, tuple[str, str]]:
    return {name: (one.id, one.private_ip) for name, one in found.instances.items()}


def up_again(client: Any, spec: ClusterSpec) -> tuple[None, Tally]:
    """What ``up`` asks of EC2."""
    provision(client, spec)
    return None, Tally(kept=9, changed=0)


def test_the_state_directory_stays_while_something_is_left(
    aws: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    provision(aws, owned(tmp_path, ACCOUNT))
    removal = sys.modules["infra.ec2.remove"]
    monkeypatch.setattr(removal, "GONE_WITHIN", 0.0)
    monkeypatch.setattr(removal, "_gateways", lambda *_: None)
    monkeypatch.setattr(removal, "FREE_WITHIN", 0.0)
    chosen = settings(tmp_path)
    with pytest.raises(PlatformError):
        platforms.remove(chosen, Progress())
    assert cluster_identity.read(chosen.state)


def test_without_a_state_directory_what_aws_has_is_told(
    aws: Any, infra: Infra, tmp_path: Path
) -> None:
    spec = owned(tmp_path / "elsewhere", ACCOUNT)
    provision(aws, spec)
    ended = infra("down", "--platform", "aws")
    assert ended.returncode == 2
    assert f"you have {spec.id} in {REGION}: run this where it was built" in ended.stderr
    elsewhere = infra("down", "--platform", "aws", "--region", "eu-west-1")
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert elsewhere.stdout == "cluster series is gone (aws, eu-west-1)\n"
    assert machines(aws) == 3


def test_an_identity_without_the_suffix_does_not_hide_what_aws_has(
    aws: Any, infra: Infra, tmp_path: Path
) -> None:
    """One that a person has written after the file was lost."""
    spec = owned(tmp_path / "elsewhere", ACCOUNT)
    provision(aws, spec)
    chosen = settings(tmp_path)
    state_dir.prepare(chosen.state)
    state_dir.replace(
        chosen.state / cluster_identity.FILE, {"id": "series", "platform": "aws", "region": REGION}
    )
    ended = infra("down")
    assert ended.returncode == 2
    assert f"you have {spec.id} in {REGION}: run this where it was built" in ended.stderr
    assert chosen.state.exists()


def test_somebody_elses_cluster_of_that_name_is_said_and_left(
    aws: Any, infra: Infra, tmp_path: Path
) -> None:
    spec = owned(tmp_path / "elsewhere", ME)
    provision(aws, spec)
    ended = infra("down", "--platform", "aws")
    assert ended.returncode == 0, ended.stderr
    assert f"not of {tmp_path / 'series'}: {spec.id}  {REGION}  3 machines" in ended.stderr
    assert ME.arn in ended.stderr
    assert machines(aws) == 3


def test_credentials_of_another_account_remove_nothing(
    aws: Any, infra: Infra, tmp_path: Path
) -> None:
    cluster_identity.ensure(settings(tmp_path), ME)
    ended = infra("down")
    assert ended.returncode == 2
    assert f"in the AWS account {ME.account}" in ended.stderr
    assert Settings(state_root=tmp_path).state.exists()


def test_without_credentials_nothing_is_gone(
    aws: object, infra: Infra, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster_identity.ensure(settings(tmp_path), ACCOUNT)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps those that it found
    ended = infra("down")
    assert ended.returncode == 1
    assert "error: credentials of AWS" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert Settings(state_root=tmp_path).state.exists()
