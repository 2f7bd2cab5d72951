"""Which upgrades there are, and in which order their steps come."""

import pytest

from infra.artifacts import catalog as catalogs
from infra.clients.lifecycle import version_skew
from infra.clients.lifecycle.version_skew import Move
from infra.errors import UserError
from infra.lifecycle.upgrade import steps
from infra.lifecycle.upgrade.steps import Kind, Step
from tests.unit.upgrade_fake import NEW, OLD, spec_of

SPEC = spec_of(OLD)
OLDER = catalogs.load("1.35").kubernetes


def order(old: str, new: str) -> list[tuple[Kind, str]]:
    return [(step.kind, step.machine) for step in steps.of_upgrade(SPEC, old=old, new=new)]


def test_the_order_is_the_articles() -> None:
    controllers, workers = [f"controller-{n}" for n in range(3)], ["worker-0", "worker-1"]
    kinds = (Kind.ETCD, Kind.API_SERVER, Kind.MANAGERS)
    assert order(OLD, NEW) == [
        *((kind, machine) for kind in kinds for machine in controllers),
        *((Kind.NODE, machine) for machine in workers),
    ]


def test_an_etcd_that_both_versions_prescribe_is_left_alone() -> None:
    assert catalogs.component_version(OLDER, "etcd") == catalogs.component_version(OLD, "etcd")
    assert {kind for kind, _ in order(OLDER, OLD)} == set(Kind) - {Kind.ETCD}


def test_every_step_obeys_the_skew_policy_as_kubernetes_states_it() -> None:
    versions = {
        component: {m: found[component] for m, found in at.items() if component in found}
        for at in [steps.versions_at(SPEC, OLD)]
        for component in version_skew.ORDER
    }
    moves = [
        Move(component, step.machine, version)
        for step in steps.of_upgrade(SPEC, old=OLD, new=NEW)
        for component, version in step.versions.items()
        if component != "etcd"
    ]
    assert len(moves) == 3 + 2 * 3 + 2 * 2
    assert not version_skew.broken_on_the_way(versions, moves)
    assert version_skew.broken_on_the_way(versions, moves[3:] + moves[:3]), "the check can fail"


@pytest.mark.parametrize(("old", "new"), [(OLD, NEW), (NEW, NEW), ("v1.36.4", OLD), (OLDER, OLD)])
def test_the_next_minor_a_later_patch_and_nothing_to_do_are_allowed(old: str, new: str) -> None:
    steps.must_be_allowed("unit", old=old, new=new)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (NEW, OLD, f"has Kubernetes {NEW}: {OLD} would be a downgrade"),
        ("v1.36.10", "v1.36.9", "would be a downgrade"),
        (OLDER, NEW, "skips 1 minor version.*; first: ./kfs upgrade --to 1.36$"),
    ],
)
def test_a_downgrade_and_two_minors_at_once_are_refused(old: str, new: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as refused:
        steps.must_be_allowed("unit", old=old, new=new)
    assert "\n" not in str(refused.value)


def test_a_step_says_what_it_does() -> None:
    step = Step(Kind.NODE, "worker-0", NEW)
    assert str(step) == f"kubelet and kube-proxy of worker-0 to {NEW}"
    assert step.versions == {"kubelet": NEW, "kube-proxy": NEW}
