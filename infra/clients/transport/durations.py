"""Durations as programs write them: Go's ``5m0s``, HAProxy's ``2s`` and bare milliseconds."""

import re

GO = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "ns": 1e-9}
HAPROXY = {"": 0.001, "us": 1e-6, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
"""HAProxy configuration manual, section 2.5: a number without a unit is milliseconds."""
PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)")


def of_go(text: str) -> float:
    """Seconds of a duration as Go prints it. Errors: ValueError."""
    parts = PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"not a duration of Go: {text!r}; they look like 5m0s")
    return sum(float(number) * GO[unit] for number, unit in parts)


def of_haproxy(text: str) -> float:
    """Seconds of a duration in HAProxy's configuration. Errors: ValueError."""
    found = re.fullmatch(r"(\d+)(us|ms|s|m|h|d)?", text)
    if found is None:
        raise ValueError(f"not a duration of HAProxy: {text!r}; they look like 2s or 2000")
    return int(found[1]) * HAPROXY[found[2] or ""]
