"""Steps wait in no real time here, whatever they wait for."""

import pytest

from tests.unit.fakes import no_time_passes


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)
