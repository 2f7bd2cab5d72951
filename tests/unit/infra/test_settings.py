"""Options that are given win over the environment; a bad one is named as it was typed."""

import pytest

from infra.errors import UserError
from infra.settings import Settings


def test_what_is_not_given_is_the_environments_or_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KFS_CLUSTER_ID", "mine")
    chosen = Settings.from_options(cluster_id=None, kubernetes="v1.35.0")
    assert (chosen.cluster_id, chosen.kubernetes, chosen.platform) == ("mine", "v1.35.0", "local")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("cluster_id", "Bad Name", "--cluster-id 'Bad Name': String should match"),
        ("platform", "gcp", "--platform 'gcp': Input should be 'local' or 'aws'"),
    ],
)
def test_a_bad_option_is_named(option: str, value: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        Settings.from_options(**{option: value})
