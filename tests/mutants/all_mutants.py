"""Every mutant: those of all modules beside this one (docs/TRACK_RECORD.md)."""

from importlib import import_module
from pathlib import Path

from tests.mutants.mutant import Mutant

HERE = Path(__file__).parent


def mutants() -> list[Mutant]:
    """By module and in its order. Errors: ValueError when two have one name."""
    found: list[Mutant] = []
    for path in sorted(HERE.glob("*.py")):
        if path.stem != "all_mutants" and not path.stem.startswith(("test_", "_")):
            found += getattr(import_module(f"tests.mutants.{path.stem}"), "MUTANTS", ())
    names = [one.name for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"mutants of one name: {', '.join(twice)}")
    return found
