"""Hashes of large files are remembered: naming the base image must not read a gigabyte each time.

A file is taken for unchanged while its size, its modification time and its inode are the same.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from infra.artifacts.store import sha256_of


def sha256s(paths: Iterable[Path], *, memory: Path) -> dict[Path, str]:
    """sha256 of each file, in hex; ``memory`` is the file that keeps them."""
    known = _read(memory)
    seen = {path: _mark(path) for path in paths}
    hashes = {
        path: known[mark] if mark in known else sha256_of(path) for path, mark in seen.items()
    }
    now = known | {seen[path]: sha256 for path, sha256 in hashes.items()}
    if now != known:
        fresh = memory.with_name(f"{memory.name}.{os.getpid()}")
        fresh.write_text(json.dumps(now, indent=1))
        fresh.replace(memory)
    return hashes


def _mark(path: Path) -> str:
    stat = path.stat()
    return f"{path.absolute()} {stat.st_size} {stat.st_mtime_ns} {stat.st_ino}"


def _read(memory: Path) -> dict[str, str]:
    try:
        known: dict[str, str] = json.loads(memory.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return known
