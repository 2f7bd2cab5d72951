"""Whatever a cluster's life asks of EC2 and IAM, docs/aws-policy.json allows."""

import json
from pathlib import Path
from typing import Any

from infra import ec2
from infra.ec2 import instance_profile
from infra.ec2.account import preflight
from infra.ec2.volumes import Witness
from infra.inventory import with_another_worker
from infra.settings import PROJECT
from tests.contract.cluster import hooked, provision
from tests.contract.test_ownership import owned
from tests.contract.test_removal import with_storage


def live(client: Any, iam: Any, front: Any, tmp_path: Path) -> None:
    """Built twice, from two addresses; a worker joins, stops and leaves; a volume is left."""
    spec = owned(tmp_path)
    list(preflight.forbidden(client, spec, spec.machines))
    for cidr in ("198.51.100.7/32", "198.51.100.8/32"):
        made = provision(client, spec, allowed_cidr=cidr)
        ec2.route_pods(client, spec, made)
    larger = with_another_worker(spec)
    worker = provision(client, larger).instances[larger.workers[-1].name].id
    instance_profile.give(client, iam, spec, [worker])
    ec2.strangers(client, spec, made)
    ec2.stop(client, worker)
    ec2.start(client, worker)
    ec2.reboot(client, worker)
    ec2.withdraw(client, spec, larger.workers[-1], say=lambda _: None)
    Witness(client).snapshots(with_storage(client, front, spec))
    ec2.remove(client, iam, spec, say=lambda _: None)


def test_every_call_of_a_life_is_allowed(client: Any, iam: Any, front: Any, tmp_path: Path) -> None:
    asked: set[str] = set()

    def note(model: Any, **_: Any) -> None:
        asked.add(f"{model.service_model.service_name}:{model.name}")

    with (
        hooked(client, "provide-client-params.ec2", note),
        hooked(iam, "provide-client-params.iam", note),
    ):
        live(client, iam, front, tmp_path)
    policy = json.loads((PROJECT / preflight.POLICY).read_text())
    allowed = {action for one in policy["Statement"] for action in one["Action"]}
    # those of the test itself, in the place of the driver, whose role has AWS's own policy
    assert asked - allowed == {"ec2:CreateVolume", "ec2:CreateSnapshot"}
    assert len(asked) > 50
