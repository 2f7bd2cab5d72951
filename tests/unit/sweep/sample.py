"""What a sweep generates for the cluster of the golden trees."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from infra.inventory import series
from infra.pki import authority, kubeconfigs
from infra.pki.material import Material
from tests.sweep import machines, objects
from tests.sweep.setting import Setting

SPEC = series("golden", kubernetes="v1.36.1", platform="local")


@cache
def material() -> Material:
    made = authority.create_all(SPEC, Path(mkdtemp()) / "pki")
    kubeconfigs.create_all(SPEC, made)
    return made


@cache
def found() -> dict[str, Setting]:
    every = [*machines.settings(SPEC, material()), *objects.settings(SPEC)]
    assert len({one.key for one in every}) == len(every), "two settings of one key"
    return {one.key: one for one in every}


def the_file(setting: Setting, machine: str) -> str:
    (content,) = setting.places[machine].files.values()
    return content.decode()
