"""A release is pinned whole or not at all: with a ``go`` of our own."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from infra.artifacts import catalog, pins
from infra.errors import UserError

GO = """#!/bin/sh
case "$1 $2 $3" in
"mod download -json")
  case "$4" in *v1.37.9) echo "$4: 403 Forbidden" >&2; exit 1;; esac
  printf '{"Dir": "%s", "GoMod": "%s/go.mod"}' "$FAKE_MODULE" "$FAKE_MODULE";;
"mod edit -json") cat "$FAKE_MODULE/edit.json";;
"mod tidy ")
  echo "sums of $PWD" > go.sum
  [ "$FAKE_TIDY" = ok ] || { echo "k8s.io/kubelet@v0.37.2: 403 Forbidden" >&2; exit 1; };;
"list "*) printf 'k8s.io/api\\nk8s.io/api\\nk8s.io/kubernetes\\n';;
esac
"""
EDIT = {
    "GoDebug": [{"Key": "default", "Value": "go1.26"}],
    "Replace": [
        {"Old": {"Path": "k8s.io/api"}, "New": {"Path": "./staging/src/k8s.io/api"}},
        {"Old": {"Path": "example.org/fork"}, "New": {"Path": "example.org/other"}},
    ],
}
CONSTANTS = 'DefaultEtcdVersion = "3.7.0-0"\nCoreDNSVersion = "v1.14.6"\n'


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Version files and go.mod of a checkout of its own, and a release that Go can have."""
    release = tmp_path / "release"
    for path, text in {
        "edit.json": json.dumps(EDIT),
        pins.CONSTANTS: CONSTANTS,
        "build/dependencies.yaml": "dependencies: [{name: cni, version: 1.9.1}]",
        "test/images/agnhost/VERSION": "2.66.1\n",
    }.items():
        (release / path).parent.mkdir(parents=True, exist_ok=True)
        (release / path).write_text(text)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "go"
    program.write_text(GO)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_MODULE", str(release))
    monkeypatch.setenv("FAKE_TIDY", "ok")
    versions, modules = tmp_path / "versions", tmp_path / "go"
    versions.mkdir()
    modules.mkdir()
    for stem in ("common", "1.36"):
        shutil.copy(catalog.VERSIONS / f"{stem}.toml", versions)
    monkeypatch.setattr(catalog, "VERSIONS", versions)
    monkeypatch.setattr(pins, "MODULES", modules)
    catalog.all_minors.cache_clear()
    monkeypatch.setattr(catalog, "all_minors", catalog.all_minors.__wrapped__)
    return tmp_path


def test_a_release_is_written_with_its_etcd(checkout: Path) -> None:
    said: list[str] = []
    pins.pin("v1.37.2", say=said.append)
    lines = (checkout / "go/kubernetes-1.37/go.mod").read_text().splitlines()
    assert lines[0] == "module kubernetes-from-scratch/artifacts/kubernetes-1.37"
    assert "godebug default=go1.26" in lines
    assert "require k8s.io/kubernetes v1.37.2" in lines
    assert "\tk8s.io/kubernetes/cmd/kubelet" in lines
    assert [line for line in lines if " => " in line] == ["\tk8s.io/api => k8s.io/api v0.37.2"]
    assert "\tgo.etcd.io/etcd/server/v3 v3.7.0" in (
        (checkout / "go/etcd-3.7/go.mod").read_text().splitlines()
    )
    assert catalog.load("1.37").component("etcd").version == "v3.7.0"
    assert catalog.load("1.37").before == "1.36"
    assert "kubernetes-1.37: 2 modules" in said
    coredns = ["coredns", "v1.37.2", "names", "v1.14.6", "ours", "v1.14.3"]
    assert coredns in [line.split() for line in said]


def test_only_some_programs_are_for_version_skew(checkout: Path) -> None:
    pins.pin("v1.34.12", ["kubectl"], say=lambda _: None)
    assert "cmd/kubelet" not in (checkout / "go/kubernetes-1.34/go.mod").read_text()
    assert not (checkout / "go/etcd-3.7").exists()
    assert list(catalog.load("1.34").components) == ["kubectl"]
    with pytest.raises(UserError, match=r"'1.34' is not known; known versions: v1\.36\.\d+ \(1.36"):
        catalog.cluster_version("1.34")


def test_minors_with_one_minor_of_etcd_share_its_newest_patch(checkout: Path) -> None:
    text = CONSTANTS.replace("3.7.0", "3.6.6")
    (checkout / "release" / pins.CONSTANTS).write_text(text)
    pins.pin("v1.35.8", say=lambda _: None)
    ours = tomllib.loads((checkout / "versions/1.35.toml").read_text())["versions"]["etcd"]
    assert ours == catalog.load("1.36").component("etcd").version == "v3.6.8"


@pytest.mark.parametrize(
    ("version", "only", "tidy", "words"),
    [
        ("1.37", (), "ok", "'1.37' is no release of Kubernetes; name one like v1.37.2"),
        ("v1.37.9", (), "ok", r"k8s.io/kubernetes@v1.37.9: 403 Forbidden"),
        ("v1.37.2", (), "refused", r"go mod tidy .*k8s.io/kubelet@v0.37.2: 403 Forbidden"),
        ("v1.37.2", ["kubelets"], "ok", "no program kubelets of Kubernetes; known: .*kubelet"),
    ],
)
def test_nothing_is_written_of_what_go_cannot_have(
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    only: list[str],
    tidy: str,
    words: str,
) -> None:
    monkeypatch.setenv("FAKE_TIDY", tidy)
    with pytest.raises(UserError, match=words):
        pins.pin(version, only, say=lambda _: None)
    assert not list((checkout / "go").iterdir())
    assert sorted(p.name for p in (checkout / "versions").iterdir()) == ["1.36.toml", "common.toml"]


def test_without_go_it_says_so(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="no `go` on PATH to read modules with; install Go"):
        pins.pin("v1.37.2", say=lambda _: None)
