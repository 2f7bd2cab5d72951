"""What machines cost while they run, before anybody pays for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.ec2.machines import ROOT_GIB
from infra.inventory import Machine

OF = "ap-southeast-1"
"""Region of the prices; source of all: aws.amazon.com/ec2/pricing, /ebs/pricing, /vpc/pricing."""
HOURLY = {"t3.small": 0.0264, "t3.medium": 0.0528}
"""USD an hour of an instance type, on demand, Linux."""
GIB_MONTHLY = 0.096
"""USD a month of a GiB of gp3."""
ADDRESS_HOURLY = 0.005
"""USD an hour of a public IPv4 address, which every machine has."""
MONTH = 730.0
"""Hours of a month, as AWS counts."""


@dataclass(frozen=True)
class Price:
    """In USD."""

    hourly: float

    @property
    def monthly(self) -> float:
        return self.hourly * MONTH

    def __str__(self) -> str:
        return f"about {self.hourly:.2f} USD an hour, {self.monthly:.0f} a month"


def of(machines: Sequence[Machine]) -> Price:
    disks = ROOT_GIB * GIB_MONTHLY / MONTH
    return Price(sum(HOURLY[one.instance_type] + ADDRESS_HOURLY + disks for one in machines))


def of_stopped(machines: Sequence[Machine]) -> Price:
    """Of machines that are off: their disks, and the one address that stays."""
    return Price(len(machines) * ROOT_GIB * GIB_MONTHLY / MONTH + ADDRESS_HOURLY)
