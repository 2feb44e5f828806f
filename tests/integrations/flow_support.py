"""Servers, projects and runs of the flow for its tests: all on 127.0.0.1, all stopped in the end."""

import contextlib
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

PROGRAM = os.environ.get("FOREWARN_BIN")
STORE = {"AWS_ACCESS_KEY_ID": "forewarn-test", "AWS_SECRET_ACCESS_KEY": "forewarn-secret", "AWS_REGION": "us-east-1"}
WEED_PORTS = ["s3", "master", "filer", "volume", "admin", "webdav", "s3.port.iceberg", "s3.port.lance"]

CONFIG = """
name = "small"
models = ["still_water", "long_memory"]
ensembles = ["common_ground"]
{more}
[target]
column = "deaths"
[source]
type = "table"
path = "deaths.csv"
unit = "cell"
time = "month"
values = ["deaths"]
[features]
query-set = "set.toml"
[forecast]
steps = 2
draws = 8
[evaluation]
origins = 2
metrics = ["crps", "mae"]
[maps]
steps = [1]
width = 400
[gates]
file = "rules.toml"
self-test = false
"""

FILES = {
    "models/still_water.toml": 'algorithm = "zero"\nstatus = "baseline"\n',
    "models/long_memory.toml": 'algorithm = "conflictology"\n[settings]\nwindow = 12\n',
    "ensembles/common_ground.toml": 'algorithm = "mean"\nrole = "production"\nmissing = "degrade"\n',
    "set.toml": 'name = "small"\nversion = 1\nlevel = "pgm"\n[[features]]\nname = "log_deaths"\nsource = "deaths"\n'
    'transforms = [{ name = "log1p" }]\n',
    "rules.toml": "alpha = 0.01\n",
}
STRICT = '[[output]]\ncheck = "mean"\nsettings = { limit = 0.00001 }\n'


def project(folder, more="", **files):
    """Writes a project of twenty cells; `files` by name without ending replace its own. Gives its configuration."""
    files = {name: files.get(Path(name).stem, text) for name, text in FILES.items()}
    rows = [f"{100000 + cell},{month},{(cell * 7 + month * 3) % 4 + 1}" for month in range(433, 493) for cell in range(20)]
    files |= {"forewarn.toml": CONFIG.format(more=more), "deaths.csv": "\n".join(["cell,month,deaths", *rows]) + "\n"}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / "forewarn.toml"


def slowed(folder, task, before):
    """A program that runs a shell command before a task, and else is the program."""
    path = folder / "program"
    path.write_text(f'#!/bin/sh\ncase "$*" in *"--task {task}"*) {before};; esac\nexec {PROGRAM} "$@"\n')
    path.chmod(0o755)
    return path


def environment(**more):
    """The environment without settings of forewarn, flow or Prefect."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FOREWARN_", "FLOWS_", "PREFECT_"))}
    return kept | {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "PREFECT_CLI_COLORS": "false"} | more


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds=300, every=0.2):
    """Waits until a condition holds, and gives what it says then."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, f"waited {seconds} s"
        time.sleep(every)
    return found


@contextlib.contextmanager
def process(command, env, log, cwd=None):
    """A process in a group of its own that ends with the block."""
    with open(log, "a") as out:
        started = subprocess.Popen(command, env=env, stdout=out, stderr=out, cwd=cwd, start_new_session=True)
    try:
        yield started
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(started.pid, number)
                started.wait(20)
        started.wait()


