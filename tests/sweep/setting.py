"""One setting of the series' cluster, and what the cluster has instead while it is swept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Place:
    """What one machine has instead: ``files`` by path, which ``units`` read, in the build's order.

    ``debris`` is what a component leaves behind that runs with it.
    """

    files: Mapping[str, bytes] = field(repr=False)
    units: tuple[str, ...] = ()
    debris: tuple[str, ...] = ()


@dataclass(frozen=True)
class Instead:
    """What the API has instead of an object; ``changed`` is None: it is deleted.

    ``pods`` selects Pods that read it only when they start.
    """

    original: Mapping[str, Any] = field(repr=False)
    changed: Mapping[str, Any] | None = field(repr=False)
    pods: str = ""


@dataclass(frozen=True)
class Argument:
    """What a container of the EBS CSI driver has instead of a word; nothing: it is left out."""

    path: str
    container: str
    word: str
    new: str


@dataclass(frozen=True)
class Setting:
    """``component`` reads it, ``where`` it is written, ``what`` is done to it.

    It is in a file of the machines in ``places``, of which one is changed, in an ``object``, or an
    ``argument`` of the driver that a run installs.
    """

    component: str
    where: str
    what: str
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    object: Instead | None = None
    argument: Argument | None = None

    @property
    def key(self) -> str:
        """The same for every cluster and every machine."""
        return f"{self.component}: {self.where}: {self.what}"
