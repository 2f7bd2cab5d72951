"""Part IX, storage: articles 44 and 45."""

from pytest_bdd import scenarios

scenarios("part09_storage")
