"""Something done at a steady pace by a thread, until it is closed."""

import threading
from collections.abc import Callable
from typing import Self

from infra.wait import SYSTEM, Clock, pause


class Paced:
    """Calls ``do`` so many times a second; one that takes longer delays the next."""

    def __init__(
        self, do: Callable[[], object], *, a_second: float, because: str, clock: Clock = SYSTEM
    ) -> None:
        self._do = do
        self._every = 1 / a_second
        self._because = because
        self._clock = clock
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name=because, daemon=True)

    def open(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        """Returns when the last call has ended."""
        self._ended.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._ended.is_set():
            started = self._clock.now()
            self._do()
            left = self._every - (self._clock.now() - started)
            pause(max(0.0, left), because=self._because)
