"""Errors of the suite. ``str(error)`` is the whole story: who, what, where, last output lines.

::

    NotJudged                    something kept us from judging; never a verdict about a claim
      UserError                  bad input or a host that cannot: what to do is in the text (exit 2)
        UnknownFootprint         a scenario's tag says nothing (infra/footprints)
        ClusterLocked            another run holds the cluster (exit 3)
      Unreachable                a machine does not answer
      CommandFailed              a command on a machine ended with an unexpected status
      ApiUnreachable             an API server does not answer (infra/kube_api.py)
      ApiRefused                 an API server answered with another status (infra/kube_api.py)
        ApiRefusedForNow       one that may be another a moment later: 409, 429, 5xx
      MissingArtifact            a binary, kernel or image cannot be obtained
        WrongChecksum            an official file is not the one that is pinned (infra/artifacts)
      PlatformError              EC2 refused or lost a resource
        Refused                  with EC2's code (infra/ec2/api.py)
          InUse                  another resource still uses it
          NoCapacity             AWS has no such machine or address now
          Exists                 it is there already
          Missing                it does not exist
        Unanswered               whether EC2 did what was asked is not known (infra/ec2/api.py)
      PhaseFailed                a build phase failed on a machine
      ClusterBroken              the health gate gave the cluster up; nothing later is judged on it
      NotPrepared                a precondition of the claim was not met
      NoCgroup                   a Pod or container has no cgroup (infra/clients)
    ClaimError(AssertionError)   the claim is false
      WaitTimeout                it did not become true in time
      GaveUp                     it can no longer become true
      Changed                    it did not stay
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TAIL_LINES = 20
"""How many last lines of output an error carries: a screenful, so that a report stays readable."""


class NotJudged(Exception):
    """Something kept us from judging; never a verdict about a claim."""

    exit_code = 1


class UserError(NotJudged):
    """Bad input, or a host that lacks something; the text names it and what to do."""

    exit_code = 2


class Unreachable(NotJudged):
    def __init__(self, machine: str, address: str, cause: str) -> None:
        super().__init__(f"{machine} ({address}) cannot be reached: {cause}")
        self.machine = machine


class CommandFailed(NotJudged):
    def __init__(
        self, machine: str, argv: Sequence[str], *, exit_status: int, stdout: str, stderr: str
    ) -> None:
        super().__init__(
            f"{machine}: {' '.join(argv)} ended with status {exit_status}\n"
            + tail(stderr or stdout)
        )
        self.machine = machine
        self.argv = tuple(argv)
        self.exit_status = exit_status
        self.stdout = stdout
        self.stderr = stderr


class MissingArtifact(NotJudged):
    def __init__(self, artifact: str, reason: str, log: Path | None = None) -> None:
        where = f"\nlog: {log}" if log else ""
        super().__init__(f"{artifact} cannot be obtained: {reason}{where}")
        self.artifact = artifact
        self.log = log


class PlatformError(NotJudged):
    def __init__(self, resource: str, ident: str, reason: str) -> None:
        super().__init__(f"{resource} {ident}: {reason}")
        self.resource = resource
        self.ident = ident


class PhaseFailed(NotJudged):
    def __init__(self, phase: str, machine: str, cause: str) -> None:
        super().__init__(f"phase {phase} failed on {machine}: {cause}")
        self.phase = phase
        self.machine = machine
        self.cause = cause


class ClusterBroken(NotJudged):
    """The cluster failed its health gate or a phase; the first cause is ``__cause__``."""


class ClusterLocked(UserError):
    exit_code = 3


class NotPrepared(NotJudged):
    """A precondition of the claim was not met, so that it could not be judged."""


class ClaimError(AssertionError):
    """The claim is false on this cluster."""


class WaitTimeout(ClaimError):
    pass


class GaveUp(ClaimError):
    pass


class Changed(ClaimError):
    pass


def require(condition: object, message: str) -> None:
    """What a claim starts from, or the control beside a negative. Errors: NotPrepared.

    Where a verdict is given, that is in Then-steps, ``assert`` says that the claim is false.
    """
    if not condition:
        raise NotPrepared(message)


@contextmanager
def claimed() -> Iterator[None]:
    """What a Given or When waits for in here is a part of the claim. Errors: ClaimError.

    Elsewhere in a Given or When a wait that ends in vain is a bad start, hence *not judged*; so is
    what a client prepares for a Then ("a new Pod runs there"), unless it is done in here.
    """
    try:
        yield
    except (AssertionError, NotPrepared) as error:
        raise ClaimError(str(error)) from error


@contextmanager
def preparing() -> Iterator[None]:
    """What is waited for in here is what a claim starts from. Errors: NotPrepared."""
    try:
        yield
    except WaitTimeout as error:
        raise NotPrepared(str(error)) from error


@contextmanager
def tidying() -> Iterator[None]:
    """What is waited for in here is that nothing is left. Errors: NotJudged naming what is."""
    try:
        yield
    except WaitTimeout as error:
        raise NotJudged(f"the scenario left something behind; {error}") from error


def tail(text: str, lines: int = TAIL_LINES) -> str:
    """Last lines of an output, as an error or a report shows them."""
    return "\n".join(text.rstrip().splitlines()[-lines:])
