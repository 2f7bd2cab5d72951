"""Whether a local EC2 has AWS's temper, and by which seed: its first ``up`` decides, for its life.

Machines' public addresses depend on it, and whoever asks its API has to be as patient as with AWS.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from infra.errors import UserError

SEED = "temper_seed"
"""Where it is kept, among what the local EC2 was made of; null without a temper."""
SEEDS = 10**6


def seed(asked: str | None, chosen: int | None, made_of: Mapping[str, Any] | None) -> int | None:
    """None without a temper. ``asked`` and ``chosen`` are of the settings, ``made_of`` of an
    earlier ``up``, which decides what they leave open.

    Errors: UserError when they say otherwise.
    """
    if made_of is None:
        return None if asked is None else secrets.randbelow(SEEDS) if chosen is None else chosen
    kept: int | None = made_of.get(SEED)
    if asked is not None and (kept is None or chosen not in {None, kept}):
        was = "without KFS_LOCAL_TEMPER" if kept is None else f"with KFS_LOCAL_TEMPER_SEED={kept}"
        raise UserError(
            f"the local EC2 was made {was}, which stays so: leave the variables out, or run first: "
            "./kfs down"
        )
    return kept


def told(seed: int) -> str:
    """For who wants the same again."""
    again = f"KFS_LOCAL_TEMPER=aws KFS_LOCAL_TEMPER_SEED={seed}"
    return f"local EC2: it behaves as AWS does, seed {seed} (again: {again})"
