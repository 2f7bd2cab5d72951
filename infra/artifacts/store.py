"""Cache of finished artifacts outside the repo, addressed by what determines them.

::

    <root>/entries/<kind>/<key>/   finished, never changed
    <root>/parts/                  downloads to be resumed
    <root>/work/                   what is being made; removed before the next attempt
    <root>/locks/  <root>/logs/
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.computer import file_lock
from infra.errors import UserError

KEY_LENGTH = 32
"""Hex digits of a key: 128 bits, far from any collision and short enough for a path."""


@dataclass(frozen=True)
class Store:
    root: Path

    @classmethod
    def default(cls) -> "Store":
        """The user's store: KFS_CACHE, else the place that the XDG directories name."""
        if own := os.environ.get("KFS_CACHE"):
            return cls(Path(own))
        caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return cls(Path(caches) / "kubernetes-from-scratch")

    def find(self, kind: str, key: str) -> Path | None:
        """Folder of a finished entry, or none."""
        entry = self._entry(kind, key)
        return entry if entry.is_dir() else None

    def add(self, kind: str, key: str, fill: Callable[[Path], None]) -> Path:
        """Folder of the entry, filled by ``fill`` unless it was there; it appears whole or not at
        all.

        A second process that wants the same entry waits for the first.
        """
        with self.locked(f"{kind}-{key}"):
            if found := self.find(kind, key):
                return found
            with self.workspace(f"{kind}-{key}") as work:
                fill(work)
                _sync(work)
                entry = self._entry(kind, key)
                entry.parent.mkdir(parents=True, exist_ok=True)
                work.rename(entry)
        return entry

    @contextmanager
    def workspace(self, name: str) -> Iterator[Path]:
        """Empty folder on the store's file system, gone afterwards; hold a lock of that name."""
        work = self.root / "work" / name
        shutil.rmtree(work, ignore_errors=True)  # left by a run that was killed
        work.mkdir(parents=True)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        with file_lock.locked(self.file("locks", f"{name}.lock")):
            yield

    def file(self, folder: str, name: str) -> Path:
        """Path of a log, lock or part; its folder exists.

        Errors: UserError when the store's place is unusable.
        """
        path = self.root / folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            raise UserError(
                f"the cache {self.root} cannot be used: {error.strerror} ({error.filename}); "
                "let KFS_CACHE name a directory that can be written"
            ) from error
        return path

    def _entry(self, kind: str, key: str) -> Path:
        return self.root / "entries" / kind / key


def key_of(*facts: str) -> str:
    """Key of an entry: a hash over everything that determines it, in order."""
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:KEY_LENGTH]


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    """Contents are on disk before the entry gets its name: a power cut leaves no empty program."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                os.fsync(file.fileno())
