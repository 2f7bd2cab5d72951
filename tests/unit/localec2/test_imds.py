import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from werkzeug.test import Client

from infra.localec2.desired_state import Instance, Wanted
from infra.localec2.metadata.credentials import Issuer
from infra.localec2.metadata.imds import TOKEN, TTL, Metadata

ONE = Instance(
    id="i-1", wanted="running", private_ip="10.0.1.11", mac="02:00:00:00:00:0b",
    instance_type="t3.medium", source_dest_check=True, group_ids=("sg-1",),
    hostname="ip-10-0-1-11", user_data="#cloud-config\n{}", public_key="ssh-ed25519 AAAA me",
    key_name="key", root_gib=8, zone="ap-southeast-1a", http_tokens="required",
)  # fmt: skip
TWO = replace(
    ONE, id="i-2", private_ip="10.0.1.12", user_data="", public_key=None, http_tokens="optional",
    role="driver", volumes=("vol-1", "vol-2"),
)  # fmt: skip


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    return tmp_path / "roles.key"


class Caller:
    def __init__(self, secret: Path, address: str = "10.0.1.11") -> None:
        self.now = 0.0
        app = Metadata(
            lambda: Wanted("10.0.1.0/24", "10.0.1.1", (ONE, TWO)),
            "ap-southeast-1",
            Issuer(secret),
            lambda: self.now,
        )
        self.client = Client(cast("Any", app))
        self.address = address

    def token(self, ttl: str | None = "60") -> tuple[int, str]:
        headers = {} if ttl is None else {TTL: ttl}
        answer = self.client.put(
            "/latest/api/token", headers=headers, environ_base={"REMOTE_ADDR": self.address}
        )
        return answer.status_code, answer.text

    def get(self, path: str, token: str | None = None) -> tuple[int, str]:
        answer = self.client.get(
            f"/latest/{path}",
            headers={TOKEN: token} if token else {},
            environ_base={"REMOTE_ADDR": self.address},
        )
        return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("meta-data/instance-id", "i-1"),
        ("meta-data/hostname", "ip-10-0-1-11"),
        ("meta-data/local-hostname", "ip-10-0-1-11"),
        ("meta-data/local-ipv4", "10.0.1.11"),
        ("meta-data/public-keys/0/openssh-key", "ssh-ed25519 AAAA me"),
        ("meta-data/placement/region", "ap-southeast-1"),
        ("meta-data/placement/availability-zone", "ap-southeast-1a"),
        ("user-data", "#cloud-config\n{}"),
    ],
)
def test_what_a_machine_may_know(secret: Path, path: str, text: str) -> None:
    caller = Caller(secret)
    _, token = caller.token()
    assert caller.get(path, token) == (200, text)


def test_the_identity_document(secret: Path) -> None:
    caller = Caller(secret)
    status, text = caller.get("dynamic/instance-identity/document", caller.token()[1])
    assert status == 200
    assert json.loads(text).items() >= {
        "instanceId": "i-1", "instanceType": "t3.medium", "region": "ap-southeast-1",
        "availabilityZone": "ap-southeast-1a", "privateIp": "10.0.1.11",
    }.items()  # fmt: skip


def test_without_a_token_nothing_is_told(secret: Path) -> None:
    assert Caller(secret).get("meta-data/instance-id")[0] == 401


def test_an_instance_may_allow_the_first_version(secret: Path) -> None:
    caller = Caller(secret, "10.0.1.12")
    assert caller.get("meta-data/instance-id") == (200, "i-2")
    assert caller.get("meta-data/instance-id", "wrong")[0] == 401


def test_a_token_gets_old(secret: Path) -> None:
    caller = Caller(secret)
    _, token = caller.token("60")
    caller.now = 60.0
    assert caller.get("meta-data/instance-id", token)[0] == 401


def test_a_token_of_another_machine_is_none(secret: Path) -> None:
    caller = Caller(secret)
    _, token = caller.token()
    caller.address = "10.0.1.12"
    assert caller.get("meta-data/instance-id", token)[0] == 401


@pytest.mark.parametrize("ttl", [None, "0", "21601", "soon"])
def test_a_token_needs_a_lifetime_of_one_second_to_six_hours(secret: Path, ttl: str) -> None:
    assert Caller(secret).token(ttl)[0] == 400


@pytest.mark.parametrize(
    "path", ["meta-data/public-ipv4", "meta-data/outpost-arn", "user-data/x", "moto-api/reset"]
)
def test_what_there_is_not(secret: Path, path: str) -> None:
    caller = Caller(secret)
    assert caller.get(path, caller.token()[1])[0] == 404


def test_a_stranger_learns_nothing(secret: Path) -> None:
    caller = Caller(secret, "10.200.0.5")
    assert caller.token()[0] == 404


def test_only_tokens_are_put(secret: Path) -> None:
    caller = Caller(secret)
    answer = caller.client.post(
        "/latest/meta-data/instance-id", environ_base={"REMOTE_ADDR": caller.address}
    )
    assert answer.status_code == 405


def test_a_role_is_told_only_to_who_has_it(secret: Path) -> None:
    path = "meta-data/iam/security-credentials"
    without, having = Caller(secret), Caller(secret, "10.0.1.12")
    assert without.get(path, without.token()[1])[0] == 404
    assert having.get(f"{path}/") == (200, "driver")
    keys = json.loads(having.get(f"{path}/driver")[1])
    issued = Issuer(secret).keys("driver")
    assert (keys["AccessKeyId"], keys["Token"]) == (issued.access_key, issued.token)
    assert having.get(f"{path}/other")[0] == 404


def test_disks_are_told(secret: Path) -> None:
    assert Caller(secret, "10.0.1.12").get("meta-data/block-device-mapping") == (
        200,
        "ami\nroot\nebs1\nebs2",
    )


class Connection:
    """A socket that remembers how far its answers get."""

    def __init__(self) -> None:
        self.hops: list[int] = []

    def setsockopt(self, _level: int, option: int, value: int) -> None:
        assert option == socket.IP_TTL
        self.hops.append(value)


def test_only_a_token_stays_near(secret: Path) -> None:
    caller, connection = Caller(secret, "10.0.1.12"), Connection()
    base = {"REMOTE_ADDR": caller.address, "werkzeug.socket": connection}
    caller.client.put("/latest/api/token", headers={TTL: "60"}, environ_base=base)
    caller.client.get("/latest/meta-data/instance-id", environ_base=base)
    assert connection.hops == [TWO.hop_limit, 64]
