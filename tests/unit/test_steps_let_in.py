"""Ports that let in clients of other authorities, or not those of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.clients import aggregation, let_in, tls
from infra.clients import certificates as client
from infra.clients.api import ApiUnreachable
from infra.pki import authority, reading
from tests.steps import certificates as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import goes_red

SPEC = cluster().spec


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., let_in.Tried]:
    """What ports answer; ``open_to`` are authorities that every port lets in besides its own."""
    pod = aggregation.Second(cluster(), {"metadata": {}, "status": {"podIP": "10.200.0.9"}})
    monkeypatch.setattr(aggregation, "second", lambda _: pod)

    def tried(*open_to: str, shut: bool = False) -> let_in.Tried:
        def exchange(*_: Any, context: Any, **how: Any) -> bytes:
            door = next(d for d in let_in.doors(cluster()) if (d.machine, d.port) == _[1:3])
            if (context in door.of and not shut) or context in open_to:
                return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            if door.port in {2379, 2380}:
                raise ApiUnreachable("tlsv13 alert certificate required")
            return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"

        monkeypatch.setattr(tls, "exchange", exchange)
        monkeypatch.setattr(tls, "trusting_anybody", lambda who: who)
        known = ("ca", "etcd-ca", "front-proxy-ca", let_in.STRANGER, let_in.BY_ANOTHER_NAME)
        whose: Any = {who: who for who in known}
        return let_in.tried(cluster(), whose)

    return tried


def test_ports_that_let_in_whom_they_should(answering: Callable[..., let_in.Tried]) -> None:
    good = answering()
    steps.own_let_in(good)
    steps.others_kept_out(good)
    assert len(good) == 18


def test_ports_that_let_in_others_or_nobody(answering: Callable[..., let_in.Tried]) -> None:
    words = r"API server of controller-0 \(port 6443\) lets in a client of etcd-ca: 200"
    goes_red(words, steps.others_kept_out, answering("etcd-ca"))
    goes_red("lets in a client of a stranger", steps.others_kept_out, answering(let_in.STRANGER))
    loose = answering(let_in.BY_ANOTHER_NAME)
    goes_red("in a client of front-proxy-ca by another name: 200", steps.others_kept_out, loose)
    goes_red("answers 401 to a client of ca", steps.own_let_in, answering(shut=True))


def test_clients_of_each_authority(tmp_path: Path) -> None:
    live = cluster(material=authority.create_all(SPEC, tmp_path / "pki"))
    shown = let_in.clients(live, tmp_path)
    for who, credentials in shown.items():
        assert credentials.cert is not None
        found = reading.from_pem(who, credentials.cert.read_bytes())
        signers = [
            name for name, one in client.authorities(live).items() if reading.signed_by(found, one)
        ]
        wanted = {let_in.STRANGER: [], let_in.BY_ANOTHER_NAME: ["front-proxy-ca"]}
        assert signers == wanted.get(who, [who])
        assert (found.common_name == "front-proxy-client") == (who != let_in.BY_ANOTHER_NAME)
