"""The flow against a real Prefect server, with the program that is shipped: what people rely on when something fails.

Needs FOREWARN_BIN, the program, and `pip install -r tests/integrations/requirements-flow.txt`.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flow_support import (
    PROGRAM,
    STRICT,
    Prefect,
    filed,
    forwarded,
    free_port,
    object_store,
    process,
    project,
    slowed,
    wait_for,
    weed_ports,
)

pytestmark = pytest.mark.skipif(not PROGRAM, reason="FOREWARN_BIN is not set")
FLOWS = Path(__file__).resolve().parents[2] / "flows"
ALL = ["common_ground", "long_memory", "still_water"]


@pytest.fixture(scope="module")
def prefect(tmp_path_factory):
    server = Prefect(tmp_path_factory.mktemp("prefect"))
    with server.running():
        yield server


def archive(config):
    return config.parent / "forewarn-out/archive"


def gone(pid):
    """Whether a process has ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_a_run_ends_green_with_its_forecasts_filed(prefect, tmp_path):
    config = project(tmp_path)
    code, last, run = prefect.run(config)
    assert code == 0 and "is filed; report: " in last, last
    assert run["state_type"] == "COMPLETED" and filed(archive(config)) == ALL
    tasks = prefect.tasks(run, "archive")
    assert set(tasks.values()) == {"Completed"} and len(tasks) == 17 and "train long_memory" in tasks, tasks
    artifacts = {a["key"]: a["data"] for a in prefect.artifacts(run)}
    assert set(artifacts) == {"gate-input", "gate-output", "gate-performance", "leaderboard", "maps", "pages"}
    assert "report.html" in artifacts["pages"] and "data:image/png;base64," in artifacts["maps"]
    assert '"model": "long_memory"' in artifacts["leaderboard"] and '"check": ' in artifacts["gate-input"]


def test_a_model_that_fails_is_done_without_and_the_run_says_so(prefect, tmp_path):
    config = project(tmp_path, long_memory='algorithm = "conflictology"\n[settings]\nwindow = 9999\n')
    code, last, run = prefect.run(config)
    assert code == 1 and last.startswith("Failed: filed, but something is missing: ") and "long_memory" in last, last
    tasks = prefect.tasks(run, "train long_memory", "archive")
    assert tasks["train long_memory"] == "Failed" and "forecast long_memory" not in tasks, tasks
    assert tasks["archive"] == "Completed" and filed(archive(config)) == ["common_ground", "still_water"]
    assert run["state_type"] == "FAILED"


def test_a_model_whose_process_dies_is_done_without(prefect, tmp_path):
    config = project(tmp_path)
    code, last, run = prefect.run(config, program=slowed(tmp_path, "backtest long_memory", "kill -9 $$"))
    assert code == 1 and "backtest long_memory: it ended with code -9" in last, last
    assert "still_water" in filed(archive(config)) and prefect.tasks(run, "archive")["archive"] == "Completed"


def test_a_failed_gate_without_approval_files_nothing_but_leaves_the_report(prefect, tmp_path):
    config = project(tmp_path, rules=STRICT)
    for options in (["--no-approval"], ["--approval-timeout", "2"]):
        code, last, run = prefect.run(config, *options)
        assert code == 1 and last.startswith("Failed: nothing filed: `gate output` failed: "), last
        assert run["state_type"] == "FAILED"
        tasks = prefect.tasks(run, "report", "gate output")
        assert tasks["report"] == "Completed" and tasks["gate output"] == "Failed" and "archive" not in tasks, tasks
        assert os.path.exists(last.rpartition("report: ")[2]) and filed(archive(config)) == []
    table = next(a for a in prefect.artifacts(run) if a["key"] == "gate-output")
    assert '"verdict": "fail"' in table["data"] and "sum of the means" in table["data"]


def can_approve():
    return PROGRAM and subprocess.run([PROGRAM, "gate", "approve", "--help"], capture_output=True, check=False).returncode == 0


def copied_month(config):
    """Makes the newest month of a project one that the input gate refuses: a copy of the month before."""
    table = config.parent / "deaths.csv"
    rows = table.read_text().splitlines()
    before = {row.split(",")[0]: row.split(",")[2] for row in rows if ",491," in row}
    rows = [f"{(cell := row.split(',')[0])},492,{before[cell]}" if ",492," in row else row for row in rows]
    table.write_text("\n".join(rows) + "\n")
    return config


