"""The whole user space of a machine: asks for the time by the vDSO and by system calls, in turn.

Runs as process 1, read from a block device.
"""

import ctypes
import json
import os
import struct
import subprocess
import time

ROUNDS = 30_000
CALIBRATED = 0.3
"""Seconds: the kernel needs the first tenth to learn the TSC's rate."""
CLOCK_GETTIME, GETTIMEOFDAY = 228, 96
"""Numbers of system calls of x86-64."""
LIBC = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    time.sleep(CALIBRATED)
    clocks = {"realtime": time.CLOCK_REALTIME, "monotonic": time.CLOCK_MONOTONIC}
    clocks["boottime"] = time.CLOCK_BOOTTIME
    result = {name: compared(clock) for name, clock in clocks.items()}
    time.clock_settime(time.CLOCK_REALTIME, time.time() + 5000)
    result["after it was set"] = compared(time.CLOCK_REALTIME)
    refuse_to_tell()
    assert asked(time.CLOCK_MONOTONIC) is None, "the filter does not hold"
    result["without the kernel"] = {name: told(clock) for name, clock in clocks.items()}
    os.write(1, f"RESULT {json.dumps(result)}\n".encode())
    subprocess.run(["/usr/bin/busybox", "poweroff", "-f"], check=True)


def asked(clock: int) -> int | None:
    """Nanoseconds by a system call; None when it is refused."""
    spec = (ctypes.c_long * 2)()
    if LIBC.syscall(CLOCK_GETTIME, clock, spec):
        return None
    return spec[0] * 1_000_000_000 + spec[1]


def compared(clock: int) -> dict[str, int]:
    """How often time went back, and by how many nanoseconds the vDSO was behind at most."""
    back, ahead, behind, last = 0, 0, 0, 0
    for _ in range(ROUNDS):
        before = time.clock_gettime_ns(clock)
        kernels = asked(clock)
        after = time.clock_gettime_ns(clock)
        assert kernels is not None
        back += (before < last) + (after < before)
        ahead += kernels < before
        behind, last = max(behind, kernels - after), after
    return {"back": back, "ahead": ahead, "behind": behind}


def told(clock: int) -> bool:
    try:
        return time.clock_gettime_ns(clock) > 0
    except OSError:
        return False


def refuse_to_tell() -> None:
    """From now on system calls for the time are refused to this process (seccomp(2), BPF)."""
    refuse, allow = 0x00050001, 0x7FFF0000  # SECCOMP_RET_ERRNO with EPERM, SECCOMP_RET_ALLOW
    program = b"".join(
        struct.pack("HBBI", *line)
        for line in (
            (0x20, 0, 0, 0),  # load the number of the system call
            (0x15, 1, 0, CLOCK_GETTIME),
            (0x15, 0, 1, GETTIMEOFDAY),
            (0x06, 0, 0, refuse),
            (0x06, 0, 0, allow),
        )
    )
    held = ctypes.create_string_buffer(program)
    wanted = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(held))
    assert LIBC.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    assert LIBC.prctl(22, 2, wanted) == 0, ctypes.get_errno()  # PR_SET_SECCOMP, a filter


main()
