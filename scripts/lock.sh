#!/bin/sh
# Maintainers: write requirements*.lock from pyproject.toml, exact versions with hashes for Python 3.11
# and up. `make setup` reads the locks with plain pip. Pass --upgrade to move versions.
set -eu
cd "$(dirname "$0")/.."
[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet 'uv>=0.9,<1'

# Every lock is constrained by the development lock, so one package has one version in all four.
compile() {
    out=$1
    shift
    .venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
        --no-annotate --no-emit-index-url --no-emit-find-links \
        --custom-compile-command "make lock" pyproject.toml -o "$out" "$@"
}

compile requirements-dev.lock --extra build --extra dev "$@"
compile requirements-build.lock --extra build --constraint requirements-dev.lock
compile requirements.lock --constraint requirements-dev.lock
compile requirements-sweep.lock --extra dask --extra sweep --constraint requirements-dev.lock
