# `make run` starts the whole service; `make test` checks it. `make help` lists the rest.

BIN = .venv/bin
LOCKS = requirements.lock requirements-dev.lock
CATALOGUES = $(patsubst %.po,%.mo,$(wildcard indicators/locale/*/LC_MESSAGES/*.po))
# Settings under which nothing of this machine matters: a public site, an empty database.
PUBLIC = env SITE_URL=https://example.org ALLOWED_HOSTS=example.org BEHIND_PROXY=true DATABASE_URL=sqlite://:memory: EMAIL_URL=smtp+tls://tracker:secret@mail.example.org:587

.PHONY: help run test setup setup-dev check bench lock
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

run: setup ## start everything; PORT=8000 and DATA_DIR=var are the defaults
	@exec $(BIN)/python -m tracker.serve

test: check ## everything that is checked before a change is accepted
	@$(BIN)/python -m pytest -n auto --dist worksteal

setup: .venv/installed-requirements.lock $(CATALOGUES) ## make .venv and install what the service needs

setup-dev: setup .venv/installed-requirements-dev.lock ## the same, with what the checks need

check: setup-dev ## style, types, import law, migrations, settings
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/lint-imports --no-logo > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	$(BIN)/mypy --no-error-summary
	$(PUBLIC) $(BIN)/python manage.py makemigrations --check --dry-run --verbosity 0
	$(PUBLIC) $(BIN)/python manage.py check --deploy --fail-level WARNING --verbosity 0

bench: setup-dev ## how fast it is, beside the usual way, in one run
	@$(BIN)/python -m tests.bench

lock: setup-dev ## choose versions again; uv writes the locks
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header --quiet --upgrade -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --constraints requirements.lock \
	  --universal --generate-hashes --no-header --quiet --upgrade -o requirements-dev.lock

.venv/made:
	@for python in python3 python3.13 python3.12 python3.11 none; do \
	  test $$python = none && { echo 'Python 3.11 or newer is missing: apt install python3' >&2; exit 1; }; \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && break; \
	done; \
	$$python -c 'import ensurepip, venv' 2> /dev/null || \
	  { echo "Python's venv module is missing: apt install $$python-venv" >&2; exit 1; }; \
	$$python -m venv .venv && touch $@

.venv/installed-%.lock: %.lock .venv/made
	@echo 'Installing the locked packages: a minute or two, this once ...'
	@if command -v uv > /dev/null; \
	then uv pip install --quiet --python $(BIN)/python --require-hashes -r $<; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r $<; fi
	@touch $@

%.mo: %.po | .venv/installed-requirements.lock
	@$(BIN)/pybabel --quiet compile -i $< -o $@
