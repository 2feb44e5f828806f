"""What is done next, and what a task that failed means for the others."""

import json

import pytest
from forewarn_flows.plan import Progress, Task, read
from forewarn_flows.program import Failed, GateFailed, Program, TryAgain

NEEDS = {
    "validate": [],
    "gate input": ["validate"],
    "train a": ["gate input"],
    "train b": ["gate input"],
    "forecast a": ["train a"],
    "forecast b": ["train b"],
    "backtest a": ["train a"],
    "backtest b": ["train b"],
    "combine e": ["forecast a", "forecast b"],
    "evaluate": ["backtest a", "backtest b"],
    "gate output": ["combine e", "evaluate"],
    "map": ["forecast a", "forecast b", "combine e"],
    "report": ["gate input", "evaluate", "gate output", "map"],
    "archive": ["report"],
}


def task(name, needs=()):
    kind, _, of = name.partition(" ")
    command = ("run", "--config", "/here/c.toml", "--json", "--task", name)
    return Task(name, kind, of or None, tuple(needs), command)


def follow(progress, fate=lambda task: {"run": "r1"}):
    """Does all that can be done; gives the ids in their order, those that began together as one."""
    waves = []
    while ready := progress.ready():
        waves.append([t.id for t in ready])
        for t in ready:
            progress.begun.add(t.id)
            outcome = fate(t)
            if isinstance(outcome, str):
                outcome = (GateFailed if t.kind == "gate" else Failed)(outcome)
            if isinstance(outcome, Exception):
                progress.fails(t, outcome)
            else:
                progress.done(t, outcome)
    return waves


@pytest.fixture
def progress():
    return Progress([task(name, needs) for name, needs in NEEDS.items()])


def test_models_are_done_side_by_side_and_ensembles_after_their_members(progress):
    waves = follow(progress)
    assert waves[2] == ["train a", "train b"]
    assert waves[3] == ["forecast a", "forecast b", "backtest a", "backtest b"]
    assert waves[4:] == [["combine e", "evaluate"], ["gate output", "map"], ["report"], ["archive"]]
    assert progress.run_id == "r1" and not progress.missing


@pytest.mark.parametrize("kind", ["train", "forecast", "backtest"])
def test_a_model_that_fails_is_done_without(progress, kind):
    waves = follow(progress, lambda t: "no" if t.id == f"{kind} a" else {})
    done = [t for wave in waves for t in wave]
    assert done[-1] == "archive" and progress.without == {"a"} and progress.missing == [f"{kind} a: no"]
    if kind == "train":
        assert not {"forecast a", "backtest a"} & set(done)


def test_a_model_that_the_outcome_misses_is_done_without(progress):
    missing = ["Model `a` (calibration): too short a history"]
    waves = follow(progress, lambda t: {"missing": missing} if t.id == "train a" else {})
    assert progress.without == {"a"} and progress.missing == missing
    assert "forecast a" not in [t for wave in waves for t in wave]


def test_an_ensemble_without_a_member_has_not_failed():
    combine = task("combine e")
    without = "ensemble `e`: it does without its member `a`"
    assert combine.failure({"missing": [without, "model `a`: it failed in a task of its own"]}) is None
    assert combine.failure({"missing": [without, "ensemble `e`: too few members"]}) == "ensemble `e`: too few members"
    assert task("train b").failure({"missing": ["model `a`: it failed in a task of its own"]}) is None


def test_a_failed_gate_of_the_output_keeps_back_the_archive_only(progress):
    waves = follow(progress, lambda t: "too much" if t.id == "gate output" else {})
    assert waves[-1] == ["report"] and progress.gates == {"output": "too much"}
    progress.approved()
    assert follow(progress) == [["gate output"], ["report"], ["archive"]] and not progress.gates


def test_a_failed_gate_of_the_input_keeps_back_all(progress):
    waves = follow(progress, lambda t: "silent" if t.id == "gate input" else {})
    assert waves == [["validate"], ["gate input"]]
    progress.approved()
    assert follow(progress)[0] == ["gate input"] and "archive" in progress.passed


def test_any_other_failure_ends_the_run(progress):
    waves = follow(progress, lambda t: "disk full" if t.id == "map" else {})
    assert waves[-1] == ["gate output", "map"] and progress.failed == {"map": "disk full"}


@pytest.mark.parametrize("error", [TryAgain("store"), GateFailed("validation"), RuntimeError("the server is away")])
def test_what_is_not_the_fault_of_a_model_is_not_done_without_it(progress, error):
    waves = follow(progress, lambda t: error if t.id == "forecast a" else {})
    assert not progress.without and list(progress.failed) == ["forecast a"]
    assert not {"map", "archive"} & {t for wave in waves for t in wave}


def test_the_command_of_a_task(monkeypatch):
    program, job = Program("forewarn", "/here/c.toml"), task("map")
    assert job.call(program, (), None) == ["forewarn", *job.command]
    said = job.call(program, {"b", "a"}, "r1")
    assert said == ["forewarn", *job.command, "--without", "a", "--without", "b", "--of", "r1"]
    monkeypatch.setenv("FLOWS_CONFIG", "/there/c.toml")
    assert job.call(program, (), None)[3] == "/there/c.toml"


def test_a_plan_of_another_schema_is_refused(tmp_path):
    path = tmp_path / "program"
    tasks = [{"id": "map", "kind": "map", "needs": ["x"], "command": ["run"]}]
    path.write_text(f"#!/bin/sh\necho '{json.dumps({'schema': 1, 'name': 'n', 'tasks': tasks})}'\n")
    path.chmod(0o755)
    assert read(Program(str(path), "c.toml")) == [Task("map", "map", None, ("x",), ("run",))]
    path.write_text("#!/bin/sh\necho '{\"schema\": 2, \"tasks\": []}'\n")
    with pytest.raises(ValueError, match="schema 2, not 1"):
        read(Program(str(path), "c.toml"))
