from pathlib import Path

import pytest

from infra.errors import UserError
from infra.localec2.host import max_map_count


def test_it_is_raised_and_never_lowered(tmp_path: Path) -> None:
    limit = tmp_path / "max_map_count"
    limit.write_text("65530\n")
    assert max_map_count.ensure(limit)
    assert limit.read_text() == "262144\n"
    limit.write_text("1048576\n")
    assert not max_map_count.ensure(limit)
    assert limit.read_text() == "1048576\n"


def test_a_host_that_does_not_let_us_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = tmp_path / "max_map_count"
    limit.write_text("65530\n")

    def refuse(*_: object) -> int:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(UserError, match=r"is 65530, .*sysctl -w vm.max_map_count=262144"):
        max_map_count.ensure(limit)
