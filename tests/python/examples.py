"""Example programs of the workspace."""

import functools
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


@functools.cache
def built(name):
    """An example, built with the features of the whole workspace: with fewer its dependencies would be compiled again."""
    command = ["cargo", "build", "--quiet", "--locked", "--workspace", "--example", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return TARGET / "debug/examples" / name


def run(name, *arguments, cwd=ROOT):
    """What an example prints."""
    done = subprocess.run([built(name), *arguments], cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.strip()
