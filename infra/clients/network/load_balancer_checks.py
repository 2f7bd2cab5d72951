"""How the load balancer finds out that a server is away, by its configuration (article 9)."""

from dataclasses import dataclass, replace
from itertools import pairwise

from infra.clients.transport.durations import of_haproxy
from infra.errors import require
from infra.ssh import Shell


@dataclass(frozen=True)
class Check:
    """Of one server: what it is asked for, how often in seconds, how many failures it may have, how
    often it must be well again; ``idle`` is why it has no clients even then.

    HAProxy's defaults; without a ``path`` a connection that opens is enough.
    """

    address: str
    checked: bool = False
    path: str = ""
    interval: float = 2.0
    fall: int = 3
    rise: int = 2
    idle: str = ""

    def __str__(self) -> str:
        if not self.checked:
            return "is not checked"
        asked = f"GET {self.path}" if self.path else "nothing but a connection"
        return f"is asked for {asked} each {self.interval:g} s, and left after {self.fall} failures"


def configuration(shell: Shell) -> str:
    """As it is in force. Errors: NotPrepared when it is newer than the process."""
    path, started = shell.layout.files.load_balancer, shell.layout.files.load_balancer_pid
    newer = shell.run(["find", path, "-newer", started]).stdout
    require(not newer.strip(), f"{path} was changed after HAProxy had read it")
    return shell.get(path).decode()


def checks(text: str) -> dict[str, Check]:
    """Checks of the servers of a configuration, by the server's name."""
    found: dict[str, Check] = {}
    path, default = "", Check("")
    for line in text.splitlines():
        words = line.split("#")[0].split()
        match words[:1]:
            case ["backend" | "listen"]:
                path, default = "", Check("")
            case ["option"] if words[1] == "httpchk":
                path = next((word for word in words[2:] if word.startswith("/")), "/")
            case ["http-check"] if "uri" in words:
                path = words[words.index("uri") + 1]
            case ["default-server"]:
                default = with_words(default, words[1:])
            case ["server"]:
                found[words[1]] = with_words(default, words[3:], address=words[2])
    return {name: replace(check, path=path) for name, check in found.items()}


def timeouts(text: str) -> dict[str, float]:
    """Seconds of silence after which sides are cut off, by side; the shortest of all sections."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        match line.split("#")[0].split():
            case ["timeout", ("client" | "server" | "tunnel") as side, value]:
                found[side] = min(of_haproxy(value), found.get(side, float("inf")))
    return found


def with_words(check: Check, words: list[str], *, address: str = "") -> Check:
    """A check as the words of a line change it."""
    values = dict(pairwise(words))
    checked = ("check" in words or check.checked) and "no-check" not in words
    idle = next((word for word in ("disabled", "backup") if word in words), check.idle)
    return Check(
        address,
        checked=checked,
        interval=of_haproxy(values["inter"]) if "inter" in values else check.interval,
        fall=int(values["fall"]) if "fall" in values else check.fall,
        rise=int(values["rise"]) if "rise" in values else check.rise,
        idle="of weight 0" if values.get("weight") == "0" else idle,
    )
