"""What a scenario expects: nothing wrong now, or for a while."""

from collections.abc import Callable, Sequence

from infra.errors import ClaimError
from infra.timing import scaled
from infra.wait import consistently


def must_be_none(found: Sequence[str], claim: str) -> None:
    """Errors: ClaimError with what was found instead, the first on the line that reports show."""
    if found:
        raise ClaimError(f"{claim}; instead: " + "\n  ".join(found))


def stays(observe: Callable[[], list[str]], lasting: float, what: str) -> None:
    """``observe`` lists changes and finds none for that long (unscaled seconds)."""
    consistently(observe, lambda changes: not changes, lasting=scaled(lasting), what=what)
