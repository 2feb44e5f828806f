#!/usr/bin/env bash
# Runs examples/demo as a Prefect flow against a server of its own on 127.0.0.1, and stops the server in the end.
set -euo pipefail
cd "$(dirname "$0")/.."
# rustup puts cargo into a folder that a shell opened earlier does not know yet.
PATH=$PATH:$HOME/.cargo/bin

TARGET=${CARGO_TARGET_DIR:-$PWD/target}
VENV=$TARGET/flow-venv
CONFIG=${1:-examples/demo/forewarn.toml}
FOLDER=$(mktemp -d)
server=

finish() {
    [[ -z $server ]] || { kill -- "-$server" && wait "$server"; } 2>/dev/null || true
    rm -rf "$FOLDER"
}
trap finish EXIT

mark=$VENV/$( (python3 --version && cat flows/pyproject.toml) | sha256sum | cut -c 1-16).installed
if [[ ! -e $mark ]]; then
    echo "== packages of flows/pyproject.toml into $VENV"
    rm -rf "$VENV"
    python3 -m venv "$VENV"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -e flows
    touch "$mark"
fi

if [[ -z ${FLOWS_PROGRAM:-} ]]; then
    echo "== build (a few minutes the first time, seconds after that)"
    cargo build --locked -p forewarn
    export FLOWS_PROGRAM=$TARGET/debug/forewarn
fi

port=$("$VENV/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PREFECT_HOME=$FOLDER PREFECT_API_URL=http://127.0.0.1:$port/api PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1
echo "== Prefect server on http://127.0.0.1:$port (half a minute)"
set -m
"$VENV/bin/python" -m prefect server start --host 127.0.0.1 --port "$port" >"$FOLDER/server.log" 2>&1 &
server=$!
set +m
for _ in $(seq 300); do
    "$VENV/bin/python" - "$PREFECT_API_URL/health" 2>/dev/null <<'PY' && break
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=2)
PY
    kill -0 "$server" 2>/dev/null || { tail -n 20 "$FOLDER/server.log" >&2; exit 1; }
    sleep 1
done

echo "== the flow on $CONFIG"
"$VENV/bin/python" -m forewarn_flows run "$CONFIG" --no-approval
