# `make` prints this menu. Everything runs from a virtual environment made from requirements.lock.
# ARGS go to what a target runs (bench, fix, lint, test and types take none): make check ARGS="-k quantity".
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
LIVE := $(wildcard tests/claims/test_part*.py)
ARGS ?=
# The cluster that is kept between runs. `make test` has one of its own and never touches this one.
export KFS_CLUSTER_ID ?= series
TEST_CLUSTER_ID ?= test
ifeq ($(KFS_CLUSTER_ID)$(filter test,$(MAKECMDGOALS)),$(TEST_CLUSTER_ID)test)
$(error "$(TEST_CLUSTER_ID)" is your kept cluster: make test TEST_CLUSTER_ID=another)
endif

# The cluster that is upgraded, and between which minors.
UPGRADE_CLUSTER_ID ?= upgrade
UPGRADE_FROM ?= 1.36
UPGRADE_TO ?= 1.37
ifeq ($(KFS_CLUSTER_ID)$(filter upgrade,$(MAKECMDGOALS)),$(UPGRADE_CLUSTER_ID)upgrade)
$(error "$(UPGRADE_CLUSTER_ID)" is your kept cluster: make upgrade UPGRADE_CLUSTER_ID=another)
endif

.PHONY: bench check coverage down e2e e2e-all fix help install lint mutants nightly older overlap report soak sweep test \
	test-localec2 test-resilience types unit up upgrade verify workflows

help: ## print this menu
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bench: install ## measure boot, build and attach on a cluster of its own, "bench"; writes reports/bench.json
	$(BIN)/python -m infra.lifecycle.bench

check: lint workflows types unit ## lint, types, unit and contract tests: no cluster, no root; ARGS go to pytest

coverage: install ## what unit and contract tests cover, and the ten modules that they cover least
	$(BIN)/coverage run -m pytest tests/unit tests/contract -q $(ARGS)
	@$(BIN)/coverage report --sort=cover | awk 'NR > 2 && NR < 13 || /^TOTAL/'

down: ## remove the kept cluster and everything it made
	$(BIN)/python -m infra down $(ARGS)

e2e: install ## the live suite without its slow scenarios on the kept cluster (built when there is none); ARGS="-k part13"
	$(PYTEST) $(LIVE) -n auto --dist loadgroup -m "not slow" $(ARGS)

e2e-all: install older ## the whole live suite on the kept cluster, and further ones beside it for disruptive scenarios
	$(PYTEST) $(LIVE) -n auto --dist loadgroup --clusters auto $(ARGS)

fix: install ## format and mend what ruff can mend
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

install: .venv/installed ## apt packages and the virtual environment

lint: install ## ruff's rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

mutants: install ## broken clusters that the suite must catch, on the kept cluster and a second one; ARGS="-k name"
	$(BIN)/python -m tests.mutants $(ARGS)

nightly: install ## the whole suite on every minor, one after the other, on a cluster of its own, "nightly"; goes on after a kill
	$(BIN)/python -m infra nightly $(ARGS)

older: install # programs of older minors, for scenarios of version skew
	$(BIN)/python -m infra.artifacts older

overlap: install ## run each pair of footprints that may overlap at the same time; ARGS="--seed 17 --minutes 30"
	$(BIN)/python -m tests.overlap $(ARGS)

report: install ## write the last run's page again
	$(BIN)/python -m infra report $(ARGS)

soak: install ## half an hour of a cluster of its own, "soak", idle and under the suite: nothing moves by itself
	$(PYTEST) -s tests/resilience/test_soak.py $(ARGS)

sweep: install ## leave out every setting, one by one, on the kept cluster and a second one; ARGS="--minutes 30" (docs/SWEEP.md)
	$(BIN)/python -m tests.sweep $(ARGS)

test: override ARGS :=
test: check test-localec2 ## what CI runs: check, test-localec2, then e2e on a new cluster of its own, "test", removed afterwards
	$(BIN)/python -m infra down --cluster-id $(TEST_CLUSTER_ID)
	$(PYTEST) $(LIVE) -n 4 --dist loadgroup -m "not slow" --cluster-id $(TEST_CLUSTER_ID) --keep never

test-localec2: install ## the local EC2 with real machines and packets (root); no cluster; ARGS go to pytest
	$(BIN)/python -m infra prepare
	$(PYTEST) tests/localec2 $(ARGS)

test-resilience: install ## kill builds and the local EC2, remove everything, on a cluster of its own, "resilience"; ARGS go to pytest
	$(PYTEST) tests/resilience/test_killed_runs.py $(ARGS)

types: install ## mypy
	$(BIN)/mypy

unit: install ## unit and contract tests; ARGS="-k quantity"
	$(PYTEST) tests/unit tests/contract -n 2 -q $(ARGS)

up: install ## build the kept cluster, or finish building it; ARGS="--platform aws"
	$(BIN)/python -m infra up $(ARGS)

upgrade: install ## a cluster of its own, "upgrade", to the next minor under clients; its claims are judged there afterwards; ARGS go to pytest
	$(BIN)/python -m infra down --cluster-id $(UPGRADE_CLUSTER_ID)
	$(BIN)/python -m infra prepare --kubernetes $(UPGRADE_TO)
	$(PYTEST) $(LIVE) -m upgrade --cluster-id $(UPGRADE_CLUSTER_ID) --kubernetes $(UPGRADE_FROM) --keep always $(ARGS)
	$(PYTEST) $(LIVE) -n auto --dist loadgroup -m "not slow" --cluster-id $(UPGRADE_CLUSTER_ID) --keep never $(ARGS)

verify: ## build the cluster or use the kept one, judge the whole live suite on it, write the report; from nothing: make down verify
	@$(MAKE) --no-print-directory up ARGS=
	@$(MAKE) --no-print-directory e2e-all

workflows: ## actionlint on .github/workflows, as .github/go.mod pins it; Go keeps the program in its cache
	@if go -C .github list -m >/dev/null 2>&1; \
		then go -C .github tool actionlint -shellcheck= -pyflakes= $(patsubst .github/%,%,$(wildcard .github/workflows/*.yml)); \
		else echo "workflows are not linted: no Go on the PATH that .github/go.mod can be read with" >&2; fi

.venv/installed: requirements.lock apt-packages.txt
	./install $(PYTHON)
	@touch $@
