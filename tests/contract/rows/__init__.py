"""The contracts: what AWS does and plain moto does not, one function a row of the study.

Each holds on the local EC2 (test_local_ec2.py) and fails on plain moto (test_plain_moto.py).
"""

from tests.contract.rows import (
    addresses,
    disk_changes,
    disks,
    dry_runs,
    launches,
    networks,
    pages,
    requests,
    states,
    tags,
)
from tests.contract.rows.registry import ROWS, Row

__all__ = [
    "ROWS",
    "Row",
    "addresses",
    "disk_changes",
    "disks",
    "dry_runs",
    "launches",
    "networks",
    "pages",
    "requests",
    "states",
    "tags",
]
