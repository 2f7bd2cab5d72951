"""Tags become what a scenario holds; a word that is none is told."""

import pytest

from infra.footprints import footprint_tags
from infra.footprints.footprint import Footprint, of_tags
from infra.footprints.footprint_tags import UnknownFootprint


def test_who_says_nothing_relies_on_what_all_rely_on_and_on_some_worker() -> None:
    footprint = of_tags(["claim_63_1", "slow"])
    assert footprint.lane == "parallel"
    assert footprint.shared == set(footprint_tags.IMPLIED)
    assert footprint.shares_a_worker
    assert not footprint.exclusive


@pytest.mark.parametrize(
    ("tags", "exclusive", "one"),
    [
        (["changes_worker_0"], {"worker-0"}, False),
        (["changes_every_worker"], {"worker-0", "worker-1"}, False),
        (["changes_a_worker"], set(), True),
        (["changes_a_worker", "relies_on_every_worker"], set(), True),
        (["changes_an_api_server"], {"API servers"}, False),
        (["changes_every_api_server"], {"API servers"}, False),
        (["changes_a_member", "changes_schedulers"], {"etcd", "schedulers"}, False),
    ],
)
def test_who_changes_something_has_it_alone(
    tags: list[str], exclusive: set[str], *, one: bool
) -> None:
    footprint = of_tags(tags)
    assert footprint.lane == "disruptive"
    assert footprint.exclusive == exclusive
    assert footprint.takes_a_worker == one
    assert not footprint.shared & footprint.exclusive


def test_who_changes_what_all_rely_on_is_alone() -> None:
    assert of_tags(["changes_nodes_readiness"]).is_alone
    assert not of_tags(["changes_every_worker"]).is_alone


def test_who_names_a_worker_shares_no_other() -> None:
    for tag in ("changes_worker_0", "changes_a_worker", "relies_on_every_worker"):
        assert not of_tags([tag]).shares_a_worker
    assert of_tags(["changes_managers"]).shares_a_worker, "its Pods run on some worker"


def test_who_needs_no_worker_holds_none() -> None:
    assert not of_tags(["ignores_workers"]).shares_a_worker
    assert of_tags(["ignores_workers"]).shared == set(footprint_tags.IMPLIED)


def test_a_feature_relies_on_what_one_of_its_scenarios_changes() -> None:
    footprint = of_tags(["relies_on_ebs_driver", "changes_ebs_driver"])
    assert footprint_tags.DRIVER in footprint.exclusive
    assert footprint_tags.DRIVER not in footprint.shared


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        (["changes_wroker_0"], r"@changes_wroker_0: no such word; after changes_ .*a_worker, "),
        (["relies_on_balancers"], r"@relies_on_balancers: no such word"),
        (["ignores_etcd"], r"@ignores_etcd: no such word; after ignores_ stands one of: workers"),
        (["ignores_workers", "relies_on_every_worker"], "names a worker"),
        (["ignores_workers", "changes_a_worker"], "names a worker"),
        (["changes_a_worker", "changes_worker_0"], "say which ones it changes"),
    ],
)
def test_words_that_say_nothing_are_told(tags: list[str], says: str) -> None:
    with pytest.raises(UnknownFootprint, match=says):
        of_tags(tags)


def test_every_word_has_a_tag_of_each_kind_and_a_meaning() -> None:
    tags = footprint_tags.tags()
    for word in footprint_tags.MEANINGS:
        assert tags[f"changes_{word}"]
        assert tags[f"relies_on_{word}"]
    assert all(isinstance(of_tags([tag]), Footprint) for tag in tags)
