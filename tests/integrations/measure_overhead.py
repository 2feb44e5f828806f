"""Measures what Prefect costs: the same run by `forewarn run` and by the flow, each in a new folder, on a server that runs
already. Not a test; it prints a line of JSON for each.

    FOREWARN_BIN=PROGRAM python measure_overhead.py [CONFIG] [--set PATH=VALUE ...]     the twenty cells of the tests when no CONFIG is given

Needs `pip install -r tests/integrations/requirements-flow.txt`.
"""

import argparse
import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path

from flow_support import PROGRAM, Prefect, environment, project
from measure_scale_out import copied


def measured(command, env):
    """Exit code, seconds, and CPU seconds of a command with its children."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = done.stderr[-600:] if done.returncode else ""
    return {"exit": done.returncode, "seconds": round(seconds, 1), "CPU seconds": round(cpu, 1), "said": said}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config", nargs="?", type=lambda text: Path(text).resolve())
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    options = [word for setting in arguments.set for word in ("--set", setting)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def fresh(name):
            (folder / name).mkdir()
            return copied(arguments.config, folder / name) if arguments.config else (project(folder / name), [])

        config, source = fresh("alone")
        print(json.dumps({"forewarn run": measured([PROGRAM, "run", "-c", config, *source, *options], environment())}), flush=True)
        prefect = Prefect(folder)
        with prefect.running():
            config, source = fresh("flow")
            command, env = prefect.flow(config, *source, *options, "--no-approval")
            flow = measured(command, env)
            tasks = prefect.tasks(prefect.newest(), "archive")
        print(json.dumps({"flow": flow | {"tasks": len(tasks), "run": states(tasks)}}), flush=True)


def states(tasks):
    """How many tasks ended in which state."""
    return {state: list(tasks.values()).count(state) for state in sorted(set(tasks.values()))}


if __name__ == "__main__":
    main()
