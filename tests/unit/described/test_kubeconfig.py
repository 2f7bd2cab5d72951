"""Kubeconfigs: who asks is found however it is written, and what is wrong is one line."""

import base64
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from infra.described.kubeconfig import Access, read
from infra.errors import UserError
from infra.kube_api import UNVERIFIED, Api

V1 = "client.authentication.k8s.io/v1"
CLUSTER = {"server": "https://10.0.1.10:6443/"}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def written(folder: Path, user: Any, cluster: Any = None, **more: Any) -> Path:
    config = {
        "contexts": [
            {"name": "a", "context": {"cluster": "c", "user": "u"}},
            {"name": "b", "context": {"cluster": "c", "user": "gone"}},
        ],
        "current-context": "a",
        "clusters": [{"name": "c", "cluster": cluster or CLUSTER}],
        "users": [{"name": "u", "user": user}],
        **more,
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(config))
    return path


def access(folder: Path, user: Any, cluster: Any = None) -> Access:
    return read(written(folder, user, cluster))


def plugin(folder: Path, script: str, **more: Any) -> dict[str, Any]:
    """A user whose plug-in is a script in the kubeconfig's directory."""
    path = folder / "login"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(stat.S_IRWXU)
    return {"exec": {"apiVersion": V1, "command": "./login", **more}}


def credential(status: Any, version: str = V1) -> str:
    told = {"apiVersion": version, "kind": "ExecCredential", "status": status}
    return f"echo '{json.dumps(told)}'"


def test_certificates_are_read_from_data_without_a_copy_on_disk(tmp_path: Path) -> None:
    user = {"client-certificate-data": encoded("cert"), "client-key-data": encoded("key")}
    found = access(tmp_path, user, {**CLUSTER, "certificate-authority-data": encoded("ca")})
    shown = found.credentials
    assert (found.server, found.context) == ("https://10.0.1.10:6443", "a")
    assert [one.read_text() for one in (shown.ca, shown.cert, shown.key) if one] == [
        "ca",
        "cert",
        "key",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config"]


def test_certificates_are_read_from_files_beside_the_kubeconfig(tmp_path: Path) -> None:
    for name in ("cert", "key", "ca"):
        (tmp_path / name).write_text(name)
    user = {"client-certificate": "cert", "client-key": str(tmp_path / "key")}
    shown = access(tmp_path, user, {**CLUSTER, "certificate-authority": "ca"}).credentials
    assert (shown.ca, shown.cert, shown.key) == tuple(
        tmp_path / one for one in ("ca", "cert", "key")
    )


def test_a_token_is_shown_to_a_server_of_the_system_s_authorities(tmp_path: Path) -> None:
    shown = access(tmp_path, {"token": "s3cret"}).credentials
    assert (shown.token, shown.ca) == ("s3cret", Path(DEFAULT_CA_BUNDLE_PATH))
    assert "s3cret" not in repr(shown)


def test_a_server_that_is_not_to_be_verified_is_not(tmp_path: Path) -> None:
    cluster = {**CLUSTER, "insecure-skip-tls-verify": True}
    shown = access(tmp_path, {"token": "t"}, cluster).credentials
    assert shown.ca == UNVERIFIED
    assert Api("https://api", shown)._session.verify is False


def test_a_token_file_is_read_again_for_each_request(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("one\n")
    api = Api("https://api", access(tmp_path, {"tokenFile": "token"}).credentials)
    assert api._session.headers["Authorization"] == "Bearer one"
    (tmp_path / "token").write_text("two\n")
    assert api.at("https://other")._session.headers["Authorization"] == "Bearer two"
    assert api.impersonating("x")._session.headers["Authorization"] == "Bearer two"
    assert api.with_token("own")._session.headers["Authorization"] == "Bearer own"


def test_a_plug_in_is_told_what_it_asks_for_and_its_token_is_shown(tmp_path: Path) -> None:
    script = 'printf %s "$KUBERNETES_EXEC_INFO" > info; echo "$MODE $1" > args; '
    user = plugin(
        tmp_path,
        f"cd {tmp_path}; {script}{credential({'token': 'fresh'})}",
        args=["--x"],
        env=[{"name": "MODE", "value": "m"}],
        provideClusterInfo=True,
        interactiveMode="IfAvailable",
    )
    found = access(tmp_path, user)
    assert found.credentials.now().token == "fresh"
    info = json.loads((tmp_path / "info").read_text())
    assert info["spec"] == {"interactive": False, "cluster": {"server": CLUSTER["server"]}}
    assert (tmp_path / "args").read_text() == "m --x\n"


def test_a_plug_in_s_certificate_is_shown(tmp_path: Path) -> None:
    status = {"clientCertificateData": "cert", "clientKeyData": "key"}
    shown = access(tmp_path, plugin(tmp_path, credential(status))).credentials.now()
    assert shown.cert
    assert shown.key
    assert (shown.cert.read_text(), shown.key.read_text(), shown.token) == ("cert", "key", None)


@pytest.mark.parametrize(("hours", "asked"), [(1, 1), (None, 1)])
def test_a_plug_in_is_asked_again_only_when_its_answer_has_expired(
    tmp_path: Path, hours: int | None, asked: int
) -> None:
    until = (datetime.now(UTC) + timedelta(hours=hours)).isoformat() if hours else None
    status = {"token": "t"} | ({"expirationTimestamp": until} if until else {})
    user = plugin(tmp_path, f"echo x >> {tmp_path}/asked; {credential(status)}")
    found = access(tmp_path, user)
    found.credentials.now()
    assert (tmp_path / "asked").read_text().count("x") == asked


def test_an_answer_that_expires_meanwhile_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {"token": "t", "expirationTimestamp": until}
    user = plugin(tmp_path, f"echo x >> {tmp_path}/asked; {credential(status)}")
    found = access(tmp_path, user)
    overs = iter([True, False])
    monkeypatch.setattr(
        "infra.described.exec_plugin.Answer.is_over", property(lambda _: next(overs))
    )
    found.credentials.now()
    assert (tmp_path / "asked").read_text().count("x") == 2


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'no session' >&2; exit 3", "login ended with status 3: no session"),
        ("exit 1", "ended with status 1: it said nothing"),
        ("echo hello", "answered no ExecCredential"),
        ("echo '{}'", "answered no ExecCredential: KeyError('status')"),
        (credential({}), "answered neither a token nor a certificate"),
        (credential({"token": "t"}, "client.authentication.k8s.io/v1beta1"), "v1beta1, not"),
        (
            credential({"token": "t", "expirationTimestamp": "2020-01-01T00:00:00Z"}),
            "answered what expired at 2020-01-01T00:00:00Z: log in anew",
        ),
    ],
)
def test_a_plug_in_that_fails_is_told_by_name(tmp_path: Path, script: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        access(tmp_path, plugin(tmp_path, script))
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'config'}: exec ")


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({"command": "no-such-login", "installHint": "get it\nhere"}, "program: get it here"),
        ({"command": "no-such-login"}, "there is no such program: install it"),
        ({"command": "x", "apiVersion": "client.authentication.k8s.io/v1alpha1"}, "known is"),
        ({"command": "x", "interactiveMode": "Always"}, "wants a terminal"),
        ({"args": []}, "exec names no command"),
    ],
)
def test_a_plug_in_that_cannot_be_run_is_told(tmp_path: Path, user: Any, told: str) -> None:
    with pytest.raises(UserError, match=told):
        access(tmp_path, {"exec": {"apiVersion": V1, **user}})


