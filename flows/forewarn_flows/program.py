"""The program, called for one task at a time: a process in a group of its own, which ends with whoever called it.

FLOWS_PROGRAM and FLOWS_CONFIG say where the program and the configuration are on this machine; where they are set they
go before what the flow was told, since a worker on another machine may have them elsewhere.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

PARTIAL, GATE, AGAIN = 1, 3, 75
PATIENCE = 5.0  # seconds that a process has to end before it is killed


class Failed(Exception):
    """The program failed; the reason is its own."""


class GateFailed(Failed):
    """A gate lets nothing pass."""


class TryAgain(Failed):
    """A store cannot be reached, or another run is at work: later it may work."""


class Stopped(Failed):
    """Somebody has stopped the run."""


@dataclass(frozen=True)
class Program:
    """How the program is called for a project."""

    path: str
    config: str
    settings: tuple[str, ...] = ()

    def command(self, *words: str) -> list[str]:
        """The command that calls it, without a configuration."""
        return [os.environ.get("FLOWS_PROGRAM") or self.path, *words]

    def configured(self, *words: str) -> list[str]:
        """The command that calls it for the project."""
        settings = [part for setting in self.settings for part in ("--set", setting)]
        return self.command(*words, "--config", os.environ.get("FLOWS_CONFIG") or self.config, *settings)


_running: set[subprocess.Popen] = set()
_stopping = threading.Event()


def stop_all() -> None:
    """Ends all processes that run, and all that are yet to begin."""
    _stopping.set()
    for process in list(_running):
        stop(process)


def go_on() -> None:
    """Lets processes begin again, after `stop_all`."""
    _stopping.clear()


def stop(process: subprocess.Popen) -> None:
    """Ends a process with its children: with SIGTERM, and after a while with SIGKILL."""
    for number, patience in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def traced(run: UUID) -> dict[str, str]:
    """The environment of a program whose spans are in one trace with the others of the run, and below what called us if
    that is known (W3C Trace Context)."""
    return {"TRACEPARENT": f"00-{run.hex}-{run.hex[:16]}-01"} | os.environ


def run(
    command: Sequence[str],
    log: Callable[[str], None] = lambda line: None,
    cancelled: Callable[[], bool] = lambda: False,
    every: float = 10.0,
    env: Mapping[str, str] | None = None,
) -> dict:
    """Calls the program and gives the JSON it prints; `log` gets each line of its progress, `cancelled` is asked again and
    again whether to go on.

    Raises what the exit code says: GateFailed, TryAgain, Failed; Stopped where somebody has stopped it. A part that is
    missing (1, with JSON) is no error here: the JSON names it."""
    lines: list[str] = []
    stopped = threading.Event()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.PIPE, text=True, start_new_session=True, env=env
        )
        _running.add(process)
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(every):
                if cancelled():
                    stopped.set()
                    return stop(process)

        threading.Thread(target=watch, daemon=True).start()
        try:
            if _stopping.is_set():
                stop(process)
            for line in process.stderr:
                lines.append(line.rstrip("\n"))
                log(lines[-1])
            code = process.wait()
        finally:
            ended.set()
            _running.discard(process)
            stop(process)
            process.stderr.close()
        out.seek(0)
        text = out.read()
    if stopped.is_set() or _stopping.is_set():
        raise Stopped("the run was stopped")
    return _judge(code, text, lines)


def _judge(code: int, text: bytes, lines: list[str]) -> dict:
    if code in (0, PARTIAL) and text.strip():
        return json.loads(text)
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    reason = said[-1] if said else f"it ended with code {code}: " + " / ".join(lines[-3:])
    raise {GATE: GateFailed, AGAIN: TryAgain}.get(code, Failed)(reason)
