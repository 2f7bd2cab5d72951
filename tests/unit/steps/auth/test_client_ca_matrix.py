"""Ports that let in clients of other authorities, or not those of their own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.clients.apimachinery import aggregation
from infra.clients.auth import certificates as client
from infra.clients.auth import client_ca_matrix
from infra.clients.transport import tls_tunnel
from infra.clients.transport.tls_tunnel import MachinePort
from infra.kube_api import ApiUnreachable
from infra.pki import authority, certificate_parsing
from tests.steps.auth import certificates as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, goes_red, not_judged

SPEC = cluster().spec


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., client_ca_matrix.Tried]:
    """What ports answer; ``open_to`` are authorities that every port lets in besides its own."""
    pod = aggregation.Second(cluster(), {"metadata": {}, "status": {"podIP": "10.200.0.9"}})
    monkeypatch.setattr(aggregation, "second", lambda _: pod)

    def tried(
        *open_to: str, shut: bool = False, silent_to: Sequence[str] = ()
    ) -> client_ca_matrix.Tried:
        def exchange(port: MachinePort, _request: str, *, context: Any) -> bytes:
            place = port.machine, port.number
            if context in silent_to and place == ("controller-2", 2380):
                raise ApiUnreachable("GET /version") from TimeoutError("silent for 5 s")
            doors = client_ca_matrix.doors(cluster())
            door = next(d for d in doors if (d.machine, d.port) == place)
            if (context in door.of and not shut) or context in open_to:
                return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            if door.port in {2379, 2380}:
                raise ApiUnreachable("tlsv13 alert certificate required")
            return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"

        monkeypatch.setattr(tls_tunnel, "exchange", exchange)
        monkeypatch.setattr(tls_tunnel, "trusting_anybody", lambda who: who)
        known = (
            "ca",
            "etcd-ca",
            "front-proxy-ca",
            client_ca_matrix.STRANGER,
            client_ca_matrix.BY_ANOTHER_NAME,
        )
        whose: Any = {who: who for who in known}
        return client_ca_matrix.tried(cluster(shell=FakeShell), whose)

    return tried


OWN, OTHERS = "admits clients of its own CAs", "refuses clients of other CAs"


def test_ports_that_let_in_whom_they_should(
    answering: Callable[..., client_ca_matrix.Tried],
) -> None:
    good = answering()
    steps.ports_admit(good, OWN)
    steps.ports_admit(good, OTHERS)
    assert len(good) == 18


def test_ports_that_let_in_others_or_nobody(
    answering: Callable[..., client_ca_matrix.Tried],
) -> None:
    words = r"API server of controller-0 \(port 6443\) lets in a client of etcd-ca: 200"
    goes_red(words, steps.ports_admit, answering("etcd-ca"), OTHERS)
    goes_red(
        "lets in a client of a stranger",
        steps.ports_admit,
        answering(client_ca_matrix.STRANGER),
        OTHERS,
    )
    loose = answering(client_ca_matrix.BY_ANOTHER_NAME)
    goes_red("in a client of front-proxy-ca by another name: 200", steps.ports_admit, loose, OTHERS)
    goes_red("answers 401 to a client of ca", steps.ports_admit, answering(shut=True), OWN)


def test_a_port_that_is_silent(answering: Callable[..., client_ca_matrix.Tried]) -> None:
    """One that it is for is not admitted; another is neither admitted nor refused."""
    words = (
        r"etcd of controller-2, for peers \(port 2380\) admits or refuses a client of {} that asks "
        "for /version: not within 90 s; last seen: TimeoutError: silent for 5 s"
    )
    goes_red(words.format("etcd-ca"), answering, silent_to=("ca", "etcd-ca"))
    not_judged(words.format("ca"), answering, silent_to=("ca",))


def test_clients_of_each_authority(tmp_path: Path) -> None:
    live = cluster(material=authority.create_all(SPEC, tmp_path / "pki"))
    shown = client_ca_matrix.clients(live, tmp_path)
    for who, credentials in shown.items():
        assert credentials.cert is not None
        found = certificate_parsing.from_pem(who, credentials.cert.read_bytes())
        signers = [
            name
            for name, one in client.authorities(live).items()
            if certificate_parsing.signed_by(found, one)
        ]
        wanted = {
            client_ca_matrix.STRANGER: [],
            client_ca_matrix.BY_ANOTHER_NAME: ["front-proxy-ca"],
        }
        assert signers == wanted.get(who, [who])
        assert (found.common_name == "front-proxy-client") == (
            who != client_ca_matrix.BY_ANOTHER_NAME
        )
