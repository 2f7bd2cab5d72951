"""A writer knows which of its objects were stored, and when each question failed."""

from threading import Event, Lock
from typing import Any

from infra.kube_api import Answer
from suite.etcd.configmap_writer import Writer
from tests.unit.fakes import FakeApi

PATH = "/api/v1/namespaces/ns/configmaps"


class Server(FakeApi):
    """Stores all but every third object; ``connections`` is how often it was connected to."""

    def __init__(self) -> None:
        super().__init__({})
        self.one, self.seen_all, self.expected = Lock(), Event(), 0
        self.connections = 0
        self.timeouts: set[float] = set()

    def at(self, _base: str) -> "Server":
        with self.one:
            self.connections += 1
        return self

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        with self.one:
            found = self.answer(method, path, **how)
        if len(self.asked) >= self.expected:
            self.seen_all.set()
        return found

    def answer(self, method: str, path: str, **how: Any) -> Answer:
        self.timeouts.add(how["timeout"])
        name = how["body"]["metadata"]["name"]
        stored = {"metadata": {"name": name, "resourceVersion": "7"}}
        refused = name.endswith("2")
        self.table[f"POST {path}"] = (503, {"message": "going down"}) if refused else (201, stored)
        return super().ask(method, path, **how)


def wrote(writer: Writer, server: Server, count: int) -> None:
    server.expected = count
    writer.open()
    assert server.seen_all.wait(10)
    writer.close()


def test_what_failed_is_known_by_name_and_in_time() -> None:
    server = Server()
    writer = Writer(server, "ns", a_second=500)
    wrote(writer, server, 4)
    assert [one.name for one in writer.written][:3] == ["numbered-0", "numbered-1", "numbered-3"]
    assert [bool(one.wrong) for one in writer.asking.asked][:4] == [False, False, True, False]
    assert "going down" in writer.asking.asked[2].wrong
    assert writer.failures[0].startswith("numbered-2: ")
    assert server.connections == 1
    assert server.timeouts == {20.0}


def test_writes_that_may_be_asked_at_once_have_connections_of_their_own() -> None:
    server = Server()
    writer = Writer(server, "ns", a_second=500, timeout=5.0, at_once=4)
    wrote(writer, server, 3)
    assert server.connections == 1 + len(writer.asking.asked)
    assert server.timeouts == {5.0}
    assert len({one.name for one in writer.written}) == len(writer.written)
