"""Needs root. Run by their own target; where they cannot run they fail, they are never skipped."""

import itertools
import os
from collections.abc import Iterator

import pytest

from infra.localec2 import namespaces, network
from tests.machines.vpc import Vpc

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
