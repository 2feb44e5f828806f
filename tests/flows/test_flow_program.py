"""How the flow calls the program: exit codes, progress, and that no process is left behind."""

import os
import signal
import stat
import threading
import time
from uuid import UUID

import pytest
from forewarn_flows import program as programs
from forewarn_flows.program import Failed, GateFailed, Program, Stopped, TryAgain, run


@pytest.fixture
def script(tmp_path):
    """Writes a program that does what a shell script says."""

    def write(text):
        path = tmp_path / "program"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return [str(path)]

    yield write
    programs.go_on()


def alive(pid):
    """Whether a process runs; one that has ended and was not yet fetched by its parent does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()


def test_progress_is_told_line_by_line_and_the_outcome_is_given(script):
    lines = []
    assert run(script("echo one >&2; echo two >&2; echo '{\"run\": \"r\"}'"), lines.append) == {"run": "r"}
    assert lines == ["one", "two"]


def test_what_is_missing_is_no_error_when_the_outcome_tells_it(script):
    assert run(script("echo '{\"missing\": [\"a\"]}'; exit 1")) == {"missing": ["a"]}


@pytest.mark.parametrize(("code", "error"), [(1, Failed), (2, Failed), (3, GateFailed), (75, TryAgain), (101, Failed)])
def test_an_exit_code_becomes_an_exception_with_the_reason(script, code, error):
    with pytest.raises(Failed) as caught:
        run(script(f"echo 'panel 0.1 s' >&2; echo 'error: no such thing' >&2; exit {code}"))
    assert type(caught.value) is error and str(caught.value) == "no such thing"


def test_a_crash_is_told_with_the_last_lines(script):
    with pytest.raises(Failed, match="it ended with code -9: fitting / more"):
        run(script("echo fitting >&2; echo more >&2; kill -9 $$"))


def test_much_output_on_both_streams_does_not_block(script):
    seen = []
    many = "i=0; while [ $i -lt 3000 ]; do echo 'a long line of progress that fills the pipe' >&2; i=$((i+1)); done"
    assert run(script(f"printf '[\"'; head -c 200000 /dev/zero | tr '\\0' x; printf '\"]'; {many}"), seen.append)[0][:2] == "xx"
    assert len(seen) == 3000


def started(script, tmp_path, text, **options):
    """Calls a program in a thread; gives the thread, what it raised, and the ids of the program and of its child."""
    found, pids = [], tmp_path / "pids"

    def call():
        try:
            run(script(text.format(pids=pids)), **options)
        except Failed as error:
            found.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    return thread, found, [int(pid) for pid in pids.read_text().split()]


@pytest.mark.parametrize("deaf", ["", "trap '' TERM; "])
def test_stopping_leaves_no_process(script, tmp_path, monkeypatch, deaf):
    monkeypatch.setattr(programs, "PATIENCE", 0.3)
    text = deaf + "sleep 300 & echo $$ $! > {pids}; wait; sleep 300"
    thread, found, pids = started(script, tmp_path, text)
    assert all(map(alive, pids))
    programs.stop_all()
    thread.join(10)
    assert isinstance(found[0], Stopped) and wait_for(lambda: not any(map(alive, pids))), pids
    with pytest.raises(Stopped):
        run(script("sleep 300"))


def test_whoever_cancels_is_asked_while_the_program_runs(script, tmp_path):
    cancelled = threading.Event()
    options = {"cancelled": cancelled.is_set, "every": 0.02}
    thread, found, pids = started(script, tmp_path, "sleep 300 & echo $$ $! > {pids}; wait", **options)
    cancelled.set()
    thread.join(10)
    assert isinstance(found[0], Stopped) and wait_for(lambda: not any(map(alive, pids)))


@pytest.fixture
def interrupts():
    """Lets SIGINT interrupt, which whoever started the tests in the background may have switched off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_ends_the_program(script, tmp_path):
    pids = tmp_path / "pids"
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run(script(f"sleep 300 & echo $$ $! > {pids}; wait"))
    assert wait_for(lambda: not any(alive(int(pid)) for pid in pids.read_text().split()))


def test_the_programs_of_a_run_are_in_one_trace(script, monkeypatch):
    monkeypatch.delenv("TRACEPARENT", raising=False)
    flow_run = UUID("4bf92f35-77b3-4da6-a3ce-929d0e0e4736")
    given = run(script('echo "{\\"parent\\": \\"$TRACEPARENT\\", \\"path\\": \\"$PATH\\"}"'), env=programs.traced(flow_run))
    assert given == {"parent": "00-4bf92f3577b34da6a3ce929d0e0e4736-4bf92f3577b34da6-01", "path": os.environ["PATH"]}
    monkeypatch.setenv("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    assert programs.traced(flow_run)["TRACEPARENT"] == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_worker_may_have_program_and_configuration_elsewhere(monkeypatch):
    program = Program("forewarn", "/here/forewarn.toml", ("a=1", "b=2"))
    assert program.configured("plan") == ["forewarn", "plan", "--config", "/here/forewarn.toml", "--set", "a=1", "--set", "b=2"]
    monkeypatch.setenv("FLOWS_PROGRAM", "/there/forewarn")
    monkeypatch.setenv("FLOWS_CONFIG", "/there/forewarn.toml")
    assert program.configured("plan")[:4] == ["/there/forewarn", "plan", "--config", "/there/forewarn.toml"]
