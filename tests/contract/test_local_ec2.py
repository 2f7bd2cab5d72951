"""Every contract holds on the local EC2."""

import pytest

from tests.contract.rows import ROWS, Row
from tests.contract.world import World


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_row(row: Row, local: World) -> None:
    row(local)
