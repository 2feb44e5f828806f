#!/usr/bin/env bash
# Runs the tests with the programs of others: W&B and MLflow from one venv, Prefect, Dask and an S3 server from another, as
# they need different versions of the same packages. A venv is made again only when the list of its packages, or Python, has
# changed. Arguments go to pytest. The last line is `Integration: N passed, N failed`.
set -euo pipefail
cd "$(dirname "$0")/.."
# rustup puts cargo into a folder that a shell opened earlier does not know yet.
PATH=$PATH:$HOME/.cargo/bin

TARGET=${CARGO_TARGET_DIR:-$PWD/target}
LOG=$(mktemp)
trap 'rm -f "$LOG"' EXIT
passed=0 failed=0

# make_venv VENV FILE...: the packages of the first file; what the others hold has to stay the same too.
make_venv() {
    local venv=$1 mark
    shift
    mark=$venv/$( (python3 --version && cat "$@") | sha256sum | cut -c 1-16).installed
    [[ -e $mark ]] && return
    echo "== packages of $1 into $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$1"
    touch "$mark"
}

run() {
    local status=0 p f
    echo "== $1: ${*:2}"
    FOREWARN_BIN=$TARGET/debug/forewarn PYTHONDONTWRITEBYTECODE=1 \
        "$@" 2>&1 | tee "$LOG" || status=$?
    p=$(tail -n 1 "$LOG" | sed -nE 's/.*\b([0-9]+) passed.*/\1/p')
    f=$(tail -n 1 "$LOG" | tr ',' '\n' | awk '/ failed/ || / error/ { n += $1 } END { print n + 0 }')
    [[ $status -eq 0 || $f -gt 0 ]] || { echo "it ended with exit code $status and no failed test"; f=1; }
    passed=$((passed + ${p:-0})) failed=$((failed + f))
}

pytest() {
    local venv=$1
    shift
    run "$venv/bin/python" -m pytest -q -rs --color=no -p no:cacheprovider "$@"
}

echo "== build"
cargo build --workspace --bins --examples --locked
make_venv "$TARGET/flow-tests-venv" tests/integrations/requirements-flow.txt flows/pyproject.toml
pytest "$TARGET/flow-tests-venv" tests/integrations/test_flow.py tests/integrations/test_scale_out.py "$@"
make_venv "$TARGET/trackers-venv" tests/integrations/requirements.txt
pytest "$TARGET/trackers-venv" tests/integrations/test_wandb.py tests/integrations/test_mlflow.py "$@"
printf 'Integration: %d passed, %d failed\n' "$passed" "$failed"
[[ $passed -gt 0 && $failed -eq 0 ]]
