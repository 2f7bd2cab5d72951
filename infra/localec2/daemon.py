"""The local EC2 as one process: the API, the metadata service and the reconciler.

It may be killed at any time: machines and journal stay, and the next one goes on with them.
"""

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from infra.computer import file_lock
from infra.errors import UserError
from infra.localec2.addresses import METADATA
from infra.localec2.host import instance_types, namespaces, network, process_identity
from infra.localec2.host.network import Network
from infra.localec2.host.reconciler import Reconciler
from infra.localec2.host.user_mode_linux import Uml
from infra.localec2.host.volume_files import VolumeFiles
from infra.localec2.metadata.imds import Metadata
from infra.localec2.moto_api.front import Front
from infra.localec2.moto_api.temper import aws, trait
from infra.localec2.paths import API_PORT, Place

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Setup:
    """What a daemon is started with. ``temper_seed``: of AWS's temper, None without it."""

    state: Path
    kernel: Path
    image: Path
    region: str
    temper_seed: int | None = None

    @property
    def temper(self) -> trait.Trait | None:
        if self.temper_seed is None:
            return None
        LOG.info("the temper of AWS, seed %d", self.temper_seed)
        return aws.of_aws(self.temper_seed)


class Quiet(WSGIRequestHandler):
    """Requests are not logged: the journal has the ones that matter."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def serve(setup: Setup, ready: Callable[[], None]) -> None:
    """Serves until SIGTERM. ``ready`` is called when the first request may come.

    Must be called before the process has threads: they would stay in the namespace of before.
    Errors: UserError when another daemon serves this state directory.
    """
    place = Place(setup.state)
    place.machines.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.sockets.mkdir(exist_ok=True, mode=0o700)
    lock = _alone(place)
    namespaces.create(place.name)
    namespaces.enter(place.name)
    network.prepare()
    launcher = Uml(place, kernel=setup.kernel, image=setup.image)
    front = Front(place.journal, setup.region, temper=setup.temper)
    front.console = launcher.console
    front.capacity = lambda kind, _running: instance_types.require_room(
        kind, instance_types.promised(front.wanted(), launcher.held_mib), place.state
    )
    reconciler = Reconciler(front, launcher, Network(), VolumeFiles(place))
    front.on_change = reconciler.wake
    servers = (
        _server("127.0.0.1", API_PORT, front.app),
        _server(METADATA, API_PORT, front.app_for_machines),
        _server(METADATA, 80, Metadata(front.wanted, setup.region, front.issuer)),
    )
    _announce(place)
    LOG.info("serving %s in %s", place.url, place.name)
    _run(reconciler, servers, ready)
    place.endpoint.unlink(missing_ok=True)
    lock.close()


def _run(
    reconciler: Reconciler, servers: tuple[BaseWSGIServer, ...], ready: Callable[[], None]
) -> None:
    over = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever uses us
    # What ran on while nothing was served is seen before the first request: it was never pending.
    reconciler.attempt()
    threads = [threading.Thread(target=s.serve_forever, daemon=True) for s in servers]
    work = threading.Thread(target=reconciler.run)
    for thread in (*threads, work):
        thread.start()
    ready()
    over.wait()
    for server in servers:
        server.shutdown()
    reconciler.stop()
    work.join()


def _server(address: str, port: int, app: Any) -> BaseWSGIServer:
    server = make_server(address, port, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]  # of socketserver.ThreadingMixIn
    return server


def _alone(place: Place) -> IO[str]:
    lock = place.lock.open("w")
    if not file_lock.take_now(lock):
        raise UserError(f"a local EC2 already serves {place.state}")
    return lock


def _announce(place: Place) -> None:
    me = process_identity.identity(os.getpid())
    if me is None:
        sys.exit("/proc does not show this process")
    new = place.endpoint.with_suffix(".new")
    new.write_text(json.dumps({"url": place.url, "netns": place.name, "process": asdict(me)}))
    new.replace(place.endpoint)
