"""Measures what a second worker is worth: the same run by one Dask worker and by two, on folders of their own that share
nothing but an object store. Not a test; it prints a line of JSON for each.

    FOREWARN_BIN=PROGRAM python measure_scale_out.py CONFIG [--workers 1 2] [--set PATH=VALUE ...]

Needs `pip install -r tests/integrations/requirements-flow.txt`. Each worker runs one task at a time with one thread.
"""

import argparse
import contextlib
import json
import resource
import shutil
import sys
import tempfile
import tomllib
from datetime import datetime
from pathlib import Path

from flow_support import PROGRAM, Prefect, free_port, object_store, process, weed_ports

WORK = ("train", "forecast", "backtest", "combine", "evaluate")


def copied(config, folder):
    """The project in another folder, with the observations where they were."""
    for name in ("models", "ensembles"):
        shutil.copytree(config.parent / name, folder / name)
    for file in config.parent.glob("*.toml"):
        shutil.copy(file, folder)
    path = tomllib.loads(config.read_text())["source"].get("path")
    return folder / config.name, [] if path is None else ["--set", f"source.path={(config.parent / path).resolve()}"]


def span(prefect, run):
    """Seconds from the first task of training to the end of evaluation."""
    tasks = prefect.ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}, "limit": 200})
    tasks = [task for task in tasks if task["name"].split()[0] in WORK and task["start_time"]]
    times = [[datetime.fromisoformat(task[key]) for task in tasks] for key in ("start_time", "end_time")]
    return (max(times[1]) - min(times[0])).total_seconds()


def measured(config, number, settings, folder):
    prefect, port = Prefect(folder), free_port()
    scheduler = f"tcp://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        (folder / "weed").mkdir()
        store = stack.enter_context(object_store(folder / "weed", weed_ports()))
        stack.enter_context(prefect.running())
        env = prefect.env | store | {"RAYON_NUM_THREADS": "1", "FLOWS_PROGRAM": PROGRAM, "FLOWS_DASK": scheduler}
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
        stack.enter_context(process([*command, "--no-dashboard"], env, folder / "scheduler.log"))
        source = []
        for name in [*map(str, range(number)), "flow"]:
            (folder / name).mkdir()
            mine, source = copied(config, folder / name)
            if name == "flow":
                break
            command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--nthreads", "1", "--no-nanny"]
            command += ["--no-dashboard", "--local-directory", str(folder / name / "dask")]
            own = env | {"FLOWS_CONFIG": str(mine)}
            stack.enter_context(process(command, own, folder / f"worker{name}.log", cwd=folder / name))
        options = [word for setting in settings for word in ("--set", setting)]
        command, env = prefect.flow(mine, *source, *options, "--set", "store=s3://forecasts/measured", env=env)
        with process([*command, "--no-approval"], env, folder / "flow.log") as flow:
            code = flow.wait()
        run = prefect.newest()
        said = (folder / "flow.log").read_text()[-600:] if code else ""
        return {"workers": number, "exit": code, "seconds": round(run["total_run_time"], 1), "train to evaluate": span(prefect, run), "said": said}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=lambda text: Path(text).resolve())
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    for number in arguments.workers:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with tempfile.TemporaryDirectory() as folder:
            found = measured(arguments.config, number, arguments.set, Path(folder))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found["CPU seconds of all"] = round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
