"""Image archives are valid OCI layouts under upstream's names, and the same bytes every time."""

import hashlib
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.artifacts.artifact import Artifact
from infra.artifacts.catalog import load
from infra.artifacts.images import Image, build_images
from infra.artifacts.store import Store
from infra.errors import MissingArtifact

BUSYBOX = "#!/bin/sh\nprintf '[\\nbusybox\\nls\\nsh\\n'\n"
Artifacts = dict[str, Artifact]
VERSIONS = {
    "pause": "3.10.1",
    "agnhost": "2.63.0",
    "coredns": "v1.14.3",
    "metrics-server": "v0.9.0",
}


@pytest.fixture
def busybox(tmp_path: Path) -> Path:
    path = tmp_path / "busybox"
    path.write_text(BUSYBOX)
    path.chmod(0o755)
    return path


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    found = {}
    for name, version in VERSIONS.items():
        path = tmp_path / name
        path.write_text(f"I am {name}")
        found[name] = Artifact(name, version, path, "", "cache", "go module")
    return found


@pytest.fixture
def images(tmp_path: Path, artifacts: Artifacts, busybox: Path) -> tuple[Image, ...]:
    return _build(tmp_path / "store", artifacts, busybox)


def test_images_have_the_names_of_upstream(images: tuple[Image, ...]) -> None:
    assert [image.reference for image in images] == [
        "registry.k8s.io/pause:3.10.1",
        "docker.io/library/busybox:1.36",
        "docker.io/library/busybox:1.37",
        "registry.k8s.io/e2e-test-images/agnhost:2.52",
        "registry.k8s.io/e2e-test-images/agnhost:2.63.0",
        "registry.k8s.io/coredns/coredns:v1.14.3",
        "registry.k8s.io/metrics-server/metrics-server:v0.9.0",
    ]
    assert len({image.digest for image in images}) == len(images)


def test_every_archive_is_a_layout_whose_digests_hold(images: tuple[Image, ...]) -> None:
    for image in images:
        layout = Layout(image.path)
        assert layout.json("oci-layout") == {"imageLayoutVersion": "1.0.0"}
        [described] = layout.json("index.json")["manifests"]
        assert described["annotations"]["io.containerd.image.name"] == image.reference
        tag = image.reference.rsplit(":", 1)[1]
        assert described["annotations"]["org.opencontainers.image.ref.name"] == tag
        assert described["platform"] == {"architecture": "amd64", "os": "linux"}
        assert described["digest"] == image.digest
        manifest = json.loads(layout.blob(described))
        config = json.loads(layout.blob(manifest["config"]))
        digests = [
            f"sha256:{hashlib.sha256(layout.blob(x)).hexdigest()}" for x in manifest["layers"]
        ]
        assert config["rootfs"]["diff_ids"] == digests
        assert hashlib.sha256(image.path.read_bytes()).hexdigest() == image.sha256


def test_busybox_has_a_shell_users_and_a_writable_tmp(
    images: tuple[Image, ...], tmp_path: Path
) -> None:
    files = Layout(images[1].path).files(tmp_path)
    assert files["bin/sh"].linkname == "busybox"
    assert files["bin/busybox"].mode == 0o755
    assert files["tmp"].mode == 0o1777
    assert files["tmp"].isdir()
    assert "etc/passwd" in files
    assert {info.mtime for info in files.values()} == {0}


def test_agnhost_starts_agnhost_and_has_a_shell(images: tuple[Image, ...], tmp_path: Path) -> None:
    layout = Layout(images[4].path)
    assert layout.config["Entrypoint"] == ["/agnhost"]
    assert layout.config["Cmd"] == ["pause"]
    files = layout.files(tmp_path)
    assert files["agnhost"].mode == 0o755
    assert "bin/sh" in files


def test_coredns_may_bind_port_53_as_an_ordinary_user(
    images: tuple[Image, ...], tmp_path: Path
) -> None:
    layout = Layout(images[5].path)
    assert layout.config["User"] == "65532:65532"
    capability = layout.files(tmp_path)["coredns"].pax_headers["SCHILY.xattr.security.capability"]
    assert capability.encode() == bytes.fromhex("0100000200040000" + "00" * 12)


def test_images_are_the_same_bytes_wherever_they_are_made(
    tmp_path: Path, artifacts: Artifacts, busybox: Path, images: tuple[Image, ...]
) -> None:
    again = _build(tmp_path / "other", artifacts, busybox)
    assert [image.sha256 for image in again] == [image.sha256 for image in images]


def test_an_image_is_made_once_and_again_when_its_program_changes(
    tmp_path: Path, artifacts: Artifacts, busybox: Path
) -> None:
    said: list[str] = []
    for _ in range(2):
        _build(tmp_path / "store", artifacts, busybox, say=said.append)
    assert said.count("making image registry.k8s.io/pause:3.10.1") == 1
    artifacts["pause"].path.write_text("changed")
    _build(tmp_path / "store", artifacts, busybox, say=said.append)
    assert said.count("making image registry.k8s.io/pause:3.10.1") == 2


def test_metrics_server_has_an_image_only_when_it_was_obtained(
    tmp_path: Path, artifacts: Artifacts, busybox: Path
) -> None:
    path = tmp_path / "metrics-server"
    path.touch()
    extra = Artifact("metrics-server", "v0.9.0", path, "", "cache", "go module")
    made = _build(tmp_path / "store", artifacts | {"metrics-server": extra}, busybox)
    assert made[-1].reference == "registry.k8s.io/metrics-server/metrics-server:v0.9.0"


def test_what_is_missing_is_named(tmp_path: Path, artifacts: Artifacts, busybox: Path) -> None:
    with pytest.raises(MissingArtifact, match=r"`.*nowhere --list` fails"):
        _build(tmp_path / "store", artifacts, tmp_path / "nowhere")
    del artifacts["agnhost"]
    with pytest.raises(MissingArtifact, match=r"agnhost cannot be obtained: .*obtain it first"):
        _build(tmp_path / "store", artifacts, busybox)


class Layout:
    """An archive as an importer reads it."""

    def __init__(self, path: Path) -> None:
        with tarfile.open(path) as archive:
            self._files = {m.name: _content(archive, m) for m in archive if m.isfile()}

    @property
    def manifest(self) -> dict[str, Any]:
        return parsed(self.blob(self.json("index.json")["manifests"][0]))

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = parsed(self.blob(self.manifest["config"]))["config"]
        return config

    def json(self, name: str) -> dict[str, Any]:
        return parsed(self._files[name])

    def blob(self, described: dict[str, Any]) -> bytes:
        kind, digest = described["digest"].split(":")
        content = self._files[f"blobs/{kind}/{digest}"]
        assert hashlib.new(kind, content).hexdigest() == digest
        assert len(content) == described["size"]
        return content

    def files(self, tmp_path: Path) -> dict[str, tarfile.TarInfo]:
        found: dict[str, tarfile.TarInfo] = {}
        for described in self.manifest["layers"]:
            layer = tmp_path / "layer"
            layer.write_bytes(self.blob(described))
            with tarfile.open(layer) as archive:
                found |= {info.name: info for info in archive}
        return found


def parsed(content: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(content)
    return value


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file
    return file.read()


def _build(
    root: Path, artifacts: Artifacts, busybox: Path, say: Callable[[str], None] = lambda _: None
) -> tuple[Image, ...]:
    return build_images(load("1.36"), artifacts, busybox=busybox, store=Store(root), say=say)
