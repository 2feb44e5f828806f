#!/usr/bin/env bash
# Builds the book into the given folder. A warning of mdbook is an error, which mdbook itself has no setting for.
set -euo pipefail
cd "$(dirname "$0")/.."

LOG=$(mktemp)
trap 'rm -f "$LOG"' EXIT

mdbook build docs --dest-dir "$1" 2>&1 | tee "$LOG"
if grep -qE '^ *(WARN|ERROR)|\[(WARN|ERROR)\]' "$LOG"; then
    echo "book: mdbook warns; see above" >&2
    exit 1
fi
echo "book: file://$1/index.html"
