"""A flow on workers that share no disk, only an object store: Dask, SeaweedFS and Prefect, all on 127.0.0.1.

Needs FOREWARN_BIN, the program, and `pip install -r tests/integrations/requirements-flow.txt`.
"""

import contextlib
import os
import signal
import subprocess
import sys

import pytest
from flow_support import (
    PROGRAM,
    Prefect,
    environment,
    filed,
    free_port,
    object_store,
    process,
    project,
    wait_for,
    weed_ports,
)

PLACE = "s3://forecasts/scale"


def can_share():
    """Whether the program shares what it makes through an object store."""
    if not PROGRAM:
        return False
    command = [PROGRAM, "config", "show", "-c", "/dev/null", "--set", f"store={PLACE}"]
    said = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    return "unknown field `store`" not in said.stderr and "unknown key" not in said.stderr


pytestmark = pytest.mark.skipif(not can_share(), reason="FOREWARN_BIN is not set, or has no `store`")


def worker(stack, folder, scheduler, env):
    """A worker with a project of its own, which notes every call of the program."""
    config, program = project(folder), folder / "program"
    calls = f'echo "$*" | sed "s/.*--task //; s/ --.*//" >> {folder}/calls'
    hold = f"if [ -e {folder}/hold ]; then echo $$ > {folder}/held; exec sleep 300; fi"
    program.write_text(f'#!/bin/sh\n{calls}\n{hold}\nexec {PROGRAM} "$@"\n')
    program.chmod(0o755)
    command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--nthreads", "1", "--no-nanny"]
    command += ["--no-dashboard", "--local-directory", str(folder / "dask"), "--name", folder.name]
    own = {"FLOWS_CONFIG": str(config), "FLOWS_PROGRAM": str(program), "XDG_CACHE_HOME": str(folder / "cache")}
    return stack.enter_context(process(command, env | own, folder / "log", cwd=folder))


@pytest.fixture
def cluster(tmp_path):
    """Prefect, an object store, a Dask scheduler and two workers; gives the server, the workers and the environment."""
    prefect, port = Prefect(tmp_path), free_port()
    with contextlib.ExitStack() as stack:
        for name in ("weed", "one", "two", "flow"):
            (tmp_path / name).mkdir()
        store = stack.enter_context(object_store(tmp_path / "weed", weed_ports()))
        stack.enter_context(prefect.running())
        env = prefect.env | store
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
        stack.enter_context(process([*command, "--no-dashboard"], env, tmp_path / "scheduler.log"))
        scheduler = f"tcp://127.0.0.1:{port}"
        workers = {name: worker(stack, tmp_path / name, scheduler, env) for name in ("one", "two")}
        yield prefect, workers, store | {"FLOWS_DASK": scheduler, "XDG_CACHE_HOME": str(tmp_path / "cache")}


def calls(folder):
    return (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []


def test_workers_without_a_common_disk_do_a_run_together(cluster, tmp_path):
    prefect, _, env = cluster
    config = project(tmp_path / "flow")
    code, last, run = prefect.run(config, "--set", f"store={PLACE}/1", "--set", f"archive={PLACE}/1/archive", env=env)
    assert code == 0 and run["state_type"] == "COMPLETED", last
    one, two = calls(tmp_path / "one"), calls(tmp_path / "two")
    assert one and two and len(one) + len(two) == 17, (one, two)
    assert sorted(one + two) == sorted(prefect.tasks(run, "archive")), "each task was done once"
    assert filed(f"{PLACE}/1/archive", env) == ["common_ground", "long_memory", "still_water"]


def test_a_worker_that_dies_costs_its_task_only(cluster, tmp_path):
    prefect, workers, env = cluster
    config = project(tmp_path / "flow")
    settings = ["--set", f"store={PLACE}/2", "--set", f"archive={PLACE}/2/archive"]
    command, env = prefect.flow(config, *settings, env=env)
    with process(command, env, tmp_path / "flow.log") as flow:
        wait_for(lambda: flow.poll() is not None or len(calls(tmp_path / "one")) + len(calls(tmp_path / "two")) >= 3)
        (tmp_path / "one/hold").touch()
        wait_for(lambda: flow.poll() is not None or (tmp_path / "one/held").exists())
        assert flow.poll() is None, (tmp_path / "flow.log").read_text()[-3000:]
        os.killpg(workers["one"].pid, signal.SIGKILL)
        os.kill(int((tmp_path / "one/held").read_text()), signal.SIGKILL)
        assert flow.wait(240) == 0, (tmp_path / "flow.log").read_text()[-3000:]
    one, two = calls(tmp_path / "one"), calls(tmp_path / "two")
    lost = one[-1]
    assert lost in two and len(one) + len(two) == 18 and len(set(one + two)) == 17, (one, two)
    assert filed(f"{PLACE}/2/archive", env) == ["common_ground", "long_memory", "still_water"]