class Prefect:
    """A Prefect server, and the flow runs it knows."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}/api"
        self.env = environment(PREFECT_HOME=str(folder / "prefect"), PREFECT_API_URL=self.url)

    @contextlib.contextmanager
    def running(self):
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port)]
        with process(command, self.env, self.folder / "server.log") as server:
            wait_for(lambda: server.poll() is not None or self.answers(), 300)
            assert server.poll() is None, (self.folder / "server.log").read_text()[-3000:]
            yield server

    def answers(self):
        try:
            return self.ask("/health")
        except OSError:
            return False

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        call = urllib.request.Request(self.url + path, data, {"content-type": "application/json"})
        with urllib.request.urlopen(call, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def newest(self):
        """The flow run that began last."""
        found = self.ask("/flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 1})
        return found[0] if found else None

    def tasks(self, run, *ended):
        """States of a flow run's tasks by name, once those named have ended: a server learns of tasks some time later."""

        def states():
            found = self.ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}, "limit": 200})
            known = {task["name"]: task for task in found}
            final = [n for n in ended if n in known and known[n]["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")]
            return len(final) == len(ended) and known and {name: task["state_name"] for name, task in known.items()}

        return wait_for(states, 30)

    def artifacts(self, run):
        return self.ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}})

    def flow(self, config, *options, program=None, env=None):
        """The command that runs the flow, and its environment."""
        command = [sys.executable, "-m", "forewarn_flows", "run", str(config), "--program", str(program or PROGRAM)]
        return command + ["--retry-delays", "1", "2", "4", "--approval-poll", "1", *options], self.env | (env or {})

    def run(self, config, *options, **more):
        """Runs the flow; gives exit code, the last line and the flow run."""
        command, env = self.flow(config, *options, **more)
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, (done.stdout.strip().splitlines() or [done.stderr[-2000:]])[-1], self.newest()


def filed(archive, env=None):
    """Names of the forecasts that an archive holds, a folder or a place in an object store."""
    command = [PROGRAM, "archive", "list", "--json", "--archive", str(archive)]
    done = subprocess.run(command, env=environment(**(env or {})), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return sorted(f["manifest"]["name"] for f in json.loads(done.stdout)["forecasts"])


def weed_ports():
    """Ports that nobody listens at; SeaweedFS also takes each plus 10000."""
    found, candidate = [], 20000 + os.getpid() % 10000
    while len(found) < len(WEED_PORTS):
        candidate += 1
        with contextlib.suppress(OSError):
            for port in (candidate, candidate + 10000):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            found.append(candidate)
    return found


@contextlib.contextmanager
def object_store(folder, ports, bucket="forecasts"):
    """SeaweedFS with a bucket; gives the variables that lead to it."""
    named = zip(WEED_PORTS, ports, strict=True)
    flags = [f"-{name}={port}" if "port" in name else f"-{name}.port={port}" for name, port in named]
    weed = Path(sysconfig.get_path("scripts")) / "weed"
    command = [weed, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", *flags]
    address = f"http://127.0.0.1:{ports[0]}"
    variables = STORE | {"AWS_ENDPOINT_URL": address}
    with process(command, environment(S3_BUCKET=bucket, **STORE), folder / "log", cwd=folder) as server:
        wait_for(lambda: server.poll() is not None or reachable(address), 120)
        # A server that has just begun has no room yet.
        filer = f"http://127.0.0.1:{ports[WEED_PORTS.index('filer')]}/buckets/{bucket}/x"
        wait_for(lambda: server.poll() is not None or reachable(filer, b"x"))
        assert server.poll() is None, (folder / "log").read_text()[-3000:]
        yield variables


@contextlib.contextmanager
def forwarded(port, to):
    """From now on, until the block ends, whoever calls a port is put through to another one."""

    class Call(socketserver.BaseRequestHandler):
        def handle(self):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", to)) as there:
                answers = threading.Thread(target=passed_on, args=(there, self.request), daemon=True)
                answers.start()
                passed_on(self.request, there)
                answers.join()

    class Exchange(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    with Exchange(("127.0.0.1", port), Call) as exchange:
        threading.Thread(target=exchange.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            exchange.shutdown()


def passed_on(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def reachable(address, body=None):
    """Whether somebody answers there; with a body, whether it is taken."""
    call = urllib.request.Request(address, body, method="PUT" if body else "GET")
    try:
        urllib.request.urlopen(call, timeout=5).close()
    except urllib.error.HTTPError:
        return body is None
    except OSError:
        return False
    return True
