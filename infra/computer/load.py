"""How busy this computer is, for messages about what came too late or was lost."""

import os


def here() -> str:
    """Its load of the last minute: clients run on it at least, local machines as well."""
    return f"the load of this computer is {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs"
