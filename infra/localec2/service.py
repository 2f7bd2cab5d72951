"""The local EC2's life: started or found, entered, looked at, stopped without a trace."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import infra
from infra.errors import PlatformError, tail
from infra.localec2.addresses import METADATA, OPERATOR
from infra.localec2.host import max_map_count, mconsole, namespaces, process_identity, records
from infra.localec2.host.process_identity import Identity
from infra.localec2.paths import API_PORT, Place

OPERATOR_CIDR = f"{OPERATOR}/32"
"""Where a run in the namespace comes from, as a security group names it."""
ENDPOINT_OF_MACHINES = f"http://{METADATA}:{API_PORT}"
"""Where a Pod finds the EC2 API; on AWS it finds it by itself."""
START = 60.0
"""Seconds until the daemon serves: 2 s alone (importing moto), more beside Go builds."""
ANSWER = 10.0
"""Seconds for an answer of a daemon whose journal is long or whose machines are busy."""
END = 10.0
"""Seconds from SIGTERM to the end: a pass of the reconciler, 5 s at most, comes first."""
ORDERLY = 40.0
"""Seconds for machines to go down in order when their disks are kept."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Endpoint:
    """Where the API is served: a URL that is valid inside the network namespace ``netns``."""

    url: str
    netns: str


@dataclass(frozen=True)
class Status:
    """What there is. ``machines``: ids of those whose process runs."""

    serving: bool
    namespace: bool
    machines: tuple[str, ...]


def start_or_find(
    state: Path,
    *,
    kernel: Path,
    image: Path,
    say: Say = lambda _: None,
    region: str = "ap-southeast-1",
    temper_seed: int | None = None,
) -> Endpoint:
    """The local EC2 of a state directory; machines that run without a daemon are found again.

    ``temper_seed``: it behaves as AWS does, by this seed.
    Errors: PlatformError with the end of the daemon's log when it does not start; UserError when
    the host allows a process too few mappings.
    """
    place = Place(state.resolve())
    found = daemon_of(place)
    if found is not None and namespaces.inside(place.name, _api_answers):
        return Endpoint(place.url, place.name)
    if found is not None:
        say("local EC2: it does not answer, starting it again")
        _end(found)
    else:
        say("local EC2: starting")
    if max_map_count.ensure():
        say(f"local EC2: raised vm.max_map_count of this host to {max_map_count.NEEDED}")
    options = ["--kernel", str(kernel), "--image", str(image), "--region", region]
    if temper_seed is not None:
        options += ["--temper-seed", str(temper_seed)]
    _start(place, options)
    return Endpoint(place.url, place.name)


def enter(netns: str) -> None:
    """Puts the calling thread, and threads and processes it starts later, into the namespace."""
    namespaces.enter(netns)


def status(state: Path) -> Status:
    place = Place(state.resolve())
    return Status(
        serving=daemon_of(place) is not None,
        namespace=namespaces.exists(place.name),
        machines=tuple(sorted(running(place))),
    )


def stop(state: Path, *, keep_disks: bool = False, say: Say = lambda _: None) -> None:
    """Nothing of the local EC2 is left: process, interface, namespace, file. Fine when repeated.

    ``keep_disks`` keeps journal and disks, after an orderly way down: started again, the same
    machines boot.
    """
    place = Place(state.resolve())
    found = daemon_of(place)
    if found is not None:
        _end(found)
    machines = running(place)
    if machines:
        say(f"local EC2: ending {len(machines)} machines")
    if keep_disks:
        _shut_down(place, machines)
    for process in machines.values():
        process_identity.send(process, signal.SIGKILL)
    for process in machines.values():
        process_identity.ended(process, within=END)
    namespaces.delete(place.name)
    shutil.rmtree(place.sockets, ignore_errors=True)
    place.endpoint.unlink(missing_ok=True)
    if not keep_disks:
        shutil.rmtree(place.root, ignore_errors=True)
    for record in place.machines.glob(f"*/{records.FILE}"):
        record.unlink()


def daemon_of(place: Place) -> Identity | None:
    """The daemon's process when it runs."""
    try:
        known = Identity(**json.loads(place.endpoint.read_text())["process"])
    except FileNotFoundError:
        return None
    return known if process_identity.alive(known) else None


def running(place: Place) -> dict[str, Identity]:
    """Machines whose process runs, known by their command line: no record can be lost."""
    ours = f"uml_dir={place.sockets}"
    found = {}
    for process in process_identity.with_argument(ours):
        try:
            words = Path(f"/proc/{process.pid}/cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        for word in words:
            if word.startswith("umid="):
                found[word.removeprefix("umid=")] = process
    return found


def _api_answers() -> bool:
    """Asked inside the namespace. Any HTTP answer will do."""
    import http.client  # noqa: PLC0415 - only here

    connection = http.client.HTTPConnection("127.0.0.1", API_PORT, timeout=ANSWER)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _start(place: Place, options: list[str]) -> None:
    place.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    here, there = os.pipe()
    argv = [sys.executable, "-m", "infra.localec2", "--state", str(place.state), *options]
    with place.log.open("ab") as log, os.fdopen(here, "rb", buffering=0) as answer:
        try:
            # setsid --fork: it is nobody's child here, and no Ctrl-C reaches it
            subprocess.run(
                ["setsid", "--fork", *argv, "--ready", str(there)],
                cwd=Path(str(infra.__file__)).parents[1],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(there,),
                check=True,
            )
        finally:
            os.close(there)
        # An end of file means that it died; then its last words are in the log.
        if not select.select([answer], [], [], START)[0] or not answer.read(5):
            words = tail(place.log.read_text(errors="replace"), 8)
            raise PlatformError("local EC2", str(place.state), f"does not start: {words}")


def _end(daemon: Identity) -> None:
    process_identity.send(daemon, signal.SIGTERM)
    if not process_identity.ended(daemon, within=END):
        process_identity.send(daemon, signal.SIGKILL)
        process_identity.ended(daemon, within=END)


def _shut_down(place: Place, machines: dict[str, Identity]) -> None:
    """As StopInstances does it, and awaited."""
    for ident in machines:
        try:
            mconsole.shut_down(place.console(ident), place.machine(ident) / mconsole.EXECUTABLE)
        except (OSError, PlatformError):
            continue  # it will be killed
    for process in machines.values():
        process_identity.ended(process, within=ORDERLY)
