"""How a command of ours ends: errors as one clear message and an exit code."""

import errno
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from infra.errors import NotJudged, WaitTimeout

BAD_PLACES = (PermissionError, NotADirectoryError, FileExistsError, IsADirectoryError)
"""Of a directory that was named, as KFS_STATE_ROOT or the argument of render."""


@contextmanager
def told() -> Iterator[None]:
    """Errors as one clear message and an exit code; SIGTERM behaves as Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except (NotJudged, WaitTimeout) as error:
        say(f"error: {error}")
        sys.exit(getattr(error, "exit_code", 1))
    except KeyboardInterrupt:
        say("interrupted; the same command continues where this one stopped")
        sys.exit(130)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            say(f"error: no space left on the disk ({error.filename}); free some, then repeat")
            sys.exit(1)
        if isinstance(error, BAD_PLACES) and error.filename:
            say(f"error: {error.filename}: {error.strerror}; choose another place")
            sys.exit(2)
        raise


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
