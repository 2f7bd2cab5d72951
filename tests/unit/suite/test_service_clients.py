"""Clients of a Service that never retry, one on each worker."""

from types import SimpleNamespace
from typing import Any

from infra.errors import Unreachable
from infra.ssh import Result
from suite.lifecycle import service_clients as clients_of_service
from suite.lifecycle.service_clients import ServiceClients


def test_a_client_on_a_worker_asks_once() -> None:
    def shell(status: int, stderr: str = "") -> Any:
        def run(argv: Any, *, check: bool) -> Result:
            assert not check
            assert not [word for word in argv if "retry" in word]
            return Result("worker-0", tuple(argv), status, "", stderr, 0.0)

        return SimpleNamespace(run=run)

    def lost(*_: Any, **__: Any) -> Result:
        raise Unreachable("worker-0", "10.0.1.21", "no route")

    url = "http://10.32.0.9:8080/hostname"
    assert clients_of_service.asks(shell(0), url)() == ""
    assert clients_of_service.asks(shell(7, "refused"), url)() == "refused"
    assert clients_of_service.asks(shell(22), url)() == "curl: 22"
    assert "no route" in clients_of_service.asks(SimpleNamespace(run=lost), url)()


def test_clients_on_every_worker_end_with_the_scenario() -> None:
    closed: list[str] = []

    def ssh(name: str) -> Any:
        run = lambda argv, **_: Result(name, tuple(argv), 0, "", "", 0.0)  # noqa: E731
        return SimpleNamespace(run=run, close=lambda: closed.append(name))

    workers = [SimpleNamespace(name=f"worker-{n}") for n in range(2)]
    cluster: Any = SimpleNamespace(spec=SimpleNamespace(workers=workers), ssh=ssh)
    drill: Any = SimpleNamespace(begin=lambda _: None, look=lambda _: 2)
    service_clients = ServiceClients(cluster)
    service_clients.begin(drill, "10.32.0.9")
    service_clients.close()
    service_clients.close()
    assert sorted(closed) == ["worker-0", "worker-1"]
    assert list(service_clients.clients) == [
        f"client of the Service on worker-{n}" for n in range(2)
    ]
