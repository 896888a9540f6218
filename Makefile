# Two commands set everything up: `make demo` and `make test`. They need Python 3.11-3.13 and make, nothing else.
PYTHON ?= python3
VENV ?= .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
LINT_TREE := build/lint

.PHONY: demo test lint format bench province system-deps constraints audit clean help

help:  ## list the commands
	@$(PYTHON) -c "import re;[print(f'{m[1]:12} {m[2]}') for m in re.finditer(r'^([a-z-]+):.*?##(.*)$$', open('Makefile', encoding='utf-8').read(), re.M)]"

$(VENV)/installed: pyproject.toml setup.py constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	$(BIN)/python -c "import pathlib; pathlib.Path('$(VENV)/installed').touch()"

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test,lint]"
	$(BIN)/python -c "import pathlib; pathlib.Path('$(VENV)/installed-test').touch()"

demo: $(VENV)/installed  ## install, run the whole job on the embedded sample, say where the map is
	$(BIN)/phusong demo demo

test: $(VENV)/installed-test  ## all tests that this machine can run; says what it had to skip
	$(BIN)/python -m pytest

lint: $(VENV)/installed-test  ## ruff and mypy (against a regular install: editable ones hide the packages from mypy)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --upgrade --target $(LINT_TREE) .
	MYPYPATH=$(LINT_TREE) $(BIN)/mypy -p phusong

format: $(VENV)/installed-test  ## ruff, in place
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

province: $(VENV)/installed-test  ## the whole job on real ground (needs ../shared/data)
	$(BIN)/python benchmarks/province.py

bench: $(VENV)/installed-test  ## measure everything, write docs/performance.md (about half an hour)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[bench]"
	$(BIN)/python benchmarks/performance.py

constraints: $(VENV)/installed-test  ## refresh the pinned versions from the current environment
	$(BIN)/python benchmarks/constraints.py > constraints.txt

audit: $(VENV)/installed  ## known flaws of the pinned versions (needs pypi.org)
	$(PYTHON) -m venv build/audit
	build/audit/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check pip-audit
	build/audit/$(notdir $(BIN))/pip-audit -r constraints.txt --no-deps --disable-pip --strict

system-deps:  ## what the tests use beside Python: Chromium, PostGIS, GDAL, LibreOffice (Debian and Ubuntu; needs root)
	command -v chromium >/dev/null || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-core)
	ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql postgresql-postgis)
	(command -v ogr2ogr && command -v soffice) >/dev/null || (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gdal-bin libreoffice-calc)

clean:  ## remove what the commands above made
	$(PYTHON) -c "import shutil; [shutil.rmtree(p, ignore_errors=True) for p in ('$(VENV)', 'build', 'demo', 'province')]"
