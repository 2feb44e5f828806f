#!/usr/bin/env bash
# Runs all Rust and Python tests. The last line is `N passed, N failed`, counted from what the runners print.
set -euo pipefail
cd "$(dirname "$0")/.."
# rustup puts cargo into a folder that a shell opened earlier does not know yet.
PATH=$PATH:$HOME/.cargo/bin

TARGET=${CARGO_TARGET_DIR:-$PWD/target}
LOG=$(mktemp)
trap 'rm -f "$LOG"' EXIT
passed=0 failed=0

say() { printf '\n== %s\n' "$*"; }

# run COUNTER COMMAND...: shows what the command prints and adds up what COUNTER finds in it.
run() {
    local counter=$1 status=0 p f
    shift
    "$@" 2>&1 | tee "$LOG" || status=$?
    read -r p f < <($counter <"$LOG")
    if [[ $status -ne 0 && $f -eq 0 ]]; then
        printf 'it ended with exit code %d and no failed test: %s\n' "$status" "$*"
        f=1
    fi
    passed=$((passed + p)) failed=$((failed + f))
}

# Each counter prints `passed failed`.
count_nextest() {
    sed -nE 's/^ *Summary .* ([0-9]+) tests? run: ([0-9]+) passed.*/\1 \2/p' |
        awk '{ run += $1; passed += $2 } END { print passed + 0, run - passed }'
}
count_cargo() {
    sed -nE 's/^test result: .* ([0-9]+) passed; ([0-9]+) failed;.*/\1 \2/p' |
        awk '{ passed += $1; failed += $2 } END { print passed + 0, failed + 0 }'
}
count_pytest() {
    tail -n 1 | tr ',' '\n' | awk '
        / passed/ { passed += $1 }
        / failed/ || / error/ { failed += $1 }
        END { print passed + 0, failed + 0 }'
}

rust_tests() {
    say "Rust: build"
    cargo build --workspace --bins --tests --examples --locked
    if cargo nextest --version >/dev/null 2>&1; then
        say "Rust: cargo nextest"
        run count_nextest cargo nextest run --workspace --locked --no-fail-fast --color never
        # nextest does not run the examples in the documentation.
        say "Rust: examples in the documentation"
        run count_cargo cargo test --workspace --locked --no-fail-fast --doc
    else
        say "Rust: cargo test"
        run count_cargo cargo test --workspace --locked --no-fail-fast
    fi
}

# The packages are installed again only when the list of them, or Python, has changed.
make_venv() {
    local venv=$1 mark
    mark=$venv/$( (python3 --version && cat tests/python/requirements.txt) | sha256sum | cut -c 1-16).installed
    [[ -e $mark ]] && return
    say "Python: packages of tests/python/requirements.txt into $venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
    touch "$mark"
}

python_tests() {
    make_venv "$TARGET/venv"
    say "Python: pytest"
    FOREWARN_BIN=$TARGET/debug/forewarn PYTHONDONTWRITEBYTECODE=1 \
        run count_pytest "$TARGET/venv/bin/python" -m pytest tests/python tests/flows -q -rs --color=no -p no:cacheprovider
}

rust_tests
rust_passed=$passed rust_failed=$failed
python_tests

say "Tests"
printf 'Rust:   %d passed, %d failed\n' "$rust_passed" "$rust_failed"
printf 'Python: %d passed, %d failed\n' $((passed - rust_passed)) $((failed - rust_failed))
[[ $rust_passed -gt 0 && $passed -gt $rust_passed ]] || { echo "a suite ran no test"; failed=$((failed + 1)); }
printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
