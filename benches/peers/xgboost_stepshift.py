#!/usr/bin/env python3
"""What separate calls of Python's xgboost cost for a step-shifted forecast: one model a step, the rows quantised each time.

    xgboost_stepshift.py FEATURES.parquet --units N --train-periods T [--steps 1,12,36] [--threads 1,2]

FEATURES.parquet has one row a period and unit, ordered by period and then unit, N units a period: every column is a
feature but `target`, `period` and `unit`; `reach features` in benches/examples writes such a file. The model of step s learns
the target of period t + s from the row of period t, for all pairs that lie in the first T periods. It is scored on the pairs
whose target lies after them and whose row is of the last of the T periods or later. Prints one JSON line a step and number
of threads: CPU and wall seconds of the training (with the making of its matrix), its peak of memory above the rows that it
is given, and the mean squared error and mean Poisson deviance on the rows that were held out.

Settings: hist, 100 trees, depth 6, and XGBoost's defaults but for those that are given (--objective, --learning-rate).
"""

import argparse
import json
import os
import resource
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import xgboost


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory(name):
    """`VmRSS` (resident now) or `VmHWM` (peak since the last reset) in MB, from Linux's /proc."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) * 1.024e-3


def reset_peak():
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")


def whole_numbers(text):
    return [int(part) for part in text.split(",")]


def read(path, units):
    """Features (periods x units x features) and target (periods x units), both f32."""
    table = pq.read_table(path)
    names = [name for name in table.column_names if name not in ("period", "unit", "target")]
    if table.num_rows % units:
        sys.exit(f"{table.num_rows} rows are no whole number of periods of {units} units")
    columns = [table[name].to_numpy().astype(np.float32) for name in names]
    features = np.stack(columns, axis=1).reshape(-1, units, len(names))
    return features, table["target"].to_numpy().astype(np.float32).reshape(-1, units)


def pairs(features, target, first, end, step):
    """Rows of the periods first .. end - step with their targets a step later, without targets that are missing."""
    x = features[first : end - step].reshape(-1, features.shape[2])
    y = target[first + step : end].reshape(-1)
    seen = ~np.isnan(y)
    return x[seen], y[seen]


def poisson_deviance(y, f):
    f = np.maximum(f.astype(np.float64), 1e-12)
    log = np.log(np.where(y > 0, y / f, 1.0))
    return float(2 * np.mean(y * log - (y - f)))


def run(features, target, train_periods, step, threads, args):
    x, y = pairs(features, target, 0, train_periods, step)
    settings = {
        "objective": args.objective,
        "tree_method": "hist",
        "max_depth": args.depth,
        "learning_rate": args.learning_rate,
        "max_bin": args.max_bin,
        "nthread": threads,
        "base_score": max(float(y.mean()), 1e-6),
    }
    reset_peak()
    resident, cpu, wall = memory("VmRSS"), cpu_seconds(), time.perf_counter()
    model = xgboost.train(settings, xgboost.DMatrix(x, y, nthread=threads), num_boost_round=args.trees)
    cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
    line = {"step": step, "threads": threads, "rows": len(y), "columns": x.shape[1], "cpu_s": cpu, "wall_s": wall}
    line["peak_above_rows_mb"] = memory("VmHWM") - resident
    # The origins of these rows are the last period of the training and later ones; none of their targets was seen.
    x, y = pairs(features, target, train_periods - 1, len(target), step)
    if len(y):
        found = model.predict(xgboost.DMatrix(x, nthread=threads))
        line |= {"held_out": len(y), "mse": float(np.mean((found.astype(np.float64) - y) ** 2))}
        line["poisson_deviance"] = poisson_deviance(y.astype(np.float64), found) if y.min() >= 0 else None
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in line.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("features")
    parser.add_argument("--units", type=int, required=True)
    parser.add_argument("--train-periods", type=int, required=True)
    parser.add_argument("--steps", type=whole_numbers, default=list(range(1, 37)), help="which of them; default 1 to 36")
    parser.add_argument("--threads", type=whole_numbers, default=sorted({1, os.cpu_count() or 1}))
    parser.add_argument("--objective", default="count:poisson")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--learning-rate", type=float, default=0.3)
    parser.add_argument("--max-bin", type=int, default=256)
    args = parser.parse_args()
    features, target = read(args.features, args.units)
    if not max(args.steps) < args.train_periods <= len(target):
        sys.exit(f"{args.train_periods} of {len(target)} periods do not hold a pair of step {max(args.steps)}")
    for threads in args.threads:
        for step in args.steps:
            print(json.dumps(run(features, target, args.train_periods, step, threads, args)), flush=True)


if __name__ == "__main__":
    main()
