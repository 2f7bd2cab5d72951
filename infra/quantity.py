"""Quantities of Kubernetes ("250m", "64Mi") and what they become in cgroup v2 files.

Source of the suffixes: k8s.io/apimachinery pkg/api/resource (quantity.go, suffix.go). No library
that we know of does only this.
"""

import math
import re
from collections.abc import Mapping
from decimal import Decimal

SUFFIXES = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    **{s: Decimal(1000) ** power for power, s in enumerate(("k", "M", "G", "T"), start=1)},
    **{s: Decimal(1024) ** power for power, s in enumerate(("Ki", "Mi", "Gi", "Ti"), start=1)},
}
PATTERN = r"\d+(?:\.\d+)?(?:m|k|M|G|T|Ki|Mi|Gi|Ti)?"
PERIOD_US = 100_000
"""The kubelet's CFS period, 100 ms (kubelet configuration cpuCFSQuotaPeriod, default)."""


def parse(text: str) -> Decimal:
    """Value of a quantity in its own unit: cores, bytes, or a count. Errors: ValueError."""
    if not re.fullmatch(PATTERN, text):
        raise ValueError(f"not a quantity: {text!r}; examples: 250m, 0.5, 64Mi")
    suffix = text.lstrip("0123456789.")
    return Decimal(text.removesuffix(suffix)) * SUFFIXES[suffix]


def count_of_bytes(text: str) -> int:
    return int(parse(text))


def milli(text: str) -> int:
    """Thousandths of a core, rounded up as the API does (quantity.go MilliValue)."""
    value = parse(text) * 1000
    return int(value.to_integral_value(rounding="ROUND_CEILING"))


def cpu_max(limit: str | None) -> str:
    """``cpu.max`` of cgroup v2 for a limit: ``500m`` -> ``50000 100000``; None -> no limit."""
    if limit is None:
        return f"max {PERIOD_US}"
    return f"{milli(limit) * PERIOD_US // 1000} {PERIOD_US}"


def memory_max(limit: str | None) -> str:
    """``memory.max`` of cgroup v2 for a limit, in bytes; None -> no limit."""
    return "max" if limit is None else str(count_of_bytes(limit))


def shares(request: str) -> int:
    """CPU shares (cgroup v1) of a request, the number both weight formulas start from.

    Source: kubernetes pkg/kubelet/cm/helpers_linux.go MilliCPUToShares (2 at least).
    """
    return max(2, milli(request) * 1024 // 1000)


def pod_weight(request: str) -> int:
    """``cpu.weight`` of a pod slice: linear.

    Source: kubernetes pkg/kubelet/cm/cgroup_manager_linux.go cpuSharesToCPUWeight.
    """
    return (shares(request) - 2) * 9999 // 262142 + 1


def container_weight(request: str) -> int:
    """``cpu.weight`` of a container scope: a curve through (2, 1), (1024, 100), (262144, 10000).

    Source: github.com/opencontainers/cgroups v0.0.6 utils.go ConvertCPUSharesToCgroupV2Value,
    in runc from 1.3.2; before, it was linear as in ``pod_weight``.
    """
    if shares(request) <= 2:
        return 1
    log = math.log2(shares(request))
    return math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34))


def same_figures(one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> bool:
    """Equal amounts, however they are written; only CPU and memory count."""
    return amounts(one) == amounts(other)


def amounts(figures: Mapping[str, str] | None) -> dict[str, object]:
    return {
        name: parse(text) for name, text in (figures or {}).items() if name in {"cpu", "memory"}
    }
