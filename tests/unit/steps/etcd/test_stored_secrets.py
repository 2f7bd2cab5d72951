"""Secrets that are in clear, or that one API server cannot read: every Then goes red."""

import base64
from typing import Any

import pytest

from infra.clients.etcd import members
from infra.clients.etcd.etcdctl import Entry
from tests.steps.etcd import stored_secrets as steps
from tests.steps.etcd.stored_secrets import SECRETS, Made
from tests.unit.elections_fake import cluster
from tests.unit.etcd_fake import Ctl
from tests.unit.fakes import FakeApi, evidence, goes_red, not_judged

MADE = Made("ns", {"made-by-controller-0": "v0"})
KEY = f"{SECRETS}ns/made-by-controller-0"
PATH = "/api/v1/namespaces/ns/secrets/made-by-controller-0"


def encoded(value: str) -> dict[str, Any]:
    return {"data": {"value": base64.b64encode(value.encode()).decode()}}


def test_a_secret_that_one_api_server_cannot_read() -> None:
    good = FakeApi({PATH: encoded("v0")})
    broken = FakeApi({PATH: (500, {"message": "no matching key was found"})})
    servers = {"controller-0": good, "controller-1": broken}
    words = "API server of controller-1: made-by-controller-0: 500 no matching key"
    goes_red(words, steps.all_read, cluster(api_servers=lambda: servers), MADE)
    servers["controller-1"] = FakeApi({PATH: encoded("other")})
    goes_red("controller-1: made-by", steps.all_read, cluster(api_servers=lambda: servers), MADE)
    servers["controller-1"] = good
    steps.all_read(cluster(api_servers=lambda: servers), MADE)


def test_a_secret_from_before_that_is_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {KEY: Entry(KEY, b"k8s:enc:aescbc:v1:key1:...", 1)}
    monkeypatch.setattr(members, "client", lambda _: Ctl(entries=stored))
    steps.all_encrypted(cluster(), {KEY}, evidence())
    old = f"{SECRETS}kube-system/old"
    stored[old] = Entry(old, b"k8s\x00\n\x0c\n\x02v1", 1)
    words = f"each of 2 Secrets is stored encrypted; instead: {old} b"
    goes_red(words, steps.all_encrypted, cluster(), {KEY}, evidence())
    stored.clear()
    not_judged("etcd has no", steps.all_encrypted, cluster(), {KEY}, evidence())


def test_new_secrets_are_known_by_their_keys() -> None:
    new: set[str] = set()
    api = FakeApi({f"POST /api/v1/namespaces/ns/{what}": {} for what in ("secrets", "configmaps")})
    steps.known_pair(cluster(api=api), "ns", new)
    steps.made_through_each(cluster(api_servers=lambda: {"controller-0": api}), "ns", new)
    assert new == {f"{SECRETS}ns/s", KEY}
