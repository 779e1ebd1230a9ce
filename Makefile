# Everything runs in virtual environments that this file makes; nothing but
# Python 3.10 or newer (with venv) and make has to be there.
#
#   make test PYTHON=python3.13 VENV=.venv-3.13    uses another Python beside the first

PYTHON := python3
VENV := .venv
TARGET_VENV := .venv-target
BENCH_TARGET_VENV := .venv-bench-target
MELTANO_VENV := .venv-meltano
EXAMPLES_VENV := .venv-examples
# What `make drift` and `make facts` read; Mews' demo environment can be ahead of it.
OPENAPI := https://api.mews.com/swagger/connector/swagger.yaml
DBT_VENV := .venv-dbt
TARGETS := target-csv target-duckdb target-jsonl target-postgres
# It needs releases of long ago, which go with none of ours.
OLD_TARGET := target-jsonl

BIN := $(VENV)/bin
PIP_INSTALL := -m pip install -qq
COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.10 --no-header --no-annotate

# What surrounds make must not change what happens inside the environments.
unexport MYPYPATH PIP_CONSTRAINT PIP_PREFIX PIP_REQUIRE_VIRTUALENV PIP_TARGET PIP_USER
unexport PYTEST_ADDOPTS PYTEST_PLUGINS PYTHONHOME PYTHONPATH PYTHONSTARTUP
unexport PYTHONWARNINGS VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONNOUSERSITE := 1
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test coverage crashes e2e drift examples examples-types facts live lowest lint format docs bench build constraints clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.runtime $(TARGET_VENV)/.installed $(DBT_VENV)/.installed ## Sync sandbox hotels into DuckDB twice, and show rows and key figures
	@$(BIN)/python -m demo

test: lint ## Run all checks: lint, types, tests; EXAMPLES=1 tries all cases
	$(BIN)/python -m pytest -n 3 --ignore tests/crashes --durations 20 $(COVERAGE)

coverage: COVERAGE := --cov
coverage: export EXAMPLES ?= 1
coverage: test ## As test, and check how much of the tap the tests run; takes half as long again

crashes: $(VENV)/.development ## Kill the tap at any moment and count lost rows; HISTORIES=200 runs more
	@# three tests wait half a minute, each in a process of its own
	CRASH_HISTORIES=$(HISTORIES) $(BIN)/python -m pytest -n 5 --maxschedchunk 1 tests/crashes

e2e: $(MELTANO_VENV)/.installed $(TARGET_VENV)/.installed $(BENCH_TARGET_VENV)/.installed $(DBT_VENV)/.installed ## Run the pipeline with Meltano, every target, PostgreSQL and dbt
	$(BIN)/python -m pytest -n 2 --dist worksteal --ignore tests/e2e/test_dagster.py tests/e2e

examples: examples-types ## Check examples/ and run them with Dagster, Meltano and PostgreSQL
	$(BIN)/python -m pytest tests/e2e/test_dagster.py

examples-types: $(VENV)/.development $(EXAMPLES_VENV)/.installed
	MYPYPATH=examples/dagster $(BIN)/mypy --python-executable $(EXAMPLES_VENV)/bin/python \
	  examples/dagster/mews_properties.py tests/e2e/dagster_runs.py

lowest: $(VENV)/.development ## Run the tests with each dependency at its lower bound
	@$(BIN)/uv pip compile -q --python $(BIN)/python --resolution lowest-direct pyproject.toml -o $(VENV)/lowest.txt
	@$(BIN)/uv venv -q --clear --python $(BIN)/python $(VENV)-lowest
	@$(BIN)/uv pip install -q --python $(VENV)-lowest -c $(VENV)/lowest.txt --group test -e .
	$(VENV)-lowest/bin/python -m pytest -n 4

drift: $(VENV)/.development ## List what Mews has changed: OPENAPI=<file or address> or REPORT=<file>; JSON=1
	@$(BIN)/python -m drift $(if $(REPORT),report $(REPORT),openapi $(OPENAPI)) $(if $(JSON),--json)

facts: $(VENV)/.development ## Update facts/specification/ and schemas/; OPENAPI=<file or address>
	@$(BIN)/python -m drift renew $(OPENAPI)

live: $(VENV)/.development ## Test the tap on Mews' demo environment; environment variables hold the tokens
	@$(BIN)/python -m live

lint: $(VENV)/.development ## Check style, types, the Dockerfile and the workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile
	$(BIN)/zizmor --offline --quiet --strict-collection .

