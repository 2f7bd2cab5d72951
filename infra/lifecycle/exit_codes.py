"""How a command of ours ends: errors as one clear message and an exit code."""

import errno
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from infra.errors import NotJudged, WaitTimeout


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
        if error.errno != errno.ENOSPC:
            raise
        say(f"error: no space left on the disk ({error.filename}); free some, then repeat")
        sys.exit(1)


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
