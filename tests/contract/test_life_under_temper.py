"""A cluster's whole life on a local EC2 that behaves as AWS does: built, given a role, stopped,
started, removed. Nothing is made twice, nothing is left, whatever the seed.
"""

from pathlib import Path
from types import SimpleNamespace

import pytest

from infra import ec2
from infra.ec2 import instance_profile, tagged
from infra.inventory import ClusterSpec
from infra.localec2.moto_api.faults import Answer
from infra.localec2.moto_api.temper.aws import Temper, of_aws
from infra.localec2.moto_api.temper.trait import Call
from tests.contract.cluster import NOTHING, WHOLE, left, provision
from tests.contract.conftest import Served, in_process
from tests.contract.test_local_temper import Now
from tests.contract.test_ownership import owned
from tests.contract.world import front_at, settle

SEEDS = (4, 13, 19)
"""Each of them found something that our code or the local EC2 did wrong; 1 to 23 were tried."""
NOT_FOUND = "NotFound"


class Witnessed(Temper):
    """Remembers what it did: codes of refusals, and actions whose answer was lost."""

    def __init__(self, temper: Temper) -> None:
        super().__init__(*temper.traits)
        self.codes: list[str] = []
        self.lost: list[str] = []

    def before(self, call: Call) -> Answer | None:
        refusal = super().before(call)
        if refusal:
            self.codes.append(refusal[1].partition("<Code>")[2].partition("</Code>")[0])
        return refusal

    def loses(self, call: Call) -> bool:
        lost = super().loses(call)
        if lost:
            self.lost.append(call.action)
        return lost


class Life:
    """One cluster with its clients and its clock, which every wait moves on."""

    def __init__(self, served: Served, root: Path, temper: Witnessed, now: Now) -> None:
        self.temper, self.now = temper, now
        self.front = served.front = front_at(root / "journal", temper)
        self.front.clock = now
        self.front.on_change = lambda: settle(self.front)
        at = served.endpoint, "ap-southeast-1"
        self.ec2 = in_process(ec2.client(*at, like_amazons=True), served)
        self.iam = in_process(ec2.iam(*at, like_amazons=True), served)
        self.spec: ClusterSpec = owned(root)

    def build(self) -> dict[str, str]:
        """Ids by name."""
        made = provision(self.ec2, self.spec)
        ec2.route_pods(self.ec2, self.spec, made)
        ids = {str(name): one.id for name, one in made.instances.items()}
        instance_profile.give(self.ec2, self.iam, self.spec, list(ids.values()))
        return ids

    def remove(self) -> None:
        ec2.remove(self.ec2, self.iam, self.spec, say=lambda _: None)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    """Of the API and of who waits for it."""
    clock = Now()
    fake = SimpleNamespace(monotonic=clock, sleep=clock.passes)
    monkeypatch.setattr("infra.wait.time", fake)
    monkeypatch.setattr("botocore.endpoint.time", fake)
    return clock


def life(served: Served, root: Path, now: Now, seed: int) -> Life:
    return Life(served, root, Witnessed(of_aws(seed, now)), now)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cluster_lives_and_is_removed(
    served: Served, tmp_path: Path, now: Now, seed: int
) -> None:
    it = life(served, tmp_path, now, seed)
    ids = it.build()
    now.passes()
    assert left(it.ec2) == WHOLE
    assert it.build() == ids, "what is there is found"
    ec2.stop_all(it.ec2, list(ids.values()))
    assert {i.state for i in ec2.instances(it.ec2, it.spec.id).values()} == {"stopped"}
    assert it.build() == ids, "what is stopped is started"
    it.remove()
    assert left(it.ec2) == NOTHING
    assert tagged.everything(it.ec2, it.iam, it.spec.id) == []
    assert {"RequestLimitExceeded", "InsufficientInstanceCapacity"} <= {*it.temper.codes}
    assert any(NOT_FOUND in code for code in it.temper.codes)
    assert it.temper.lost
