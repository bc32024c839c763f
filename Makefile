# One verb, one target; CI calls the same ones. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run setup test lint bench docs site fidelity golden soak lock format clean

PORT ?= 8000
VENV := .venv/bin
RUN_STAMP := .venv/.fragscope-run
DEV_STAMP := .venv/.fragscope-dev
LOCKS := pyproject.toml requirements.lock requirements-build.lock requirements-dev.lock scripts/setup.sh

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN_STAMP)  ## start the server and print its address; PORT=8000
	@exec $(VENV)/fragscope serve --port $(PORT)

setup: $(RUN_STAMP)  ## make .venv with the fragscope command

$(RUN_STAMP): $(LOCKS)
	@sh scripts/setup.sh run

$(DEV_STAMP): $(LOCKS)
	@sh scripts/setup.sh dev

test: $(DEV_STAMP)  ## every leg: lint, Python three ways, race, web, browser, container; LEGS="lint web" for some
	@$(VENV)/python scripts/test/run.py $(LEGS)

lint: $(DEV_STAMP)  ## ruff, mypy, import contracts, tidy rules, TypeScript's checker over web/
	@$(VENV)/python scripts/test/run.py lint types

format: $(DEV_STAMP)  ## let ruff sort imports and lay out the code
	@$(VENV)/ruff check --fix --quiet . && $(VENV)/ruff format --quiet .

bench: $(DEV_STAMP)  ## speed of the core, the world, the wire and the page, with ratios
	@for bench in $(basename $(notdir $(wildcard benchmarks/bench_*.py))); do \
	    echo; echo "== $$bench"; $(VENV)/python -m benchmarks.$$bench || exit 1; \
	done

docs: $(DEV_STAMP)  ## check that the documents name what the code has
	@$(VENV)/python -m pytest -q tests/test_docs.py

site: $(DEV_STAMP)  ## every lesson and every scenario as a playback, the race explorer and an index, into site/: for any web server, or from the disk
	@$(VENV)/python -m scripts.docs.site site

fidelity: $(DEV_STAMP)  ## for maintainers: score every example, write docs/FIDELITY.md
	@$(VENV)/python -m scripts.docs.fidelity

golden: $(DEV_STAMP)  ## rewrite the golden files; look at the diff before committing
	@$(VENV)/python -m pytest -q --update-golden tests/engine tests/server

soak: $(DEV_STAMP)  ## stress-highalloc under 20 seeds; ten times the random command sequences; 20,000 sockets of random bytes; 4,000 sequences on two sockets, 15,000 requests; 50 sessions for ten minutes; a session of 128 GiB; 200 kills; 10,000 mutated reports; every lesson uncompiled and every mutant; a guest with pageblocks of 4 MiB on the page
	@$(VENV)/python -m scripts.docs.highalloc
	@FRAGSCOPE_HYPOTHESIS=soak $(VENV)/python -m pytest -q tests/engine tests/server/api/test_ws_fuzz.py tests/server/api/test_ws_sequences.py tests/server/api/test_rest_fuzz.py tests/server/journal tests/scripts/test_highalloc.py tests/scripts/test_mutants.py tests/container/test_sweep_image.py
	@$(VENV)/python -m pytest -q tests/browser/test_pageblocks.py
	@$(VENV)/python -m benchmarks.soak_sessions
	@$(VENV)/python -m benchmarks.soak_large

lock: $(DEV_STAMP)  ## for maintainers: resolve pyproject.toml anew; UPGRADE=--upgrade moves versions
	@sh scripts/lock.sh $(UPGRADE)

clean:  ## remove .venv and everything made by the tools
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache \
	    test-results dist build site web/node_modules
