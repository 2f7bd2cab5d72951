"""How many mappings a process of this host may have: machines need more than Linux's default.

A process of a machine has one for each run of pages that lie together in the machine's memory. An
API server that had served custom resources for a while passed 65530 and hung for good: its kernel
mapped a page, the host refused, and it faulted at the same place without end (seen).
"""

from pathlib import Path

from infra.errors import UserError

LIMIT = Path("/proc/sys/vm/max_map_count")
NEEDED = 262144
"""Four times the default: a page each for 1 GiB, twice what an API server has touched."""


def ensure(limit: Path = LIMIT) -> bool:
    """The host allows enough; whether that had to be changed. It is only ever raised.

    Errors: UserError when it cannot be, with what to do.
    """
    found = int(limit.read_text())
    if found >= NEEDED:
        return False
    try:
        limit.write_text(f"{NEEDED}\n")
    except OSError as error:
        raise UserError(
            f"vm.max_map_count is {found}, machines need {NEEDED} and it cannot be raised "
            f"({error.strerror}): on the host run sysctl -w vm.max_map_count={NEEDED}"
        ) from error
    return True
