"""How far an upgrade is: kept in the cluster's record, which names the old version until the end.

Every command that takes the cluster to be of one version refuses it meanwhile.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter

from infra.artifacts import catalog as catalogs
from infra.errors import UserError
from infra.lifecycle import state_dir
from infra.settings import Settings

KEY = "upgrade"
"""Of the record of a finished cluster (cluster.json)."""


class Step(Protocol):
    """One of infra/lifecycle/upgrade/steps.py: a machine, and versions by component after it."""

    @property
    def machine(self) -> str: ...
    @property
    def versions(self) -> Mapping[str, str]: ...


AnyStep = TypeVar("AnyStep", bound=Step)


@dataclass(frozen=True)
class UnderWay:
    """``machines`` are versions by component, by machine: the old ones until their step is done."""

    old: str
    new: str
    machines: dict[str, dict[str, str]]

    def left(self, steps: Iterable[AnyStep]) -> list[AnyStep]:
        """Steps that are not done."""
        return [
            step
            for step in steps
            if any(
                self.machines.get(step.machine, {}).get(component) != version
                for component, version in step.versions.items()
            )
        ]

    def with_done(self, step: Step) -> "UnderWay":
        on_machine = self.machines.get(step.machine, {}) | dict(step.versions)
        return replace(self, machines=self.machines | {step.machine: on_machine})


FORM = TypeAdapter(UnderWay)


def read(state: Path) -> UnderWay | None:
    """None when no upgrade is under way. Errors: UserError for a damaged record."""
    record = state_dir.read(state) or {}
    try:
        return FORM.validate_python(record[KEY]) if KEY in record else None
    except ValueError as error:
        raise UserError(
            f"{state / state_dir.RECORD} does not say how far its upgrade is ({error}); remove the "
            "cluster with: ./kfs down"
        ) from error


def save(state: Path, found: UnderWay) -> None:
    """A kill from now on does not undo it."""
    state_dir.write(state, recorded(state) | {KEY: asdict(found)})


def over(state: Path, **changed: Any) -> None:
    """The cluster is whole again; ``changed`` is what its record says otherwise from now on."""
    record = {name: value for name, value in recorded(state).items() if name != KEY}
    state_dir.write(state, record | changed)


def recorded(state: Path) -> dict[str, Any]:
    record = state_dir.read(state)
    if record is None:
        raise UserError(f"there is no finished cluster {state.name!r}; run: ./kfs up")
    return record


def must_be_whole(settings: Settings) -> None:
    """Errors: UserError, one line, for a cluster whose upgrade has not ended."""
    if found := read(settings.state):
        raise UserError(unfinished(settings.cluster_id, found))


def unfinished(cluster: str, found: UnderWay) -> str:
    goes_on = f"./kfs upgrade --to {catalogs.minor_of(found.new)} --cluster-id {cluster}"
    return (
        f"the upgrade of cluster {cluster!r} from {found.old} to {found.new} has not ended; it "
        f"goes on with: {goes_on}"
    )