@pytest.mark.skipif(not can_approve(), reason="the program cannot approve")
@pytest.mark.parametrize("gate", ["input", "output"])
def test_another_client_lets_a_failed_gate_pass(prefect, tmp_path, gate):
    config = project(tmp_path, rules=STRICT) if gate == "output" else copied_month(project(tmp_path))
    before = prefect.newest()
    command, env = prefect.flow(config)
    with process(command, env, tmp_path / "flow.log") as flow:

        def paused():
            run = prefect.newest()
            return run if run and (not before or run["id"] != before["id"]) and run["state_type"] == "PAUSED" else None

        run = wait_for(lambda: flow.poll() is not None or paused())
        assert flow.poll() is None and filed(archive(config)) == [], (tmp_path / "flow.log").read_text()[-3000:]
        states = prefect.tasks(run, f"gate {gate}", *["report"] * (gate == "output"))
        assert states[f"gate {gate}"] == "Failed" and (gate == "output") == ("train long_memory" in states), states
        words = {"approve": True, "by": "A. Nalyst", "reason": "the front has moved"}
        prefect.ask(f"/flow_runs/{run['id']}/resume", {"run_input": words})
        assert flow.wait(120) == 0, (tmp_path / "flow.log").read_text()[-3000:]
    assert prefect.newest()["state_type"] == "COMPLETED" and filed(archive(config)) == ALL


