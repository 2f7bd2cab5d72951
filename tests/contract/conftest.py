"""The local EC2 and plain moto behind real HTTP, each with a client that never retries."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from botocore.loaders import create_loader
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client as WsgiClient

from infra import ec2
from infra.localec2 import moto_backend
from tests.contract.aws import Infra, reached, run
from tests.contract.lived import Life, Outcome
from tests.contract.world import World, front_at, settle

if TYPE_CHECKING:
    from infra.localec2.moto_api.front import Front

AMIS = Path(moto_backend.__file__).with_name("amis.json")


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        pass


class Served:
    """One HTTP server for the session; ``front`` is the local EC2 of the running test. ``temper``
    may answer a request before that, or raise (tests/contract/temper.py).
    """

    front: "Front"
    endpoint: str
    temper: Callable[[Any], AWSResponse | None] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.front.app(environ, start_response)


def client(endpoint: str) -> Any:
    return boto3.client(
        "ec2",
        endpoint_url=endpoint,
        region_name="ap-southeast-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=16),
    )


@pytest.fixture(scope="session", autouse=True)
def described() -> Iterator[None]:
    """What AWS's APIs are like is parsed once, not for each session of boto3: megabytes of JSON."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(create_loader))
        yield


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    application = Served()
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    application.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield application
    server.shutdown()


class Body(BytesIO):
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.getvalue()


def sent(served: Served, request: Any) -> AWSResponse:
    """A request of botocore's, answered by the WSGI application itself."""
    headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
    try:
        answer = WsgiClient(served).post("/", data=request.body, headers=headers)
    except ConnectionAbortedError as error:
        raise ConnectionClosedError(endpoint_url=request.url) from error
    came: Any = answer.headers
    return AWSResponse(request.url, answer.status_code, came, Body(answer.data))


def in_process(api: Any, served: Served) -> Any:
    """Without a socket and a thread: half the time."""

    def send(request: Any, **_: Any) -> AWSResponse:
        return (served.temper and served.temper(request)) or sent(served, request)

    api.meta.events.register("before-send", send)
    return api


@pytest.fixture(scope="session")
def local_client(served: Served) -> Any:
    return in_process(client(served.endpoint), served)


@pytest.fixture
def front(served: Served, tmp_path: Path) -> "Front":
    """Its clock of modifications moves when a test moves it."""
    front = served.front = front_at(tmp_path / "journal")
    front.clock = lambda: 0.0
    return front


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> "Front":
    """One that refuses whatever it is asked."""
    return front_at(tmp_path_factory.mktemp("untouched") / "journal")


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Of every action of the front."""
    front = front_at(tmp_path_factory.mktemp("lived") / "journal")
    front.clock = lambda: 0.0
    return dict(Life(front).live())


@pytest.fixture
def local(front: "Front", local_client: Any) -> World:
    return World(local_client, front=front, settle=lambda: settle(front))


@pytest.fixture(scope="session")
def our_client(served: Served) -> Any:
    return in_process(ec2.client(served.endpoint, "ap-southeast-1"), served)


@pytest.fixture(name="client")
def provisioning_client(our_client: Any, front: "Front") -> Any:
    """As the build uses it, with machines that move on at once."""
    front.on_change = lambda: settle(front)
    return our_client


@pytest.fixture
def iam(served: Served, front: object) -> Any:
    return in_process(ec2.iam(served.endpoint, "ap-southeast-1"), served)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """Plain moto in its own process: ours has subclasses in moto's modules."""
    environment = os.environ | {"MOTO_AMIS_PATH": str(AMIS), "PYTHONUNBUFFERED": "1"}
    program = "from moto.server import main; main(['-H', '127.0.0.1', '-p', '0'])"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        found = next(m for line in process.stderr if (m := re.search(r"http://[\d.:]+", line)))
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        drain.start()
        yield found[0]
        process.terminate()


@pytest.fixture(scope="session")
def plain_client(moto_server: str) -> Any:
    return client(moto_server)


@pytest.fixture
def plain(moto_server: str, plain_client: Any) -> World:
    with urlopen(Request(f"{moto_server}/moto-api/reset", method="POST")):
        return World(plain_client)


@pytest.fixture
def aws(moto_server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An AWS that has nothing, plain moto's."""
    with urlopen(Request(f"{moto_server}/moto-api/reset", method="POST")):
        return reached(moto_server, monkeypatch)


@pytest.fixture
def our_aws(served: Served, front: "Front", monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same, ours."""
    front.on_change = lambda: settle(front)
    return reached(served.endpoint, monkeypatch)


@pytest.fixture
def infra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Infra:
    """Clusters' state directories are in ``tmp_path``."""
    return lambda *argv: run(argv, tmp_path, monkeypatch, capsys)
