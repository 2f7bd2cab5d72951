"""Needs root. Run by their own target; where they cannot run they fail, they are never skipped."""

import itertools
import os
from collections.abc import Iterator

import pytest

from infra.artifacts.store import Store
from infra.localec2.host import namespaces, network
from infra.localec2.image.kernel import kernel
from infra.localec2.image.rootfs import base_image
from tests.localec2.bare import Boots
from tests.localec2.vpc import Vpc

NUMBERS = itertools.count()


@pytest.fixture
def vpc() -> Iterator[Vpc]:
    made = Vpc(f"kfs-t{os.getpid()}-{next(NUMBERS)}")
    namespaces.create(made.name)
    try:
        with namespaces.visiting(made.name):
            network.prepare()
        yield made
    finally:
        for name in (*made.made, made.name):
            namespaces.delete(name)


@pytest.fixture(scope="session")
def boots() -> Boots:
    root = Store.default().root
    image = base_image(store_root=root, binaries={}, images=[], say=print)
    return kernel(store_root=root, say=print), image
