"""Part XII, extending Kubernetes: articles 61 and 62."""

from pytest_bdd import scenarios

scenarios("part12_extending")
