"""Sources are asked in order, and a failed build leaves nothing: with a ``go`` of our own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Never

import pytest

from infra.artifacts import gomodule
from infra.artifacts import obtain as order
from infra.artifacts.catalog import Catalog, Component, GoBuild, Release
from infra.artifacts.obtain import obtain
from infra.artifacts.release import NotOffered, Releases, WrongChecksum
from infra.artifacts.store import Store
from infra.errors import MissingArtifact, UserError

Calls = Callable[[], list[str]]
GO = """#!/bin/sh
if [ "$1" = env ]; then echo "$FAKE_GOVERSION"; exit; fi
echo "$PWD CGO=$CGO_ENABLED GOFLAGS=$GOFLAGS $*" >> "$FAKE_CALLS"
while [ "$1" != -o ]; do shift; done
into=$2; shift 2
for package; do echo "built $package" > "$into$(basename "${package%/v3}")"; done
echo "syntax error: unexpected moon" >&2
exit "$FAKE_STATUS"
"""


class Offline(Releases):
    def fetch(self, component: Component, target: Path, *, store: Store) -> Never:
        raise NotOffered("upstream is unreachable: no route")


class Online(Releases):
    def fetch(self, component: Component, target: Path, *, store: Store) -> None:
        target.write_text(f"released {component}")


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    modules = tmp_path / "modules"
    for group in ("etcd", "runc"):
        (modules / group).mkdir(parents=True)
        (modules / group / "go.sum").write_text("pins")
    monkeypatch.setattr(gomodule, "MODULES", modules)
    release = Release("https://upstream.test/x", "https://upstream.test/x.sha256", None)
    rows = [
        ("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
        ("etcdctl", "etcd", "go.etcd.io/etcd/etcdctl/v3"),
        ("runc", "runc", "github.com/opencontainers/runc"),
    ]
    components = [
        Component(
            name,
            "v1",
            "upstream",
            release=release,
            build=GoBuild(group, package, "-s -w", ("seccomp",), cgo=group == "runc"),
        )
        for name, group, package in rows
    ]
    components.append(Component("haproxy", "", "debian"))
    return Catalog("v1.36.1", {component.name: component for component in components})


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "RELEASES", Offline())
    monkeypatch.delenv(order.SETTING, raising=False)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """A ``go`` that writes down how it was called; it fails when FAKE_STATUS says so."""
    folder, log = tmp_path / "bin", tmp_path / "calls"
    folder.mkdir()
    (folder / "go").write_text(GO)
    (folder / "go").chmod(0o755)
    log.touch()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setenv("FAKE_CALLS", str(log))
    monkeypatch.setenv("FAKE_STATUS", "0")
    monkeypatch.setenv("FAKE_GOVERSION", "go1.26.8")
    gomodule._version.cache_clear()
    yield lambda: log.read_text().splitlines()
    gomodule._version.cache_clear()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def silent(line: str) -> None:
    pass


def test_offline_the_programs_of_a_group_come_from_one_build(
    catalog: Catalog, calls: Calls, store: Store
) -> None:
    said: list[str] = []
    found = obtain(catalog, ["etcdctl", "etcd"], store=store, say=said.append)
    assert list(found) == ["etcdctl", "etcd"]
    assert found["etcd"].path.read_text() == "built go.etcd.io/etcd/server/v3\n"
    assert found["etcd"].path.stat().st_mode & 0o111
    assert {(a.source, a.provenance) for a in found.values()} == {("go module", "go module")}
    [call] = calls()
    assert "modules/etcd CGO=0 GOFLAGS= build -mod=readonly -trimpath" in call
    assert said == [
        "no official release of etcdctl, etcd: upstream is unreachable: no route",
        "building etcdctl v1, etcd v1 from Go modules (etcd) ...",
    ]


def test_the_second_run_finds_them_in_the_cache_and_knows_who_made_them(
    catalog: Catalog, calls: Calls, store: Store
) -> None:
    first = obtain(catalog, ["runc"], store=store, say=silent)["runc"]
    second = obtain(catalog, ["runc"], store=store, say=silent)["runc"]
    assert (second.source, second.provenance) == ("cache", "go module")
    assert (second.path, second.sha256) == (first.path, first.sha256)
    assert len(calls()) == 1
    assert "CGO=1" in calls()[0]


def test_a_release_is_preferred_to_a_build(
    catalog: Catalog, calls: Calls, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "RELEASES", Online())
    first = obtain(catalog, ["runc"], store=store, say=silent)["runc"]
    second = obtain(catalog, ["runc"], store=store, say=silent)["runc"]
    assert (first.source, first.provenance) == ("release", "release")
    assert (second.source, second.provenance) == ("cache", "release")
    assert calls() == []


def test_the_setting_forbids_a_source(
    catalog: Catalog, calls: Calls, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(order.SETTING, "release")
    with pytest.raises(MissingArtifact, match=r"runc v1 cannot.*no route; .*forbids building"):
        obtain(catalog, ["runc"], store=store, say=silent)
    monkeypatch.setenv(order.SETTING, "gomodule")
    monkeypatch.setattr(order, "RELEASES", Online())
    assert obtain(catalog, ["runc"], store=store, say=silent)["runc"].source == "go module"
    monkeypatch.setenv(order.SETTING, "moon")
    with pytest.raises(UserError, match="'moon': it must be one of auto, release, gomodule"):
        obtain(catalog, ["runc"], store=store, say=silent)


def test_a_wrong_checksum_is_not_built_around(
    catalog: Catalog, calls: Calls, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tampered(Releases):
        def fetch(self, component: Component, target: Path, *, store: Store) -> Never:
            raise WrongChecksum(str(component), "not what upstream published")

    monkeypatch.setattr(order, "RELEASES", Tampered())
    with pytest.raises(MissingArtifact, match="not what upstream published"):
        obtain(catalog, ["runc"], store=store, say=silent)
    assert calls() == []


def test_a_failed_build_names_programs_and_log_and_leaves_nothing(
    catalog: Catalog, calls: Calls, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_STATUS", "2")
    with pytest.raises(MissingArtifact, match="etcd v1, etcdctl v1 cannot be obtained") as failed:
        obtain(catalog, ["etcd", "etcdctl"], store=store, say=silent)
    message = str(failed.value)
    assert "go build in etcd ended with status 2" in message
    assert "unexpected moon" in message
    assert f"log: {failed.value.log}" in message
    assert failed.value.log
    assert "unexpected moon" in failed.value.log.read_text()
    assert not (store.root / "entries" / "programs").exists()
    assert list((store.root / "work").iterdir()) == []
    monkeypatch.setenv("FAKE_STATUS", "0")
    assert obtain(catalog, ["etcd"], store=store, say=silent)["etcd"].path.is_file()


def test_without_go_the_error_says_what_was_tried(
    catalog: Catalog, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gomodule, "go_version", lambda: None)
    with pytest.raises(MissingArtifact, match="unreachable: no route; no `go` on PATH"):
        obtain(catalog, ["runc"], store=store, say=silent)


def test_debian_programs_are_not_obtained_here(catalog: Catalog, store: Store) -> None:
    with pytest.raises(MissingArtifact, match="haproxy cannot be obtained: it comes from Debian"):
        obtain(catalog, ["haproxy"], store=store, say=silent)


def test_the_key_changes_with_all_that_decides_the_program(catalog: Catalog) -> None:
    runc = catalog.component("runc")
    assert runc.build
    keys = [gomodule.key(runc, "go1.26.8"), gomodule.key(runc, "go1.26.9")]
    (gomodule.MODULES / "runc" / "go.sum").write_text("other pins")
    keys.append(gomodule.key(runc, "go1.26.8"))
    package = runc.build.package
    builds = (
        GoBuild("runc", package, "-s", ("seccomp",), cgo=True),
        GoBuild("runc", package, "-s -w", (), cgo=True),
        GoBuild("runc", package, "-s -w", ("seccomp",), cgo=False),
        GoBuild("runc", "other/runc", "-s -w", ("seccomp",), cgo=True),
    )
    others = [Component("runc", "v1", "upstream", build=build) for build in builds]
    keys += [gomodule.key(other, "go1.26.8") for other in others]
    assert len(set(keys)) == len(keys)
