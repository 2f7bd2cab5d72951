"""What a person sees while they wait: plain lines with the time since the start, and a table."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO


@dataclass
class Progress:
    """Says lines as they happen and remembers from when to when each stage ran, in seconds."""

    out: TextIO = field(default_factory=lambda: sys.stderr)
    started: float = field(default_factory=time.monotonic)
    _spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str) -> None:
        print(f"{self._now():7.1f} s  {text}", file=self.out, flush=True)

    @contextmanager
    def stage(self, name: str, *, quiet: bool = False) -> Iterator[None]:
        """A stage; the same name from several threads is one, from first start to last end."""
        if not quiet:
            self.say(f"{name} ...")
        start = self._now()
        try:
            yield
        finally:
            with self._lock:
                first, _last = self._spans.get(name, (start, start))
                self._spans[name] = (min(first, start), self._now())

    @property
    def stages(self) -> list[dict[str, Any]]:
        """``name``, ``start`` and ``seconds`` by start; stages may overlap."""
        return [
            {"name": name, "start": round(start, 2), "seconds": round(end - start, 2)}
            for name, (start, end) in sorted(self._spans.items(), key=lambda item: item[1])
        ]

    def table(self) -> str:
        """The stages: from when, how long; they overlap."""
        width = max((len(s["name"]) for s in self.stages), default=5)
        rows = [f"  {'stage':<{width}}     from      took"]
        rows += [
            f"  {s['name']:<{width}}  {s['start']:7.1f} s {s['seconds']:7.1f} s"
            for s in self.stages
        ]
        rows.append(f"  {'in all':<{width}}            {self._now():7.1f} s")
        return "\n".join(rows)

    def _now(self) -> float:
        return time.monotonic() - self.started
