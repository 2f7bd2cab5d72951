"""Part XIV, what is new in 1.36: articles 69 to 72."""

from pytest_bdd import scenarios

scenarios("part14_new_in_1_36")
