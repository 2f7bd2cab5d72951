"""Network namespaces: made, entered, removed. Everything of a local EC2 happens in its own."""

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from infra.errors import PlatformError, UserError

T = TypeVar("T")
NAMED = Path("/run/netns")
"""Where iproute2 keeps named namespaces; ip-netns(8)."""
CLONE_NEWNET = 0x40000000
"""setns(2)."""


def exists(name: str) -> bool:
    return (NAMED / name).exists()


def create(name: str) -> None:
    """Makes the namespace unless it exists. Errors: PlatformError with ip's own words."""
    if not exists(name):
        _ip("netns", "add", name)


def delete(name: str) -> None:
    """Removes the namespace and its interfaces, also while a process still sits in it."""
    if not exists(name):
        return
    for link in interfaces(name):
        try:
            _ip("-n", name, "link", "delete", link)
        except PlatformError:
            if link in interfaces(name):  # else it went by itself, with its other end
                raise
    _ip("netns", "delete", name)


def interfaces(name: str) -> tuple[str, ...]:
    """One end of each pair of ports there; the other end goes with it."""
    listed = _ip("-n", name, "-brief", "link", "show", "type", "veth").split("\n")
    return tuple(line.split("@")[0].split()[0] for line in listed if line.startswith("p"))


def enter(name: str) -> None:
    """Puts the calling thread, and what it starts from now on, into the namespace.

    Errors: UserError when there is no such namespace or we may not enter it.
    """
    try:
        handle = os.open(NAMED / name, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise UserError(f"there is no network namespace {name}; is the local EC2 up?") from error
    try:
        _setns(handle, name)
    finally:
        os.close(handle)


@contextmanager
def visiting(name: str) -> Iterator[None]:
    """The calling thread is in the namespace for the length of the block."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        enter(name)
        try:
            yield
        finally:
            _setns(home, "of before")
    finally:
        os.close(home)


def inside(name: str, work: Callable[[], T]) -> T:
    """What ``work`` returns in the namespace; the caller stays where it is."""
    results: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            enter(name)
            results.append(work())
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _setns(handle: int, name: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns came with Python 3.12
    if libc.setns(handle, CLONE_NEWNET) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise UserError(f"network namespace {name} cannot be entered: {reason}; run as root")


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PlatformError("network", " ".join(words), done.stderr.strip())
    return done.stdout
