"""Every contract fails on plain moto: a correction that moto has caught up with shows here."""

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from tests.contract.rows import ROWS, Row
from tests.contract.world import World

WRONG = (AssertionError, pytest.fail.Exception, ClientError, ResponseParserError)
"""How a contract fails: a wrong answer, no refusal, another refusal, HTML instead of XML."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_row_is_still_needed(row: Row, plain: World) -> None:
    with pytest.raises(WRONG):
        row(plain)
