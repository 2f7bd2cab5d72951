"""Settings of a run: defaults < environment (KFS_*) < options; frozen, printed at the start."""

import os
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.artifacts import catalog
from infra.described import reading
from infra.errors import UserError

Platform = Literal["local", "aws", "existing"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)
Keep = Literal["never", "failure", "always"]
LONGEST_ID = 31
"""Characters of a cluster's id."""
MOST_CLUSTERS = 4
"""Of one run: the first, and further ones that its runs of the suite make and remove."""
PROJECT = Path(__file__).resolve().parent.parent


def state_home() -> Path:
    return Path.home() / ".local" / "state" / "kubernetes-from-scratch"


def default_keep() -> Keep:
    """A person comes back to the cluster; CI does not."""
    return "never" if os.environ.get("CI") == "true" else "always"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="KFS_", frozen=True, extra="ignore")

    platform: Platform = "local"
    cluster_id: str = Field(
        default="series", pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=LONGEST_ID
    )
    kubernetes: Annotated[str, AfterValidator(catalog.cluster_version)] = Field(
        default_factory=catalog.default_minor, validate_default=True
    )
    cluster_file: Path | None = None
    region: str = Field(default="ap-southeast-1", pattern=r"^[a-z]+(-[a-z0-9]+)+$")
    allowed_cidr: IPv4Network | None = None
    local_temper: Literal["aws"] | None = None
    local_temper_seed: int | None = Field(default=None, ge=0)
    ttl_hours: int = Field(default=24, ge=1, le=24 * 30)
    yes: bool = False
    keep: Keep = Field(default_factory=default_keep)
    time_scale: float = Field(default=1.0, gt=0, le=10)
    state_root: Path = Field(default_factory=state_home)
    overlap: bool = True
    clusters: Literal["auto"] | Annotated[int, Field(ge=1, le=MOST_CLUSTERS)] = 1
    reports: Path = PROJECT / "reports"

    @classmethod
    def from_options(cls, **given: Any) -> Self:
        """With what was given; None is not. Errors: UserError naming the bad option or variable."""
        given = {key: value for key, value in given.items() if value is not None}
        try:
            chosen = cls(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            typed = f"--{name.replace('_', '-')}" if name in given else f"KFS_{name.upper()}"
            raise UserError(f"{typed} {first['input']!r}: {first['msg']}") from error
        return chosen._of_its_file()

    def _of_its_file(self) -> Self:
        """What ``cluster_file`` decides: name and version; nothing is built, removed or multiplied.

        Errors: UserError when an option says otherwise.
        """
        if self.cluster_file is None:
            if self.is_existing:
                raise UserError("--platform existing needs --cluster my.toml (KFS_CLUSTER_FILE)")
            return self
        told = reading.read(self.cluster_file)
        decided: dict[str, Any] = {
            "platform": "existing",
            "cluster_id": told.name,
            "kubernetes": told.kubernetes,
            "keep": "always",
            "clusters": 1,
        }
        for name in ("platform", "keep", "clusters"):
            given = getattr(self, name)
            if name in self.model_fields_set and given not in (decided[name], "auto"):
                raise UserError(
                    f"--{name} {given}: {self.cluster_file} describes a cluster that others built, "
                    f"which has {name} {decided[name]}: leave it out (KFS_{name.upper()} too)"
                )
        named = catalog.minor_of(self.kubernetes)
        if "kubernetes" in self.model_fields_set and named != catalog.minor_of(told.kubernetes):
            raise UserError(f"--kubernetes {named}: {self.cluster_file} has {told.kubernetes}")
        return self.model_copy(update=decided)

    @property
    def is_existing(self) -> bool:
        """Others built the cluster: nothing of it is ours to mend or remove."""
        return self.platform == "existing"

    @property
    def state(self) -> Path:
        """The state directory of this cluster (0700): keys, disks, logs, journal. One that others
        built has a name that none of ours can have.
        """
        if self.is_existing:
            return self.state_root / f"{self.cluster_id}.existing"
        return self.state_root / self.cluster_id

    def further(self, count: int = MOST_CLUSTERS) -> list[Self]:
        """Those of the further clusters of a run that has ``count`` in all."""
        ids = (f"{self.cluster_id}-{number}" for number in range(2, count + 1))
        return [self.model_copy(update={"cluster_id": name}) for name in ids]
