"""The mirror is the one that the host's apt uses, in either style of its sources."""

from pathlib import Path

import pytest

from infra.errors import UserError
from infra.localec2.image.apt import mirror

DEB822 = """\
Types: deb
# http://snapshot.example/archive/debian
URIs: {uri}
Suites: {suites}
Components: main
"""


def sources(etc: Path, name: str, text: str) -> Path:
    file = etc / "sources.list.d" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return etc


def test_deb822_source_names_the_mirror(tmp_path: Path) -> None:
    text = DEB822.format(uri="http://mirror.example/debian/", suites="bookworm bookworm-updates")
    assert mirror(sources(tmp_path, "debian.sources", text), {}) == "http://mirror.example/debian"


def test_one_line_source_names_the_mirror(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text(
        "# deb http://old.example/debian trixie main\n"
        "deb [signed-by=/k.gpg arch=amd64] http://mirror.example/debian trixie main\n"
    )
    assert mirror(tmp_path, {}) == "http://mirror.example/debian"


def test_folded_fields_are_read(tmp_path: Path) -> None:
    text = DEB822.format(uri="http://mirror.example/debian", suites="\n trixie\n trixie-updates")
    assert mirror(sources(tmp_path, "debian.sources", text), {}) == "http://mirror.example/debian"


def test_other_archives_are_passed_over(tmp_path: Path) -> None:
    sources(tmp_path, "a.list", "deb https://cloud.example/apt cloud-sdk-bookworm main\n")
    off = DEB822.format(uri="http://off.example/debian", suites="trixie") + "Enabled: no\n"
    security = DEB822.format(uri="http://mirror.example/debian-security", suites="trixie")
    archive = DEB822.format(uri="http://mirror.example/debian", suites="trixie")
    sources(tmp_path, "b.sources", f"{off}\n{security}\n{archive}")
    assert mirror(tmp_path, {}) == "http://mirror.example/debian"


def test_without_a_source_the_message_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="KFS_DEBIAN_MIRROR"):
        mirror(tmp_path, {})


def test_the_variable_comes_first(tmp_path: Path) -> None:
    chosen = {"KFS_DEBIAN_MIRROR": "http://mine.example/debian"}
    assert mirror(tmp_path, chosen) == "http://mine.example/debian"
