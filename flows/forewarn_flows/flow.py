"""The flow `forewarn-run`: every task of the plan is a Prefect task that calls the program."""

import os
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext, TaskRunContext
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.futures import PrefectFuture, as_completed
from prefect.input import RunInput
from prefect.logging import get_run_logger
from prefect.states import Cancelled, Completed, Running, State
from prefect.states import Failed as FailedState
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from forewarn_flows import artifacts, plan
from forewarn_flows import program as programs
from forewarn_flows.plan import Progress, Task
from forewarn_flows.program import Failed, GateFailed, Program, Stopped, TryAgain

ALREADY = "already there"


class Approval(RunInput):
    """What a person says who lets a failed gate pass, or does not."""

    approve: bool = False
    by: str
    reason: str


def runner() -> TaskRunner:
    """Threads of this process, each of which waits for a program; with FLOWS_DASK a Dask cluster: the address of its
    scheduler, or the number of local workers."""
    dask = os.environ.get("FLOWS_DASK")
    if not dask:
        return ThreadPoolTaskRunner(max_workers=int(os.environ.get("FLOWS_WORKERS", "2")))
    from prefect_dask import DaskTaskRunner

    if dask.isdecimal():
        return DaskTaskRunner(cluster_kwargs={"n_workers": int(dask), "threads_per_worker": 1})
    return DaskTaskRunner(address=dask)


def _again(_task: object, _run: object, state: State) -> bool:
    return isinstance(state.data, TryAgain)


def _ended(flow_run_id: object) -> bool:
    """Whether somebody has cancelled the flow run, or it has crashed. A server that does not answer stops nothing."""
    try:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(flow_run_id).state
    except Exception:  # noqa: BLE001
        return False
    return state is not None and (state.is_cancelling() or state.is_final())


@task(name="forewarn", retry_condition_fn=_again, cache_policy=NO_CACHE, persist_result=False)
def perform(job: Task, program: Program, without: tuple[str, ...], run_id: str | None) -> dict:
    """Does a task of the plan. What it gives is small: ids, names, places."""
    logger = get_run_logger()

    def log(line: str) -> None:
        (logger.debug if line.endswith(ALREADY) else logger.info)(line)

    run = TaskRunContext.get().task_run.flow_run_id
    try:
        command = job.call(program, without, run_id)
        outcome = programs.run(command, log, lambda: _ended(run), env=programs.traced(run))
    except GateFailed as failed:
        if job.kind == "gate":
            artifacts.show_failed(job.of, str(failed), logger.warning)
        raise
    artifacts.show(job, outcome, logger.warning)
    if reason := job.failure(outcome):
        # Red where people look, though the program did its part.
        raise Failed(reason)
    return {key: outcome.get(key) for key in ("run", "folder", "report")} | {"missing": outcome.get("missing", [])}


@flow(name="forewarn-run", task_runner=runner(), persist_result=False)
def forewarn_run(
    config: str = "forewarn.toml",
    program: str = "forewarn",
    settings: list[str] | None = None,
    approvals: bool = True,
    approval_timeout: int = 86400,
    approval_poll: int = 10,
    retry_delays: list[float] | None = None,
) -> State:
    """Does a run of forewarn, from the observations to filed forecasts.

    Args:
        config: the configuration file
        program: the program
        settings: settings to be changed, `path=value`
        approvals: whether a failed gate waits for a person
        approval_timeout: seconds that it waits
        approval_poll: seconds between two looks whether somebody has answered
        retry_delays: seconds before each further attempt when a store cannot be reached
    """
    programs.go_on()
    called = Program(program, str(Path(config).absolute()), tuple(settings or ()))
    work = Progress(plan.read(called))
    delays = [10, 60, 300] if retry_delays is None else retry_delays
    try:
        while True:
            places = _follow(work, called, delays)
            if not (work.gates and approvals and not work.failed):
                break
            if not _approve(work, called, places, approval_timeout, approval_poll):
                break
    except Stopped as stopped:
        return Cancelled(message=str(stopped))
    finally:
        programs.stop_all()
    return _state(work, places)


def _follow(work: Progress, program: Program, delays: list[float]) -> dict:
    """Does what can be done, side by side; gives the newest outcome."""
    running: dict[PrefectFuture, Task] = {}
    # States, no futures: a cluster would do a task again whose future is held when the worker that has its result dies.
    done: dict[str, State] = {}
    places: dict = {}
    while True:
        for job in work.ready():
            work.begun.add(job.id)
            options = {"task_run_name": job.id, "tags": [f"forewarn-{job.kind}"]}
            options |= {"retries": len(delays), "retry_delay_seconds": delays}
            before = [done[need] for need in job.needs if need in done]
            arguments = (job, program, tuple(work.without), work.run_id)
            running[perform.with_options(**options).submit(*arguments, wait_for=before)] = job
        if not running:
            return places
        future = next(as_completed(list(running)))
        job = running.pop(future)
        try:
            outcome = future.result()
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001
            work.fails(job, error)
        else:
            done[job.id] = future.state
            work.done(job, outcome)
            places |= {key: value for key, value in outcome.items() if value}
        del future


def _approve(work: Progress, program: Program, places: dict, timeout: int, poll: int) -> bool:
    """Waits for a person; when they approve, says so to the program."""
    gates = "\n".join(f"* gate `{gate}`: {reason}" for gate, reason in work.gates.items())
    text = f"Nothing is filed as long as a gate fails. May it pass all the same?\n\n{gates}\n\n{places.get('report', '')}"
    try:
        answer = pause_flow_run(Approval.with_initial_data(description=text), timeout=timeout, poll_interval=poll)
    except FlowPauseTimeout:
        # Prefect has failed the run with words of its own; this one tells which gate it was.
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(FlowRunContext.get().flow_run.id, Running(), force=True)
        return False
    if not answer.approve:
        return False
    for gate in work.gates:
        said = ("--by", answer.by, "--reason", answer.reason)
        try:
            programs.run(program.configured("gate", "approve", gate, "--json", *said), get_run_logger().info)
        except Failed as refused:
            work.gates[gate] += f" (not approved: {refused})"
            return False
    work.approved()
    return True


def _state(work: Progress, places: dict) -> State:
    """How the flow run ends."""
    report = f"; report: {places['report']}" if places.get("report") else ""
    bad = work.failed | {f"gate {gate}": reason for gate, reason in work.gates.items()}
    if bad:
        reasons = "; ".join(f"`{name}` failed: {reason}" for name, reason in bad.items())
        return FailedState(message=f"nothing filed: {reasons}{report}")
    if work.missing or work.without:
        return FailedState(message=f"filed, but something is missing: {'; '.join(work.missing)}{report}")
    return Completed(message=f"run {work.run_id} is filed{report}")
