"""How the load balancer finds out that a server is away, by its configuration (article 9)."""

from dataclasses import dataclass, replace
from itertools import pairwise

from infra.clients.transport.durations import of_haproxy
from infra.errors import require
from infra.ssh import Shell

GOOD = "status 200"
"""What article 9 takes for a good answer (http-check expect)."""
FAIR = ("roundrobin", "static-rr", "leastconn", "random")
"""Algorithms that give every server clients; first, source, hash and others may give one all."""


@dataclass(frozen=True)
class Check:
    """Of one server: what it is asked for, how often in seconds, how many failures it may have, how
    often it must be well again; ``idle`` is why it has no clients even then.

    HAProxy's defaults; without a ``path`` a connection that opens is enough. ``wants`` is the
    answer that is a good one, ``elsewhere`` another address or port that is asked instead.
    ``changing`` is the interval once an answer differs from those before, ``away`` that of a server
    that has been left; 0 is ``interval``.
    """

    address: str
    checked: bool = False
    path: str = ""
    interval: float = 2.0
    changing: float = 0.0
    away: float = 0.0
    fall: int = 3
    rise: int = 2
    idle: str = ""
    wants: str = ""
    elsewhere: str = ""

    @property
    def tells_readiness(self) -> bool:
        """Of an answer with 200, or, without more words, with 2xx or 3xx; of this server's own."""
        return self.checked and self.wants in ("", GOOD) and not self.elsewhere

    @property
    def longest(self) -> float:
        """Seconds between two checks, whatever the one before has told."""
        return max(self.interval, self.changing, self.away)

    def __str__(self) -> str:
        if not self.checked:
            return "is not checked"
        asked = f"GET {self.path}" if self.path else "nothing but a connection"
        asked += f" at {self.elsewhere}" if self.elsewhere else ""
        asked += f", wanting {self.wants}," if self.wants not in ("", GOOD) else ""
        often = f"each {self.interval:g} s"
        often += f", then each {self.changing:g} s" if self.changing > self.interval else ""
        often += f", when away each {self.away:g} s" if self.away > self.interval else ""
        return f"is asked for {asked} {often}, and left after {self.fall} failures"


def configuration(shell: Shell) -> str:
    """As it is in force. Errors: NotPrepared when it is newer than the process."""
    path, started = shell.layout.files.load_balancer, shell.layout.files.load_balancer_pid
    newer = shell.run(["find", path, "-newer", started]).stdout
    require(not newer.strip(), f"{path} was changed after HAProxy had read it")
    return shell.get(path).decode()


def checks(text: str) -> dict[str, Check]:
    """Checks of the servers of a configuration, by the server's name."""
    found: dict[str, Check] = {}
    path, wants, idle, default = "", "", "", Check("")
    for line in text.splitlines():
        words = line.split("#")[0].split()
        match words[:1]:
            case ["backend" | "listen"]:
                path, wants, default = "", "", Check("")
            case ["balance"]:
                idle = "" if words[1] in FAIR else f"chosen by balance {words[1]}"
            case ["http-check"] if words[1] == "expect":
                wants = " ".join(words[2:])
            case ["option"] if words[1] == "httpchk":
                path = next((word for word in words[2:] if word.startswith("/")), "/")
            case ["http-check"] if "uri" in words:
                path = words[words.index("uri") + 1]
            case ["default-server"]:
                default = with_words(default, words[1:])
            case ["server"]:
                found[words[1]] = with_words(default, words[3:], address=words[2])
    return {
        name: replace(check, path=path, wants=wants, idle=check.idle or idle)
        for name, check in found.items()
    }


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
        changing=of_haproxy(values["fastinter"]) if "fastinter" in values else check.changing,
        away=of_haproxy(values["downinter"]) if "downinter" in values else check.away,
        fall=int(values["fall"]) if "fall" in values else check.fall,
        rise=int(values["rise"]) if "rise" in values else check.rise,
        idle="of weight 0" if values.get("weight") == "0" else idle,
        elsewhere=" ".join(f"{w} {values[w]}" for w in ("addr", "port") if w in values)
        or check.elsewhere,
    )
