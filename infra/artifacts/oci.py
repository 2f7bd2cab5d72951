"""Container images as OCI archives, the same bytes for the same contents.

Image layout: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

OCI = "application/vnd.oci.image"
EPOCH = 0
"""Every time in an archive: a build's own time would make each build another image."""
BLOCK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """One path of a layer: a folder (no content), a link, or a file with text or a program."""

    path: str
    mode: int = 0o755
    text: str | None = None
    program: Path | None = None
    link: str | None = None
    xattrs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """An image to be made: layers from the lowest, and the config as containers see it.

    A layer that is a path is a tar archive as it is.

    ``config`` has the keys of the image spec: Entrypoint, Cmd, Env, User, WorkingDir, Labels.
    """

    reference: str
    layers: Sequence[Sequence[Entry] | Path]
    config: Mapping[str, Any]


def write(spec: Spec, archive: Path, *, scratch: Path) -> str:
    """Write the archive; the manifest's digest, "sha256:...", is the image's.

    Layers are not compressed: they are unpacked once, on the same computer.
    """
    layers = [_layer(entries, scratch / f"layer-{n}") for n, entries in enumerate(spec.layers)]
    config = _config(spec, [digest for digest, _ in layers])
    manifest = _manifest(config, layers)
    small = {
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        "index.json": _index(spec.reference, manifest),
        _blob(_digest(config)): config,
        _blob(_digest(manifest)): manifest,
    }
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for folder in ("blobs", "blobs/sha256"):
            tar.addfile(_info(folder, 0o755, kind=tarfile.DIRTYPE))
        for name, content in sorted(small.items()):
            _add(tar, _info(name, 0o644), io.BytesIO(content), size=len(content))
        for digest, path in sorted(dict(layers).items()):
            with path.open("rb") as blob:
                _add(tar, _info(_blob(digest), 0o644), blob, size=path.stat().st_size)
    return _digest(manifest)


def _config(spec: Spec, layers: Sequence[str]) -> bytes:
    return _json(
        {
            "architecture": "amd64",
            "config": dict(spec.config),
            "created": "1970-01-01T00:00:00Z",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": layers},
        }
    )


def _manifest(config: bytes, layers: Sequence[tuple[str, Path]]) -> bytes:
    return _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": _descriptor(f"{OCI}.config.v1+json", _digest(config), len(config)),
            "layers": [
                _descriptor(f"{OCI}.layer.v1.tar", digest, path.stat().st_size)
                for digest, path in layers
            ],
        }
    )


def _index(reference: str, manifest: bytes) -> bytes:
    """Index with both names: containerd reads its own annotation, other tools ref.name."""
    names = {
        "io.containerd.image.name": reference,
        "org.opencontainers.image.ref.name": reference.rsplit(":", 1)[-1],
    }
    described = _descriptor(f"{OCI}.manifest.v1+json", _digest(manifest), len(manifest))
    platform = {"architecture": "amd64", "os": "linux"}
    manifests = [{**described, "platform": platform, "annotations": names}]
    media = f"{OCI}.index.v1+json"
    return _json({"schemaVersion": 2, "mediaType": media, "manifests": manifests})


def _layer(entries: Sequence[Entry] | Path, path: Path) -> tuple[str, Path]:
    """The layer's digest and its file."""
    if isinstance(entries, Path):
        return _digest_of(entries), entries
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for entry in sorted(entries, key=lambda entry: entry.path):
            if entry.program:
                with entry.program.open("rb") as program:
                    size = entry.program.stat().st_size
                    _add(tar, _info(entry.path, entry.mode, entry=entry), program, size=size)
            elif entry.text is not None:
                content = entry.text.encode()
                info = _info(entry.path, entry.mode, entry=entry)
                _add(tar, info, io.BytesIO(content), size=len(content))
            else:
                kind = tarfile.SYMTYPE if entry.link else tarfile.DIRTYPE
                tar.addfile(_info(entry.path, entry.mode, kind=kind, entry=entry))
    return _digest_of(path), path


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _info(
    path: str, mode: int, *, kind: bytes = tarfile.REGTYPE, entry: Entry | None = None
) -> tarfile.TarInfo:
    """Header of root's, at the epoch."""
    info = tarfile.TarInfo(path)
    info.mode, info.type, info.mtime = mode, kind, EPOCH
    if entry:
        info.linkname = entry.link or ""
        info.pax_headers = {f"SCHILY.xattr.{key}": value for key, value in entry.xattrs.items()}
    return info


def _add(tar: tarfile.TarFile, info: tarfile.TarInfo, content: IO[bytes], *, size: int) -> None:
    info.size = size
    tar.addfile(info, content)


def _descriptor(media: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": media, "digest": digest, "size": size}


def _blob(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
