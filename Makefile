# Two commands for a newcomer: `make demo` and `make test`. Everything is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PORT ?= 8000

.PHONY: help setup demo serve test check fmt lock schema messages clean

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# The stamp is as new as the last whole install, so an unchanged lock installs nothing. An install that was
# interrupted leaves no stamp: a venv without pip is made again, and half-written packages are replaced.
# Compiled once here, because Python may be told not to: a thousand files at every start are over a second.
setup: $(STAMP)  ## install everything into .venv

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Colophon needs Python 3.11 or newer; set PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || { \
		$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV); \
		$(BIN)/python -m pip install --quiet "uv>=0.9"; }
	@rm -f $@
	@again=$$(test ! -e $(VENV)/.installing || echo --reinstall); touch $(VENV)/.installing; set -x; \
	$(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes $$again -r requirements.lock
	@rm -f $(VENV)/.installing
	@touch $@

demo: setup  ## the service with three example pictures; ONCE=1 stops after them
	@exec $(BIN)/python manage.py demo --port $(PORT) $(if $(ONCE),--once)

serve: setup  ## the service alone
	@exec $(BIN)/python manage.py serve --port $(PORT)

test: setup  ## every test this machine can run; the others are skipped by name
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

# A data folder of its own, so that the checks see a service that is set up, and touch no data.
check: export COLOPHON_DATA_DIR = $(CURDIR)/var/check
check: setup  ## every static check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run --skip-checks
	$(BIN)/python manage.py create_signer
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') COLOPHON_HTTPS=1 \
		$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file var/check/openapi.yaml
	diff -u docs/reference/openapi.yaml var/check/openapi.yaml || { echo "run: make schema"; exit 1; }

fmt: setup  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup  ## resolve requirements.lock again from pyproject.toml
	$(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--extra dev pyproject.toml --output-file requirements.lock

schema: setup  ## write docs/reference/openapi.yaml
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/reference/openapi.yaml

messages: setup  ## collect and compile the Chinese catalogue (needs gettext)
	$(BIN)/python manage.py makemessages --locale zh_Hans --add-location file --no-wrap --ignore .venv --ignore var --ignore docs --ignore tests
	$(BIN)/python manage.py compilemessages --locale zh_Hans --ignore .venv

clean:  ## remove what tests and tools left (not var/, which holds data)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
