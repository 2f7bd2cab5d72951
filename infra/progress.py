"""What a person sees while they wait: plain lines with the time since the start, and a table."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Progress:
    """Says lines as they happen and remembers how long each stage took, in seconds."""

    out: TextIO = field(default_factory=lambda: sys.stderr)
    stages: list[tuple[str, float]] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self.started:7.1f} s  {text}", file=self.out, flush=True)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.say(f"{name} ...")
        started = time.monotonic()
        try:
            yield
        finally:
            self.stages.append((name, round(time.monotonic() - started, 2)))

    def table(self) -> str:
        """The stages with their seconds, one a line, and the sum."""
        width = max((len(name) for name, _ in self.stages), default=5)
        rows = [f"  {name:<{width}}  {seconds:7.1f} s" for name, seconds in self.stages]
        rows.append(f"  {'in all':<{width}}  {time.monotonic() - self.started:7.1f} s")
        return "\n".join(rows)
