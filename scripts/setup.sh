#!/bin/sh
# Make .venv from the locks and install the project into it, editable.
#   scripts/setup.sh run   what `make run` needs
#   scripts/setup.sh dev   that, and what `make lint`, `make test` and `make bench` need
# The Makefile calls it only when a lock or pyproject.toml is newer than the stamp it leaves.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}
case $kind in
    run) locks="-r requirements.lock -r requirements-build.lock" ;;
    dev) locks="-r requirements-dev.lock" ;;
    *) echo "setup: '$kind' is neither run nor dev" >&2; exit 2 ;;
esac

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    if [ -z "$python" ]; then
        echo "setup: fragscope needs Python 3.11 or newer. On Debian and Ubuntu:" >&2
        echo "    apt-get install python3 python3-venv" >&2
        exit 1
    fi
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        echo "setup: $python cannot make virtual environments. On Debian and Ubuntu:" >&2
        echo "    apt-get install python3-venv" >&2
        exit 1
    fi
    echo "setup: making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore .venv/bin/python -m pip"
echo "setup: installing the locked packages ($kind); the first time this takes a minute"
# shellcheck disable=SC2086  # $pip and $locks are lists of words
$pip install --quiet --require-hashes $locks
# shellcheck disable=SC2086
$pip install --quiet --no-deps --no-build-isolation --editable .
touch ".venv/.fragscope-$kind"
# The development set contains the other one.
[ "$kind" = run ] || touch .venv/.fragscope-run
