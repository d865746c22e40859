# Two commands on a fresh machine: `make demo` and `make test`. Each makes .venv and installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check bench campaign docs clean

demo: $(READY)
	$(BIN)/belljar demo

test: $(READY)
	$(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
	$(BIN)/python docs/generate.py --check

bench: $(READY)
	$(BIN)/pip install --quiet --editable '.[dev,bench]'
	$(BIN)/python -m benchmarks

# SECONDS for each campaign; TEST262 names a checkout of github.com/tc39/test262
campaign: $(READY)
	-$(BIN)/pip install --quiet --editable '.[dev,campaign]'
	$(BIN)/python -m campaign --seconds $(or $(SECONDS),600) $(if $(TEST262),--test262 $(TEST262))
	HYPOTHESIS_PROFILE=campaign $(BIN)/python -m pytest -q

docs: $(READY)
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx -q -W --keep-going -b html -d build/site-trees docs build/site

$(READY): pyproject.toml hatch_build.py $(wildcard guest/*.py guest/*.c guest/*.h guest/prelude/*.js guest/sealed/*.js guest/v8/*.js guest/guest.lock) \
    src/belljar/script/seal/gas.json
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist src/belljar/_guest
