"""Files beside a Go module's code come from the version that go.mod pins."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.artifacts import module_files
from infra.artifacts.store import Store
from infra.errors import MissingArtifact

FOLDERS = {"example.com/driver": ["deploy/base"]}


def go(root: Path, *, status: int = 0) -> Any:
    """A Go that knows one module, unpacked at ``root``; it can only be read."""

    def run(argv: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        answers = {"list": "v1.2.3\n", "mod": json.dumps({"Dir": str(root)})}
        return subprocess.CompletedProcess(argv, status, answers[argv[1]], "no such module")

    return run


def test_folders_are_copied_by_their_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "module" / "deploy" / "base"
    source.mkdir(parents=True)
    (source / "a.yaml").write_text("a: 1\n")
    (source / "a.yaml").chmod(0o444)
    monkeypatch.setattr(subprocess, "run", go(tmp_path / "module"))
    store = Store(tmp_path / "store")
    found = module_files.obtain("helper", FOLDERS, store=store)
    assert (found / "base" / "a.yaml").read_text() == "a: 1\n"
    assert (found / "base" / "a.yaml").stat().st_mode & 0o777 == 0o644
    monkeypatch.setattr(subprocess, "run", go(tmp_path, status=1))
    assert module_files.obtain("helper", FOLDERS, store=store) == found, "from the store"


def test_what_cannot_be_had_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", go(tmp_path, status=1))
    with pytest.raises(MissingArtifact, match=r"example.com/driver .*go list .*no such module"):
        module_files.obtain("helper", FOLDERS, store=Store(tmp_path))

    def none(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", none)
    with pytest.raises(MissingArtifact, match="no `go` on PATH"):
        module_files.obtain("helper", FOLDERS, store=Store(tmp_path))
