"""One watch request that is never begun again: what it tells is told over one connection."""

import threading

from infra.errors import NotJudged
from infra.kube_api import Api

LASTS = 600
"""Seconds that the server may keep it: longer than any certificate takes to be taken up."""


class OpenWatch:
    """Names of the objects at a path as events come, kept by a thread until the watch ends."""

    def __init__(self, api: Api, path: str) -> None:
        self._api = api.at(api.base)  # a session of its own: the thread shares none
        self._path = path
        self._names: list[str] = []
        self._ended = ""
        self._thread = threading.Thread(target=self._follow, name=f"watch {path}", daemon=True)

    def open(self) -> "OpenWatch":
        self._thread.start()
        return self

    @property
    def told(self) -> tuple[list[str], str]:
        """What was seen so far, and why no more will come; empty while it goes on."""
        return list(self._names), self._ended

    def _follow(self) -> None:
        try:
            for event in self._api.watch(self._path, seconds=LASTS):
                self._names.append(event["object"]["metadata"]["name"])
            self._ended = "the server ended the watch"
        except (NotJudged, KeyError, ValueError) as error:
            self._ended = f"the watch broke: {error}"
