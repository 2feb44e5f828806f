"""`python -m forewarn_flows run CONFIG`, and `serve CONFIG --cron ..` for every month."""

import argparse
import os
import sys


def main() -> int:
    """Runs the flow, or serves it; 0 when it ended well."""
    parser = argparse.ArgumentParser(prog="forewarn_flows", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, text in (("run", "does a run now"), ("serve", "does runs on a schedule, until it is stopped")):
        added = verbs.add_parser(verb, help=text)
        added.add_argument("config", help="the configuration file")
        added.add_argument("--program", default=os.environ.get("FLOWS_PROGRAM", "forewarn"))
        added.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="a setting to be changed")
        added.add_argument("--workers", type=int, help="tasks side by side on this machine (2)")
        added.add_argument("--dask", help="address of a Dask scheduler, or a number of local workers")
        added.add_argument("--no-approval", action="store_true", help="a failed gate waits for nobody")
        added.add_argument("--approval-timeout", type=int, default=86400, metavar="SECONDS")
        added.add_argument("--approval-poll", type=int, default=10, metavar="SECONDS")
        added.add_argument("--retry-delays", type=float, nargs="*", default=[10, 60, 300], metavar="SECONDS")
    added.add_argument("--cron", default="0 6 5 * *", help="when (%(default)s: on the 5th of each month at 6)")
    said = parser.parse_args()
    # The flow is made when its module is read, here and in the processes of a served flow.
    for name, value in (("FLOWS_DASK", said.dask), ("FLOWS_WORKERS", said.workers)):
        if value is not None:
            os.environ[name] = str(value)
    from forewarn_flows.flow import forewarn_run

    parameters = {
        "config": os.path.abspath(said.config),
        "program": said.program,
        "settings": said.set,
        "approvals": not said.no_approval,
        "approval_timeout": said.approval_timeout,
        "approval_poll": said.approval_poll,
        "retry_delays": said.retry_delays,
    }
    if said.verb == "serve":
        forewarn_run.serve(name="monthly", cron=said.cron, parameters=parameters)
        return 0
    state = forewarn_run(**parameters, return_state=True)
    print(f"{state.name}: {state.message}")
    return 0 if state.is_completed() else 1


if __name__ == "__main__":
    sys.exit(main())
