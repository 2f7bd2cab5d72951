"""Only what carries our label is ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.described import own_objects
from infra.described.own_objects import CLUSTER_SCOPED, NAMESPACES
from infra.kube_api import ApiRefused
from tests.unit.fakes import FakeApi

LABELS = {"scenario-of": "kubernetes-from-scratch"}
OURS = {"name": "claim-01234567", "labels": LABELS}
LIKE = {"name": "claim-89abcdef"}


def items(*names: str) -> Any:
    return {"items": [{"metadata": {"name": name}} for name in names]}


def test_a_sweep_deletes_what_is_labelled_also_where_its_namespace_is_gone() -> None:
    policies, crds = CLUSTER_SCOPED[1], CLUSTER_SCOPED[5]
    orphan = {"name": "claim-0badcafe-no-root", "labels": LABELS}
    group = {"name": "limits.claim-01234567.example.com", "labels": LABELS}
    api = FakeApi({
        NAMESPACES: {"items": [{"metadata": OURS}, {"metadata": LIKE}]},
        policies: {"items": [{"metadata": orphan}, *items("claim-01234567-x", "mine")["items"]]},
        crds: {"items": [{"metadata": group}, *items("volumesnapshots.example.com")["items"]]},
    })  # fmt: skip
    expected = [
        f"{policies}/claim-0badcafe-no-root",
        f"{crds}/limits.claim-01234567.example.com",
        f"{NAMESPACES}/claim-01234567",
    ]
    assert own_objects.left(api) == expected
    assert {method for method, *_ in api.asked} == {"GET"}
    assert [path for _, path, _ in api.asked] == [*CLUSTER_SCOPED, NAMESPACES]
    api.table |= {f"DELETE {path}": {} for path in expected}
    assert own_objects.sweep(api) == expected
    deleted = [path for method, path, _ in api.asked if method == "DELETE"]
    assert deleted == expected


def test_a_collection_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ApiRefused, match="403"):
        own_objects.left(FakeApi({CLUSTER_SCOPED[0]: (403, {"message": "no"})}))


def test_a_namespace_of_ours_says_until_when_it_may_be_there() -> None:
    made = own_objects.metadata("claim-01234567")
    until = datetime.fromisoformat(made["annotations"][own_objects.EXPIRES])
    assert timedelta(hours=23) < until - datetime.now(UTC) < timedelta(hours=25)
    assert own_objects.is_ours({"metadata": made})
