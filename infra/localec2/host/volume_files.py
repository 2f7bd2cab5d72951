"""Volumes and snapshots are sparse files; a copy carries only what was written."""

import os
from collections.abc import Iterable
from pathlib import Path

from infra.localec2.paths import Place

GIB = 2**30
CHUNK = 8 * 2**20
"""Bytes copied at a time, so that a volume of many GiB does not pass through memory whole."""


class VolumeFiles:
    """Files of one local EC2: ``volumes/<id>`` and ``snapshots/<id>`` below its place."""

    def __init__(self, place: Place) -> None:
        self._folders = {"vol": place.root / "volumes", "snap": place.root / "snapshots"}

    def path(self, ident: str) -> Path:
        """Where the file of a volume or a snapshot is, or would be."""
        return self._folders[ident.partition("-")[0]] / ident

    def make(self, ident: str, *, gib: int, source: str | None) -> None:
        """The file is whole or absent: a half copy has another name until it is done."""
        target = self.path(ident)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        new = target.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            if source is not None:
                copy_written(self.path(source), file.fileno())
            file.truncate(gib * GIB)
        new.replace(target)

    def grow(self, ident: str, *, gib: int) -> None:
        if self.path(ident).stat().st_size < gib * GIB:
            os.truncate(self.path(ident), gib * GIB)

    def keep_only(self, idents: Iterable[str]) -> None:
        """Removes every other file, also what a killed copy left."""
        wanted = set(idents)
        for folder in self._folders.values():
            for path in folder.iterdir() if folder.exists() else ():
                if path.name not in wanted:
                    path.unlink()


def copy_written(source: Path, target: int) -> None:
    """What ``source`` has written, to the same places of the descriptor ``target``; lseek(2)."""
    with source.open("rb") as file:
        position, end = 0, file.seek(0, os.SEEK_END)
        while position < end:
            try:
                start = os.lseek(file.fileno(), position, os.SEEK_DATA)
            except OSError:  # ENXIO: nothing is written from here on
                return
            position = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            _copy_range(file.fileno(), target, start, position)


def _copy_range(source: int, target: int, start: int, stop: int) -> None:
    while start < stop:
        data = os.pread(source, min(CHUNK, stop - start), start)
        os.pwrite(target, data, start)
        start += len(data)