@pytest.mark.parametrize("how", ["serve", "deploy"])
def test_runs_are_done_on_a_schedule(prefect, tmp_path, how):
    """By a process that serves the flow, and by a worker of a work pool with the deployment of flows/prefect.yaml."""
    config, log = project(tmp_path), tmp_path / "log"
    command, env = prefect.flow(config, "--cron", "0 7 6 * *")
    command = ["serve" if word == "run" else word for word in command]
    env |= {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_RUNNER_POLL_FREQUENCY": "1"}
    if how == "deploy":
        env |= {"FLOWS_PROJECT": str(tmp_path), "FLOWS_IMAGE": "", "FLOWS_DASK": "", "FLOWS_PROGRAM": PROGRAM}
        client = [sys.executable, "-m", "prefect", "--no-prompt"]
        for words in (["work-pool", "create", "--type", "process", "forewarn"], ["deploy", "--name", "monthly"]):
            told = subprocess.run([*client, *words], cwd=FLOWS, env=env, capture_output=True, text=True, check=False)
            assert told.returncode == 0, told.stdout + told.stderr
        command = [*client, "worker", "start", "--pool", "forewarn"]
    cron = "0 7 6 * *" if how == "serve" else "0 6 5 * *"

    def deployment():
        with contextlib.suppress(OSError):
            found = prefect.ask("/deployments/name/forewarn-run/monthly")
            return [s["schedule"]["cron"] for s in found["schedules"] if s["active"]] == [cron] and found["id"]

    with process(command, env, log, cwd=tmp_path) as server:
        monthly = wait_for(lambda: deployment() or server.poll() is not None, 60)
        assert server.poll() is None, log.read_text()[-3000:]
        run = prefect.ask(f"/deployments/{monthly}/create_flow_run", {"state": {"type": "SCHEDULED"}})
        ended = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        wait_for(lambda: prefect.ask(f"/flow_runs/{run['id']}")["state"]["type"] in ended, 180)
    state = prefect.ask(f"/flow_runs/{run['id']}")["state"]
    assert state["type"] == "COMPLETED", (state, log.read_text()[-3000:])
    assert filed(archive(config)) == ALL


def test_a_store_that_comes_back_is_waited_for(prefect, tmp_path):
    ports, place, address = weed_ports(), "s3://forecasts/flow", free_port()
    config = project(tmp_path / "project", more=f'archive = "{place}"')
    variables = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{address}", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    variables |= {"AWS_ACCESS_KEY_ID": "forewarn-test", "AWS_SECRET_ACCESS_KEY": "forewarn-secret", "AWS_REGION": "us-east-1"}
    command, env = prefect.flow(config, "--retry-delays", *"124888", *["8"] * 20, env=variables)
    log = tmp_path / "flow.log"
    (tmp_path / "weed").mkdir()
    with process(command, env, log) as flow:
        wait_for(lambda: flow.poll() is not None or "Retry 2/" in log.read_text())
        # A server that has just begun answers before it has its bucket, which would be another fault: it is put through later.
        with object_store(tmp_path / "weed", ports), forwarded(address, ports[0]):
            assert flow.wait(300) == 0, log.read_text()[-3000:]
            assert filed(place, variables) == ALL


def test_a_run_outlives_the_death_of_the_server_or_is_done_again(tmp_path):
    server, config = Prefect(tmp_path), project(tmp_path / "project")
    program = slowed(tmp_path, "train long_memory", f"touch {tmp_path}/begun; sleep 5")
    command, env = server.flow(config, program=program)
    with contextlib.ExitStack() as stack:
        first_server = stack.enter_context(server.running())
        flow = stack.enter_context(process(command, env, tmp_path / "flow.log"))
        wait_for(lambda: (tmp_path / "begun").exists() or flow.poll() is not None)
        os.killpg(first_server.pid, signal.SIGKILL)
        first_server.wait()
        stack.enter_context(server.running())
        first = flow.wait(180)
        text = (tmp_path / "flow.log").read_text()
        assert first in (0, 1) and "filed, but" not in text, text[-3000:]
        assert first == 0 or not archive(config).exists(), "what the server did is no fault of a model"
        code, last, run = server.run(config)
        assert code == 0 and run["state_type"] == "COMPLETED", last
        steps = list((config.parent / "forewarn-out/steps/train").iterdir())
        assert len(steps) == 4, "the second run has found what the first has trained"
    assert filed(archive(config)) == ALL


@pytest.mark.parametrize("how", ["signal", "server"])
def test_a_cancelled_run_leaves_no_process(prefect, tmp_path, how):
    config, pids = project(tmp_path), tmp_path / "pids"
    program = slowed(tmp_path, "train long_memory", f"sleep 300 & echo $$ $! > {pids}; wait")
    command, env = prefect.flow(config, program=program)
    with process(command, env, tmp_path / "flow.log") as flow:
        wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 2)
        run = prefect.newest()
        if how == "signal":
            flow.terminate()
        else:
            prefect.ask(f"/flow_runs/{run['id']}/set_state", {"state": {"type": "CANCELLING"}})
        assert flow.wait(60) != 0
        wait_for(lambda: all(gone(pid) for pid in pids.read_text().split()), 10)
    run = prefect.ask(f"/flow_runs/{run['id']}")
    assert run["state_type"] == ("CRASHED" if how == "signal" else "CANCELLED"), run["state"]
    assert not archive(config).exists()
    assert prefect.run(config)[0] == 0, "it can be done again"


def test_what_is_no_fault_of_a_model_ends_the_run_with_nothing_filed(prefect, tmp_path):
    config = project(tmp_path)
    full = slowed(tmp_path, "report", "echo 'error: no space left on device' >&2; exit 1")
    code, last, run = prefect.run(config, program=full)
    assert code == 1 and last == "Failed: nothing filed: `report` failed: no space left on device", last
    assert run["state_type"] == "FAILED" and filed(archive(config)) == []
    code, last, run = prefect.run(config)
    assert code == 0 and filed(archive(config)) == ALL, last


def test_a_flow_that_is_killed_files_nothing_and_is_done_again(prefect, tmp_path):
    config, begun = project(tmp_path), tmp_path / "begun"
    command, env = prefect.flow(config, program=slowed(tmp_path, "train long_memory", f"touch {begun}; sleep 2"))
    with process(command, env, tmp_path / "flow.log") as flow:
        wait_for(begun.exists)
        # The flow alone: its programs are in groups of their own, and go on.
        os.kill(flow.pid, signal.SIGKILL)
        assert flow.wait(10) == -signal.SIGKILL
    assert filed(archive(config)) == []
    code, last, run = prefect.run(config)
    assert code == 0 and filed(archive(config)) == ALL and run["state_type"] == "COMPLETED", last
