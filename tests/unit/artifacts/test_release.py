"""Releases are checked, resumed and given up quickly: against a server of our own."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from infra.artifacts.catalog import Component, Release
from infra.artifacts.release import NotOffered, Releases, WrongChecksum
from infra.artifacts.store import Store

PROGRAM = bytes(range(256)) * 64


class Upstream(ThreadingHTTPServer):
    """Serves ``files``; ``cut`` bytes of a body and then hangs up, while ``cuts`` lasts."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cut, self.cuts = 0, 0
        self.asked: list[tuple[str, str | None]] = []

    def put(self, name: str, content: bytes, checksum: str | None = None) -> None:
        self.files[f"/{name}"] = content
        line = f"{checksum or hashlib.sha256(content).hexdigest()}  {name}\n"
        self.files[f"/{name}.sha256"] = f"{'0' * 64}  other\n{line}".encode()

    def component(self, name: str, member: str | None = None) -> Component:
        url = f"http://127.0.0.1:{self.server_port}/{name}"
        program = member.rsplit("/", 1)[-1] if member else name
        release = Release(url, f"{url}.sha256", member)
        return Component(program, "v1", "upstream", release=release)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Upstream)
        server, asked = self.server, self.headers.get("Range")
        server.asked.append((self.path, asked))
        if self.path not in server.files:
            self.send_error(404)
            return
        content = server.files[self.path]
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        if server.cuts and not self.path.endswith(".sha256"):
            server.cuts -= 1
            body = body[: server.cut]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Upstream() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_program_is_verified_and_executable(upstream: Upstream, tmp_path: Path) -> None:
    upstream.put("kubelet", PROGRAM)
    Releases().fetch(upstream.component("kubelet"), tmp_path / "k", store=Store(tmp_path))
    assert (tmp_path / "k").read_bytes() == PROGRAM
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o755
    assert list((tmp_path / "parts").iterdir()) == []


def test_a_checksum_file_may_be_the_bare_hash(upstream: Upstream, tmp_path: Path) -> None:
    upstream.put("kubelet", PROGRAM)
    upstream.files["/kubelet.sha256"] = hashlib.sha256(PROGRAM).hexdigest().encode()
    Releases().fetch(upstream.component("kubelet"), tmp_path / "k", store=Store(tmp_path))
    assert (tmp_path / "k").read_bytes() == PROGRAM


def test_a_wrong_checksum_names_program_and_url_and_leaves_nothing(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.put("kubelet", PROGRAM, checksum="1" * 64)
    with pytest.raises(
        WrongChecksum, match=r"kubelet v1 cannot be obtained: http.*/kubelet has sha256"
    ):
        Releases().fetch(upstream.component("kubelet"), tmp_path / "k", store=Store(tmp_path))
    assert not (tmp_path / "k").exists()
    assert list((tmp_path / "parts").iterdir()) == []


def test_a_broken_download_is_continued_in_the_same_run(upstream: Upstream, tmp_path: Path) -> None:
    upstream.put("kubelet", PROGRAM)
    upstream.cut, upstream.cuts = 1000, 2
    Releases().fetch(upstream.component("kubelet"), tmp_path / "k", store=Store(tmp_path))
    assert (tmp_path / "k").read_bytes() == PROGRAM
    assert [asked for path, asked in upstream.asked if path == "/kubelet"] == [
        None,
        "bytes=1000-",
        "bytes=2000-",
    ]


def test_a_download_that_keeps_breaking_is_continued_by_the_next_run(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.put("kubelet", PROGRAM)
    upstream.cut, upstream.cuts = 1000, 3
    with pytest.raises(NotOffered, match=r"broke off 3 times .*next run continues"):
        Releases().fetch(upstream.component("kubelet"), tmp_path / "k", store=Store(tmp_path))
    assert not (tmp_path / "k").exists()
    Releases().fetch(upstream.component("kubelet"), tmp_path / "k", store=Store(tmp_path))
    assert (tmp_path / "k").read_bytes() == PROGRAM
    assert upstream.asked[-1] == ("/kubelet", "bytes=3000-")


def test_a_part_that_is_too_long_is_begun_anew(upstream: Upstream, tmp_path: Path) -> None:
    upstream.put("kubelet", PROGRAM)
    upstream.cut, upstream.cuts = 1000, 3
    with pytest.raises(NotOffered):
        Releases().fetch(upstream.component("kubelet"), tmp_path / "k", store=Store(tmp_path))
    [part] = (tmp_path / "parts").iterdir()
    part.write_bytes(PROGRAM + b"more")
    Releases().fetch(upstream.component("kubelet"), tmp_path / "k", store=Store(tmp_path))
    assert (tmp_path / "k").read_bytes() == PROGRAM


def test_an_archive_is_downloaded_once_for_all_its_programs(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.put("etcd.tar.gz", _archive({"./etcd-v1/etcd": b"one", "./etcd-v1/etcdctl": b"two"}))
    releases, store = Releases(), Store(tmp_path)
    for name, content in (("etcd", b"one"), ("etcdctl", b"two")):
        component = upstream.component("etcd.tar.gz", member=f"etcd-v1/{name}")
        releases.fetch(component, tmp_path / name, store=store)
        assert (tmp_path / name).read_bytes() == content
    assert [path for path, _ in upstream.asked].count("/etcd.tar.gz") == 1


def test_an_archive_without_the_program_is_no_offer(upstream: Upstream, tmp_path: Path) -> None:
    upstream.put("etcd.tar.gz", _archive({"other": b"one"}))
    component = upstream.component("etcd.tar.gz", member="etcd-v1/etcd")
    with pytest.raises(NotOffered, match="has no etcd-v1/etcd"):
        Releases().fetch(component, tmp_path / "etcd", store=Store(tmp_path))


def test_a_file_that_is_not_there_is_no_offer(upstream: Upstream, tmp_path: Path) -> None:
    with pytest.raises(NotOffered, match=r"kubelet\.sha256 answers 404"):
        Releases().fetch(upstream.component("kubelet"), tmp_path / "k", store=Store(tmp_path))


def test_an_unreachable_server_is_asked_once_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Upstream() as closed:
        component = closed.component("kubelet")
    releases = Releases()
    for _ in range(2):
        with pytest.raises(NotOffered, match=r"127\.0\.0\.1:\d+ is unreachable: .*refused"):
            releases.fetch(component, tmp_path / "k", store=Store(tmp_path))
        monkeypatch.setattr("urllib.request.urlopen", None)  # a second call would fail otherwise


def _archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