format: $(VENV)/.development ## Format the code and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.development ## Update the generated parts of meltano.yml, docs/, examples/, hub/ and dbt/
	$(BIN)/python -m cogapp -rU README.md meltano.yml docs/*.md examples/*/meltano.yml hub/*.yml
	$(BIN)/python -m docs.dbt_package
	$(BIN)/python -m docs.address

bench: $(VENV)/.development $(TARGET_VENV)/.installed $(BENCH_TARGET_VENV)/.installed $(DBT_VENV)/.installed ## Measure speed and memory; BENCH="records pages" selects benchmarks
	@$(BIN)/python -m benchmarks $(BENCH)

build: $(VENV)/.development ## Build sdist and wheel into dist/, and check them
	@rm -rf dist
	$(BIN)/uv build -q --build-constraints constraints.txt
	$(BIN)/twine check --strict dist/*

constraints: $(BIN)/uv ## Update the pins in constraints*.txt
	@{ echo '# The versions that development and CI install, for Python 3.10 to 3.14.'; \
	   echo '# Generated from pyproject.toml; renew with: make constraints'; \
	   echo pip | $(COMPILE) pyproject.toml --group dev -; } > constraints.new
	@mv constraints.new constraints.txt
	@{ echo '# The versions in the virtual environment of Meltano, for `make e2e`.'; \
	   echo '# Generated; renew with: make constraints'; \
	   echo 'meltano>=4' | $(COMPILE) -; } > constraints-meltano.new
	@mv constraints-meltano.new constraints-meltano.txt
	@{ echo '# The versions in the virtual environment that runs examples/.'; \
	   echo '# Generated; renew with: make constraints'; \
	   printf 'dagster>=1.13\nmeltano>=4\ntypes-pyyaml\n' | $(COMPILE) -c constraints-meltano.txt -; } > constraints-examples.new
	@mv constraints-examples.new constraints-examples.txt
	@{ echo '# The versions in the virtual environment of dbt and its adapters.'; \
	   echo '# Generated; renew with: make constraints'; \
	   printf 'dbt-core>=1.9,<1.12\ndbt-duckdb>=1.9\ndbt-postgres>=1.9\n' | $(COMPILE) -; } > constraints-dbt.new
	@mv constraints-dbt.new constraints-dbt.txt
	@for target in $(TARGETS); do \
	   { echo "# The versions in a virtual environment of $$target."; \
	     echo '# Generated from meltano.yml; renew with: make constraints'; \
	     sed -n "s/^ *pip_url: *\(.*$$target~=.*\)/\1/p" meltano.yml \
	       | $(COMPILE) $$(test $$target = $(OLD_TARGET) || echo -c constraints.txt) -; \
	   } > constraints-$$target.new || exit; \
	   mv constraints-$$target.new constraints-$$target.txt || exit; \
	done

clean: ## Remove everything that make created
	rm -rf $(VENV) $(VENV)-lowest $(TARGET_VENV) $(BENCH_TARGET_VENV) $(MELTANO_VENV) $(EXAMPLES_VENV) $(DBT_VENV) build dist .coverage .coverage.* \
	  .hypothesis .mypy_cache .pytest_cache .ruff_cache

define create_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo 'tap-mews needs Python 3.10 or newer. Name one: make PYTHON=python3.12' >&2; exit 1; }
	@test -x $(1)/bin/pip || $(PYTHON) -m venv $(1) || { rm -rf $(1); \
	  echo 'Python cannot make a virtual environment (Debian, Ubuntu: apt-get install python3-venv).' >&2; exit 1; }
endef

# uv takes a tenth of the time of pip, which may know an index that uv does not.
define install
	@$(BIN)/uv pip install -q --python $(1) -c $(2) || { \
	  $(BIN)/python $(PIP_INSTALL) -c constraints.txt --upgrade pip && \
	  $(BIN)/python -m pip --python $(1)/bin/python install -qq -c $(2); }
endef

define create_and_install
	@echo 'Preparing $(1) ...'
	@$(BIN)/uv venv -q --clear --python $(BIN)/python $(1)
	$(call install,$(1),$(2))
	@touch $@
endef

# What a user installs, and what the demo needs.
$(VENV)/.runtime: pyproject.toml constraints.txt tap_mews/__init__.py
	@echo 'Preparing $(VENV) ...'
	$(call create_venv,$(VENV))
	@$(BIN)/python $(PIP_INSTALL) -c constraints.txt uv || true
	$(call install,$(VENV),constraints.txt --build-constraint constraints.txt --group demo pip -e .)
	@touch $@

# The tools on top of it.
$(VENV)/.development: $(VENV)/.runtime
	@echo 'Preparing $(VENV) for development ...'
	$(call install,$(VENV),constraints.txt --group dev)
	@touch $@

# Taps and targets have conflicting dependencies: each gets its own environment.
$(TARGET_VENV)/.installed: constraints-target-duckdb.txt | $(VENV)/.runtime
	$(call create_and_install,$(TARGET_VENV),constraints-target-duckdb.txt target-duckdb)

$(BENCH_TARGET_VENV)/.installed: constraints-target-postgres.txt | $(VENV)/.runtime
	$(call create_and_install,$(BENCH_TARGET_VENV),constraints-target-postgres.txt meltanolabs-target-postgres)

# It makes an environment for each plugin of meltano.yml by itself.
$(MELTANO_VENV)/.installed: constraints-meltano.txt | $(VENV)/.runtime
	$(call create_and_install,$(MELTANO_VENV),constraints-meltano.txt meltano)

# Dagster and Meltano, as those who copy an example have them.
$(EXAMPLES_VENV)/.installed: constraints-examples.txt | $(VENV)/.runtime
	$(call create_and_install,$(EXAMPLES_VENV),constraints-examples.txt dagster meltano types-pyyaml)

# dbt with its adapters, for the package in dbt/. dbt-core 1.12 needs a parser whose
# source distribution downloads a binary that no constraint pins.
$(DBT_VENV)/.installed: constraints-dbt.txt | $(VENV)/.runtime
	$(call create_and_install,$(DBT_VENV),constraints-dbt.txt dbt-core dbt-duckdb dbt-postgres)

# Only `make constraints` needs this rule: it must work when the pins do not.
$(BIN)/uv:
	$(call create_venv,$(VENV))
	@$(BIN)/python $(PIP_INSTALL) uv
