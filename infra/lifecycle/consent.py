"""Nothing that costs is begun before a person has said yes."""

import sys

from infra.computer.exit_codes import say
from infra.errors import UserError


def ask(what: str, *, yes: bool, otherwise: str) -> None:
    """Says what will be done, and asks on a terminal; ``yes`` is the answer given beforehand.

    Errors: UserError when the answer is no, or when nobody can be asked.
    """
    say(what)
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError(f"there is no terminal to ask at: repeat with --yes, {otherwise}")
    sys.stderr.write("Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UserError("the answer was not yes: nothing was done")
