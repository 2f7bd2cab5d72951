"""The list of contracts."""

from collections.abc import Callable

from tests.contract.world import World

Row = Callable[[World], None]
ROWS: list[Row] = []


def row(contract: Row) -> Row:
    ROWS.append(contract)
    return contract
