"""Entries of the store appear whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Never

import pytest

from infra.artifacts.store import Store, key_of
from infra.errors import UserError


def test_an_entry_appears_whole(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def fill(folder: Path) -> None:
        (folder / "program").write_text("x")
        assert store.find("programs", "k") is None

    entry = store.add("programs", "k", fill)
    assert store.find("programs", "k") == entry
    assert (entry / "program").read_text() == "x"


def test_a_failure_leaves_nothing_and_the_next_attempt_begins_anew(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def break_off(folder: Path) -> Never:
        (folder / "half").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.add("programs", "k", break_off)
    assert store.find("programs", "k") is None
    assert list((tmp_path / "work").iterdir()) == []
    left = tmp_path / "work" / "programs-k"  # as a run that was killed leaves it
    left.mkdir()
    (left / "half").write_text("x")
    entry = store.add("programs", "k", lambda folder: (folder / "whole").touch())
    assert [path.name for path in entry.iterdir()] == ["whole"]


def test_two_runs_make_an_entry_once(tmp_path: Path) -> None:
    made: list[Path] = []
    first_is_in = Event()

    def fill(folder: Path) -> None:
        made.append(folder)
        first_is_in.set()
        (folder / "program").touch()

    def second() -> Path:
        first_is_in.wait(5)
        return Store(tmp_path).add("programs", "k", fill)

    with ThreadPoolExecutor() as pool:
        later = pool.submit(second)
        entry = Store(tmp_path).add("programs", "k", fill)
        assert later.result() == entry
    assert len(made) == 1


def test_the_store_is_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KFS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Store.default().root == tmp_path / "kubernetes-from-scratch"
    monkeypatch.setenv("KFS_CACHE", str(tmp_path / "own"))
    assert Store.default().root == tmp_path / "own"
    monkeypatch.delenv("KFS_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert Store.default().root == Path.home() / ".cache" / "kubernetes-from-scratch"


@pytest.mark.parametrize("place", ["/etc/passwd/cache", "/proc/cache"])
def test_a_place_that_cannot_be_used_is_told(place: str) -> None:
    with pytest.raises(UserError, match=rf"the cache {place} cannot be used: .*KFS_CACHE"):
        Store(Path(place)).add("programs", "k", lambda _: None)


def test_a_key_tells_facts_apart() -> None:
    assert key_of("ab", "c") != key_of("a", "bc")
    assert key_of("a", "b") == key_of("a", "b")
