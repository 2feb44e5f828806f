"""The plan of a run: its tasks, and what has become of each."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from forewarn_flows.program import Failed, GateFailed, Program, run

SCHEMA = 1
OF_MODELS = ("train", "forecast", "backtest", "combine")


@dataclass(frozen=True)
class Task:
    """A part of a run that a process of its own can do."""

    id: str
    kind: str
    of: str | None
    needs: tuple[str, ...]
    command: tuple[str, ...]

    def call(self, program: Program, without: Iterable[str], run_id: str | None) -> list[str]:
        """The command that does it."""
        words = list(self.command)
        if config := os.environ.get("FLOWS_CONFIG"):
            words[words.index("--config") + 1] = config
        words += [word for name in sorted(without) for word in ("--without", name)]
        return program.command(*words, *(("--of", run_id) if run_id else ()))

    def failure(self, outcome: dict) -> str | None:
        """Why the model or ensemble has to be done without after all, from the outcome of its task."""
        if self.kind not in OF_MODELS:
            return None
        begins = tuple(f"{what} `{self.of}`" for what in ("model", "forecast of", "ensemble"))
        ours = [m for m in outcome.get("missing", []) if m.lower().startswith(begins)]
        return next((m for m in ours if "does without its member" not in m), None)


def read(program: Program) -> list[Task]:
    """The tasks of the run, in an order in which they can be done."""
    plan = run(program.configured("plan", "--json"))
    if plan.get("schema") != SCHEMA:
        raise ValueError(f"the plan has schema {plan.get('schema')}, not {SCHEMA}: program and flows are of different versions")
    tasks = plan["tasks"]
    return [Task(t["id"], t["kind"], t.get("of"), tuple(t["needs"]), tuple(t["command"])) for t in tasks]


@dataclass
class Progress:
    """What has become of the tasks of a plan. Knows nothing of Prefect."""

    tasks: list[Task]
    run_id: str | None = None
    begun: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)  # done, or done without
    without: set[str] = field(default_factory=set)
    gates: dict[str, str] = field(default_factory=dict)  # those that failed, and why
    failed: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def ready(self) -> list[Task]:
        """Tasks that can begin now. What belongs to a model that failed is passed over, once what it needs has ended."""
        found = []
        for task in self.tasks:
            if task.id in self.begun or not self.passed.issuperset(task.needs):
                continue
            if task.kind in OF_MODELS and task.of in self.without:
                self.begun.add(task.id)
                self.passed.add(task.id)
            elif task.kind != "archive" or not self.gates:
                found.append(task)
        return found

    def done(self, task: Task, outcome: dict) -> None:
        """The program has done a task, perhaps with something missing."""
        self.run_id = self.run_id or outcome.get("run")
        self.passed.add(task.id)
        self.missing += [m for m in outcome.get("missing", []) if m not in self.missing]
        if task.failure(outcome):
            self.without.add(task.of)

    def fails(self, task: Task, error: Exception) -> None:
        """A task has failed. A gate that is not of the input lets report and maps be made; a model whose program has failed is
        done without. A store or a server that is away, or a worker that died, says nothing of a model: the run ends."""
        if isinstance(error, GateFailed) and task.kind == "gate":
            self.gates[task.of] = str(error)
            if task.of != "input":
                self.passed.add(task.id)
        elif type(error) is Failed and task.kind in OF_MODELS:
            self.without.add(task.of)
            self.passed.add(task.id)
            self.missing.append(f"{task.id}: {error}")
        else:
            self.failed[task.id] = str(error)

    def approved(self) -> None:
        """A person lets the failed gates pass: they are asked again, and the report is made again."""
        again = {t.id for t in self.tasks if t.kind == "report" or (t.kind == "gate" and t.of in self.gates)}
        self.begun -= again
        self.passed -= again
        self.gates.clear()
