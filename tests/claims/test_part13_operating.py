"""Part XIII, operating the cluster: articles 63 to 68."""

from pytest_bdd import scenarios

scenarios("part13_operating")
