"""What a volume may be: AWS's limits of size and performance, with its words.

Source: EBS user guide, Solid State Drive volumes, the tables of gp2 and gp3.
"""

from dataclasses import dataclass

from moto.ec2.exceptions import EC2ClientError

TYPES = ("gp2", "gp3")
"""Served here; others are refused rather than half known."""
SIZES = {"gp2": (1, 16384), "gp3": (1, 65536)}
"""GiB."""
IOPS = (3000, 80000)
"""Of gp3."""
THROUGHPUT = (125, 2000)
"""MiB/s of gp3."""
IOPS_PER_GIB = 500
THROUGHPUT_PER_IOPS = 0.25
"""MiB/s for each provisioned I/O operation per second."""


@dataclass(frozen=True)
class Shape:
    """A volume as asked for. ``gib``, ``iops`` a second, ``throughput`` in MiB/s; None: default."""

    kind: str
    gib: int
    iops: int | None = None
    throughput: int | None = None


def check(shape: Shape) -> None:
    """Errors: UnsupportedOperation, InvalidParameterValue, InvalidParameterCombination."""
    if shape.kind not in TYPES:
        raise EC2ClientError(
            "UnsupportedOperation", f"The local EC2 has volumes of {', '.join(TYPES)} only."
        )
    _within("size", shape.gib, SIZES[shape.kind])
    if shape.kind == "gp2":
        if shape.iops or shape.throughput:
            raise EC2ClientError(
                "InvalidParameterCombination", "gp2 takes neither Iops nor Throughput."
            )
        return
    iops = shape.iops or IOPS[0]
    _within("iops", iops, IOPS)
    _within("throughput", shape.throughput or THROUGHPUT[0], THROUGHPUT)
    if iops > max(IOPS[0], IOPS_PER_GIB * shape.gib):
        raise EC2ClientError(
            "InvalidParameterCombination",
            f"Iops to volume size ratio of {iops / shape.gib:.6f} is too high; maximum is "
            f"{IOPS_PER_GIB} IOPS per GiB.",
        )
    if (shape.throughput or 0) > THROUGHPUT_PER_IOPS * iops:
        raise EC2ClientError(
            "InvalidParameterCombination",
            f"Throughput (MiBps) to iops ratio of {(shape.throughput or 0) / iops:.6f} is too "
            f"high; maximum is {THROUGHPUT_PER_IOPS:.6f} MiBps per iops.",
        )


def _within(name: str, value: int, bounds: tuple[int, int]) -> None:
    least, most = bounds
    if value > most:
        text = f"Volume {name} of {value} is too high; maximum is {most}."
        raise EC2ClientError("InvalidParameterValue", text)
    if value < least:
        text = f"Volume {name} of {value} is too low; minimum is {least}."
        raise EC2ClientError("InvalidParameterValue", text)
