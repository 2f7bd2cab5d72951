"""A watch that a client keeps: begun again where it broke off, as an informer does."""

import threading

from infra.kube_api import Api, ApiRefused, ApiUnreachable, JsonObject
from infra.wait import SYSTEM, Clock, pause

LASTS = 240
"""Seconds for which a watch is asked; one that ends earlier was broken off."""
AGAIN = 0.5
"""Seconds until it is begun again."""


class Watching:
    """Names of the objects of a collection that it has told of; a thread keeps it."""

    def __init__(self, api: Api, path: str, *, clock: Clock = SYSTEM) -> None:
        self.names: set[str] = set()
        self.broken: list[str] = []
        """How often it was broken off, and how that was told."""
        self._api = api
        self._path = path
        self._clock = clock
        self._version = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"watch {path}", daemon=True)

    def open(self) -> "Watching":
        """Errors: ApiUnreachable, ApiRefused."""
        self.list()
        self._thread.start()
        return self

    def close(self) -> None:
        """The thread ends at its next event, or is left to the end of its request."""
        self._ended.set()

    def list(self) -> None:
        """All there are now, from where the next watch goes on."""
        api = self._api.at(self._api.base)  # a connection of its own, to any server
        found = api.get(self._path)
        self.names |= {item["metadata"]["name"] for item in found["items"]}
        self._version = found["metadata"]["resourceVersion"]

    def follow(self) -> None:
        """One watch to its end, or to the break that is noted."""
        began = self._clock.now()
        try:
            if not self._version:
                self.list()
            api = self._api.at(self._api.base)
            for event in api.watch(self._path, seconds=LASTS, resourceVersion=self._version):
                self.take(event)
                if self._ended.is_set():
                    return
        except (ApiUnreachable, ApiRefused) as error:
            self.broken.append(str(error))
        else:
            if self._version and self._clock.now() - began < LASTS - 1:
                self.broken.append("it ended before its time")

    def take(self, event: JsonObject) -> None:
        """An ERROR says that the server does not know the version: what is there is listed anew."""
        if event["type"] == "ERROR":
            self._version = ""
            return
        metadata = event["object"]["metadata"]
        self.names.add(metadata["name"])
        self._version = metadata["resourceVersion"]

    def _follow(self) -> None:
        while not self._ended.is_set():
            self.follow()
            pause(AGAIN, because="a client that lost its watch tries again", clock=self._clock)
