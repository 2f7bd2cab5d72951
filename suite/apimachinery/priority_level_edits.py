"""Edits of built-in priority levels: their shares, and their mark of being kept up to date."""

from infra.clients.apimachinery.priority_and_fairness import level_path
from infra.clients.apimachinery.priority_and_fairness_defaults import FOLLOWS
from infra.kube_api import Answer, Api, JsonObject, need


def edit(api: Api, level: str, *, shares: int, follows: str | None = None) -> None:
    """Errors: ApiRefused."""
    need(ask_to_edit(api, level, shares=shares, follows=follows))


def ask_to_edit(api: Api, level: str, *, shares: int, follows: str | None = None) -> Answer:
    """Other shares for a level; ``follows`` is its mark of being kept up to date."""
    patch: JsonObject = {"spec": {"limited": {"nominalConcurrencyShares": shares}}}
    if follows is not None:
        patch["metadata"] = {"annotations": {FOLLOWS: follows}}
    return api.patch(level_path(level), patch, kind="merge")
