"""Provisioning is idempotent and resumable, and leaves nothing behind."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra import ec2
from infra.ec2.api import TAG
from infra.inventory import MachineName, with_another_worker
from tests.contract.cluster import (
    NOTHING,
    SERIES,
    SPEC,
    WHOLE,
    Interrupted,
    Recorder,
    hooked,
    left,
    provision,
    recording,
    remove,
)
from tests.contract.conftest import Served
from tests.contract.world import settle

if TYPE_CHECKING:
    from infra.localec2.moto_api.front import Front

GOLDEN = Path(__file__).with_name("provision.golden")
CHANGES = 16
REMOVALS = 9
"""Mutating calls of one provisioning of three machines and of its removal."""


def test_it_works_over_http(served: Served, front: "Front") -> None:
    front.on_change = lambda: settle(front)
    client = ec2.client(served.endpoint, "ap-southeast-1")
    made = provision(client, SERIES)
    assert ec2.find(client, SERIES) == made
    remove(client, SERIES)
    assert left(client) == NOTHING


def test_first_run_makes_the_series_machines(client: Any) -> None:
    made = provision(client, SERIES)
    assert {n: i.private_ip for n, i in made.instances.items()} == {
        m.name: str(m.private_ip) for m in SERIES.machines
    }
    assert {i.state for i in made.instances.values()} == {"running"}
    assert left(client) == WHOLE | {"instances": 6, "interfaces": 6}
    assert ec2.find(client, SERIES) == made
    assert made.missing(SERIES) == ()


def test_requests_are_the_reviewed_ones(client: Any) -> None:
    with recording(client) as recorder:
        made = provision(client, SERIES)
        ec2.route_pods(client, SERIES, made)
        remove(client, SERIES)
    assert recorder.sequence() == GOLDEN.read_text()


def test_second_run_only_looks(client: Any) -> None:
    made = provision(client)
    ec2.route_pods(client, SPEC, made)
    made = ec2.find(client, SPEC) or made
    with recording(client) as recorder:
        assert provision(client) == made
        ec2.route_pods(client, SPEC, made)
    assert recorder.changes == []


def test_runs_cut_short_after_each_change_repeat_none(client: Any) -> None:
    with recording(client) as recorder:
        recorder.interrupt_after = 0
        runs = until_whole(lambda: provision(client), recorder)
    assert left(client) == WHOLE
    assert len(recorder.changes) == CHANGES
    assert runs > CHANGES - len(SPEC.machines)  # launches are parallel: one run makes several


def test_removals_cut_short_after_each_change_repeat_none(client: Any) -> None:
    provision(client)
    with recording(client) as recorder:
        recorder.interrupt_after = 0
        until_whole(lambda: remove(client), recorder)
    assert left(client) == NOTHING
    assert len(recorder.changes) == REMOVALS


def until_whole(run: Callable[[], object], recorder: Recorder) -> int:
    for runs in range(1, 40):
        recorder.interrupt_after = 0
        try:
            run()
        except Interrupted:
            continue
        return runs
    raise AssertionError("no end")


def test_launch_that_is_not_shown_yet_is_not_repeated(client: Any) -> None:
    before = provision(client)
    looks: list[str] = []

    def nothing_yet(parsed: dict[str, Any], **_: Any) -> None:
        if not looks:
            parsed["Reservations"] = []
        looks.append("looked")

    with hooked(client, "after-call.ec2.DescribeInstances", nothing_yet):
        assert provision(client) == before
    assert left(client) == WHOLE


def test_removal_of_nothing_is_fine(client: Any) -> None:
    remove(client)
    provision(client)
    remove(client)
    remove(client)
    assert (left(client), ec2.clusters(client), ec2.find(client, SPEC)) == (NOTHING, (), None)


def test_removal_spares_what_is_not_ours(client: Any) -> None:
    other = client.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    provision(client)
    assert ec2.clusters(client) == (SPEC.id,)
    remove(client)
    assert [v["VpcId"] for v in client.describe_vpcs()["Vpcs"]] == [other]


def test_cluster_can_be_made_again_after_removal(client: Any) -> None:
    first = provision(client)
    remove(client)
    second = provision(client)
    assert not {i.id for i in first.instances.values()} & {i.id for i in second.instances.values()}
    assert left(client) == WHOLE


def test_lost_machine_alone_is_launched_anew(client: Any) -> None:
    before = provision(client)
    client.terminate_instances(InstanceIds=[before.instances[MachineName("worker-1")].id])
    found = ec2.find(client, SPEC)
    assert found
    assert found.missing(SPEC) == ("worker-1",)
    after = provision(client)
    changed = {n for n in after.instances if after.instances[n].id != before.instances[n].id}
    assert changed == {"worker-1"}


def test_what_is_launched_again_may_be_asked_for_in_other_words(client: Any) -> None:
    """Another image, say: EC2 refuses the token of the instance that was terminated."""
    before = provision(client)
    client.terminate_instances(InstanceIds=[before.instances[MachineName("worker-1")].id])
    others = {m.name: "#cloud-config\nhostname: another\n" for m in SPEC.machines}
    after = provision(client, user_data=others)
    assert after.instances[MachineName("worker-1")] != before.instances[MachineName("worker-1")]


def test_stopped_machine_is_started(client: Any) -> None:
    made = provision(client)
    ec2.stop(client, made.instances[MachineName("lb")].id)
    assert provision(client).instances[MachineName("lb")] == made.instances[MachineName("lb")]


def test_pod_routes_follow_a_new_worker(client: Any, front: "Front") -> None:
    made = provision(client)
    ec2.route_pods(client, SPEC, made)
    client.terminate_instances(InstanceIds=[made.instances[MachineName("worker-0")].id])
    again = provision(client)
    ec2.route_pods(client, SPEC, again)
    wanted = front.wanted()
    assert wanted
    assert {r.cidr: r.instance_id for r in wanted.routes} == {
        "0.0.0.0/0": None,
        "10.200.0.0/24": again.instances[MachineName("worker-0")].id,
        "10.200.1.0/24": again.instances[MachineName("worker-1")].id,
    }
    checked = {i.private_ip for i in wanted.instances if i.source_dest_check}
    assert checked == {"10.0.1.10"}


def test_only_the_present_caller_is_let_in(client: Any, front: "Front") -> None:
    provision(client, allowed_cidr="198.51.100.7/32")
    provision(client, allowed_cidr="198.51.100.8/32")
    wanted = front.wanted()
    assert wanted
    rules = {r for g in wanted.groups for r in g.ingress}
    assert {(r.protocol, r.from_port, r.to_port, r.cidr) for r in rules} == {
        ("-1", None, None, "10.0.0.0/16"),
        ("-1", None, None, "10.200.0.0/16"),
        ("tcp", 22, 22, "198.51.100.8/32"),
        ("tcp", 6443, 6443, "198.51.100.8/32"),
    }


def test_plain_moto_takes_the_same_requests(moto_server: str, plain: Any) -> None:
    client = ec2.client(moto_server, "ap-southeast-1")
    made = provision(client)
    ec2.route_pods(client, SPEC, made)
    found = ec2.find(client, SPEC)
    assert found
    with recording(client) as recorder:
        assert provision(client) == found
    assert recorder.changes == []


def test_a_worker_more_is_left_alone_and_goes_alone(client: Any) -> None:
    first = provision(client)
    larger = with_another_worker(SPEC)
    ec2.route_pods(client, larger, provision(client, larger))
    assert left(client)["instances"] == 4
    assert provision(client).instances.keys() == first.instances.keys()
    for _ in range(2):
        ec2.withdraw(client, SPEC, larger.workers[-1], say=lambda _: None)
        assert left(client)["instances"] == 3
    (table,) = client.describe_route_tables(Filters=[{"Name": "tag-key", "Values": [TAG]}])[
        "RouteTables"
    ]
    ranges = {route["DestinationCidrBlock"] for route in table["Routes"]}
    assert str(larger.workers[-1].pod_cidr) not in ranges
    assert ec2.instances(client, SPEC.id).keys() == first.instances.keys()
    assert "worker-2" in provision(client, larger).instances, "it may come again"
    remove(client)
    assert left(client) == NOTHING
