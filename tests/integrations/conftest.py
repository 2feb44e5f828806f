"""What tests with other programs share: our own programs, and servers that are started and stopped."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


@pytest.fixture(scope="session")
def track():
    """The example program that tells a made-up run to a tracker: `track("wandb", folder)`."""
    # With the features of the whole workspace, so that nothing is compiled twice.
    build = ["cargo", "build", "--quiet", "--locked", "--workspace", "--example", "track"]
    subprocess.run(build, cwd=ROOT, check=True)

    def tell(*arguments, **variables):
        command = [TARGET / "debug/examples/track", *arguments]
        environment = dict(os.environ, **variables)
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)

    return tell


def free_port():
    """A port of this machine that nobody listened on a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def server(command, ready, seconds=600, **options):
    """Runs a server in a process group of its own until the block ends; it is ready when the address `ready` answers."""
    log = Path(options.pop("log"))
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True, **options)
    try:
        deadline = time.monotonic() + seconds
        while not answers(ready):
            assert process.poll() is None, f"{command[0]} ended: {log.read_text()[-2000:]}"
            assert time.monotonic() < deadline, f"no answer from {ready}: {log.read_text()[-2000:]}"
            time.sleep(0.2)
        yield process
    finally:
        stop(process)


def answers(address):
    """Whether something answers there with success."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status == 200
    except OSError:
        return False


def stop(process):
    """Ends a server and all that it started: first asked, then made to."""
    for ask in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, ask)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
