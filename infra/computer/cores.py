"""How many cores of this computer are busy, looked at again and again while something runs."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

STAT = Path("/proc/stat")
EVERY = 5.0
"""Seconds between two looks: a run of 40 minutes has 480."""
IDLE, IOWAIT = 3, 4
"""Of the times of the first line: user, nice, system, idle, iowait and others (proc(5))."""
HERE = os.cpu_count() or 1


class BusyCores:
    """Looks in a thread of its own from ``start`` until ``stop``."""

    def __init__(self, stat: Path = STAT, every: float = EVERY) -> None:
        self.samples: list[tuple[float, float]] = []
        """Times of day, each with the number of busy cores since the time before."""
        self._stat, self._every = stat, every
        self._end = Event()
        self._thread = Thread(target=self._look, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Also when it was never started."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(self._every)

    def _look(self) -> None:
        before = times(self._stat)
        while not self._end.wait(self._every) and before:
            now = times(self._stat)
            self.samples.append((round(time.time(), 1), round(busy(before, now), 2)))
            before = now


def times(stat: Path) -> list[int]:
    """Of all cores since the computer started; empty where the kernel does not tell them."""
    try:
        return [int(word) for word in stat.read_text().splitlines()[0].split()[1:]]
    except (OSError, ValueError, IndexError):
        return []


def busy(before: Sequence[int], now: Sequence[int], cores: int = HERE) -> float:
    """Cores that did something between two looks, on average."""
    spent = [late - early for early, late in zip(before[:8], now[:8], strict=False)]
    whole = sum(spent)
    return cores * (whole - spent[IDLE] - spent[IOWAIT]) / whole if whole > 0 else 0.0
