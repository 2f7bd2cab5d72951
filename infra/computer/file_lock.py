"""Locks on files, between processes and threads: shared, or held alone.

By flock(2): the kernel frees the locks of a process that died, however it died, and a lock belongs
to an opened file, so that two threads that opened it exclude each other too (docs/adr/0018).
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[IO[str]]:
    """The file, made if need be and locked until the end of the block; waits for its turn."""
    with path.open("w") as file:
        take(file, shared=shared)
        yield file


def take(file: IO[str], *, shared: bool = False) -> None:
    """Waits until the lock can be had; closing the file gives it back."""
    fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)


def take_now(file: IO[str]) -> bool:
    """Whether it could be had alone, at once. If not, a share in it that we had is given back."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(file, fcntl.LOCK_UN)
        return False
    return True


def is_free(path: Path) -> bool:
    """Whether nobody has it alone; a file that is not there is free."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True