@pytest.mark.parametrize(
    ("user", "entry", "told"),
    [
        ({}, None, "nobody can be shown"),
        (
            {"client-certificate": "cert"},
            None,
            "client-certificate names .*/cert, which is no file",
        ),
        ({"client-key-data": "%"}, None, "client-key-data is no base64"),
        ({"username": "me", "password": "x"}, None, "username is not supported; API servers take"),
        ({"auth-provider": {"name": "gcp"}}, None, "auth-provider is not supported; client-go"),
        ({"tokenFile": "gone"}, None, "tokenFile .*/gone: No such file"),
        ({"token": "t"}, {"server": "http://a"}, "'http://a': it has no https"),
        ({"token": "t"}, {**CLUSTER, "proxy-url": "http://p"}, "proxy-url is not supported"),
    ],
)
def test_who_cannot_be_shown_is_told(tmp_path: Path, user: Any, entry: Any, told: str) -> None:
    with pytest.raises(UserError, match=told):
        access(tmp_path, user, entry)


def test_a_context_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, {"token": "t"})
    with pytest.raises(UserError, match="has no context 'x'; it has a, b"):
        read(path, "x")
    with pytest.raises(UserError, match="has no user 'gone'; it has u"):
        read(path, "b")
    with pytest.raises(UserError, match="has no current-context"):
        read(written(tmp_path, {"token": "t"}, **{"current-context": ""}))


@pytest.mark.parametrize("text", ["a: [", "- a", ""])
def test_what_is_no_kubeconfig_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(UserError, match="is no kubeconfig"):
        read(tmp_path / "config")
