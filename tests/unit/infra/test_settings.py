"""Options that are given win over the environment; a bad one is named as it was typed."""

import pytest

from infra.artifacts.catalog import default_minor, load
from infra.errors import UserError
from infra.settings import Settings


def test_what_is_not_given_is_the_environments_or_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KFS_CLUSTER_ID", "mine")
    chosen = Settings.from_options(cluster_id=None, kubernetes="1.35")
    assert (chosen.cluster_id, chosen.kubernetes, chosen.platform) == (
        "mine",
        load("1.35").kubernetes,
        "local",
    )


def test_a_version_is_the_newest_patch_of_its_minor_however_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings.from_options().kubernetes == load(default_minor()).kubernetes
    monkeypatch.setenv("KFS_KUBERNETES", "1.37")
    assert Settings.from_options().kubernetes == load("1.37").kubernetes


def test_an_unknown_version_is_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFS_KUBERNETES", "1.40")
    with pytest.raises(UserError, match=r"Kubernetes '1.40' is not known; known versions: v1.35"):
        Settings.from_options()


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("cluster_id", "Bad Name", "--cluster-id 'Bad Name': String should match"),
        ("platform", "gcp", "--platform 'gcp': Input should be 'local', 'aws' or 'existing'"),
    ],
)
def test_a_bad_option_is_named(option: str, value: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        Settings.from_options(**{option: value})


def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFS_LOCAL_TEMPER", "azure")
    with pytest.raises(UserError) as told:
        Settings.from_options()
    assert str(told.value) == "KFS_LOCAL_TEMPER 'azure': Input should be 'aws'"
