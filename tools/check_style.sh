#!/usr/bin/env bash
# The style gate: sizes, nesting, documentation, tests and manifests of the workspace within bounds.
#
# Where ../shared has the gate too, the copy here must be the same.
set -euo pipefail
cd "$(dirname "$0")/.."

SHARED=../shared/tools/measure_style.py
if [[ -f $SHARED ]] && ! cmp "$SHARED" tools/measure_style.py; then
    echo "tools/measure_style.py differs from $SHARED; copy the shared one here" >&2
    exit 1
fi
python3 tools/measure_style.py --gate "$PWD"
