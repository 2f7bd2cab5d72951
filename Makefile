# `make` prints this menu. Everything runs from a virtual environment made from requirements.lock.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
export KFS_CLUSTER_ID ?= series

.PHONY: bench check down fix help install life lint live machines mutants report soak sweep test types unit up verify

help: ## print this menu
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bench: install ## measure boot, build, attach and the suite; writes reports/bench.json
	$(BIN)/python -m infra.bench

check: install lint types unit ## everything without machines, about two minutes

down: ## remove the cluster and everything it made
	$(BIN)/python -m infra down

fix: install ## format and mend what ruff can mend
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

install: .venv/installed ## apt packages and the virtual environment

life: install ## kill a build at five moments, kill the local EC2, remove everything
	$(PYTEST) tests/life/test_life.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

live: install ## the whole live suite on the cluster (built when it is not there)
	$(BIN)/python -m infra.artifacts fetch kubelet-before kubectl-two-before
	$(PYTEST) tests/test_part*.py -n auto --dist loadgroup --clusters auto

machines: install ## the local EC2 with real machines and packets
	$(BIN)/python -m infra prepare
	$(PYTEST) tests/machines

mutants: install ## broken clusters that the suite must catch (docs/TRACK_RECORD.md); ARGS="-k name"
	$(BIN)/python -m tests.mutants $(ARGS)

report: install ## write the last run's page again
	$(BIN)/python -m infra report

soak: install ## half an hour of a cluster, idle and under the suite: nothing moves by itself
	$(PYTEST) -s tests/life/test_soak.py

sweep: install ## every setting left out, one by one: who notices? ARGS="--minutes 30" (docs/SWEEP.md)
	$(BIN)/python -m tests.sweep $(ARGS)

test: KFS_CLUSTER_ID := $(if $(filter file,$(origin KFS_CLUSTER_ID)),test,$(KFS_CLUSTER_ID))
test: check machines ## check, machines, then the live suite but its slow scenarios, on a new cluster `test` (or the KFS_CLUSTER_ID given), removed afterwards
	$(BIN)/python -m infra down
	$(BIN)/python -m infra up
	$(PYTEST) tests/test_part*.py -n 4 --dist loadgroup --keep never -m "not slow"

types: install
	$(BIN)/mypy

unit: install
	$(PYTEST) tests/unit tests/contract -n 2 -q

up: install ## build the cluster, or finish building it
	$(BIN)/python -m infra up

verify: up live ## a cluster from nothing, the live suite on it, the report

.venv/installed: requirements.lock apt-packages.txt
	./install $(PYTHON)
	@touch $@
