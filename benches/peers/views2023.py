"""Countries, January to December 2018: the models of examples/countries as if it were November 2017, beside the
benchmarks of the VIEWS prediction competition of 2023 (bootstrap of all countries; last observed value with Poisson
draws). Both knew the months to October 2017 and forecast steps 3 to 14.

    python benches/peers/views2023.py target/debug/forewarn ../shared/data

Prints one line a forecast: CRPS (fair estimator, so that 100 and 1000 draws can be compared), average precision of any
death, Brier score of any death, n = 191 countries x 12 months; then the skill of each model against each benchmark with
an interval of 90 % from drawing the months in blocks of three anew. Truth: the actuals that the competition scored by.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

CUT, FIRST, LAST = 454, 457, 468  # October 2017, January and December 2018
REPLICATES, BLOCK = 2000, 3


def forecasts_of_ours(binary, data, folder):
    """Runs the example on what was known in October 2017; the issued forecast of every model, months x countries x draws."""
    table = pd.read_parquet(data / "conflict/cm_ged_views2020.parquet")
    known = folder / "known.parquet"
    table[table.month_id <= CUT].to_parquet(known)
    config = pathlib.Path(__file__).parents[2] / "examples/countries/forewarn.toml"
    settings = [
        f'source.path="{known}"',
        f'output="{folder / "out"}"',
        'partitions.calibration={train=["1990-01","2012-12"],test=["2013-01","2016-12"]}',
    ]
    command = [binary, "run", "-c", str(config)] + [part for s in settings for part in ("--set", s)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for manifest in sorted((folder / "out/archive").rglob("manifest.json")):
        about = json.loads(manifest.read_text())
        yield about["name"], pd.read_parquet(next(manifest.parent.glob("forecast*.parquet")))


def draws_of(frame, column, units):
    """Draws of the units in 2018, rows ordered by month and unit; a missing one is an error."""
    rows = frame.set_index(["month_id", "country_id"])[column]
    wanted = [(month, unit) for month in range(FIRST, LAST + 1) for unit in units]
    values = [np.atleast_1d(rows.loc[key]) for key in wanted]
    draws = np.stack(values).astype(float)
    assert np.isfinite(draws).all(), "a forecast is missing"
    return draws


def fair_crps(draws, truth):
    """Mean |x - y| less half the mean |x - x'| over different draws; draws on rows x draws."""
    m = draws.shape[1]
    ordered = np.sort(draws, axis=1)
    spread = (ordered * (2 * np.arange(1, m + 1) - m - 1)).sum(axis=1) / (m * (m - 1))
    return np.abs(draws - truth[:, None]).mean(axis=1) - spread


def average_precision(probability, event):
    """Area under precision by recall, ties as one threshold."""
    order = np.argsort(-probability, kind="stable")
    p, e = probability[order], event[order]
    last = np.r_[np.flatnonzero(np.diff(p)), len(p) - 1]
    hits = np.cumsum(e)[last]
    return float((np.diff(np.r_[0, hits]) * hits / (last + 1)).sum() / hits[-1])


def scores_by_month(draws, truth, months):
    """What is averaged over months: fair CRPS and Brier score a month; what average precision is made of."""
    event, probability = truth > 0, (draws > 0).mean(axis=1)
    if draws.shape[1] == 1:
        crps = np.abs(draws[:, 0] - truth)
    else:
        crps = fair_crps(draws, truth)
    brier = (probability - event) ** 2
    pick = [months == month for month in range(FIRST, LAST + 1)]
    return {
        "crps": np.array([crps[rows].mean() for rows in pick]),
        "brier": np.array([brier[rows].mean() for rows in pick]),
        "pairs": [(probability[rows], event[rows]) for rows in pick],
    }


def pooled(scores, metric, months):
    if metric == "ap":
        pairs = [scores["pairs"][month] for month in months]
        return average_precision(np.concatenate([p for p, _ in pairs]), np.concatenate([e for _, e in pairs]))
    return scores[metric][months].mean()


def skill(ours, theirs, metric, months):
    a, b = pooled(ours, metric, months), pooled(theirs, metric, months)
    return (a - b) / (1 - b) if metric == "ap" else 1 - a / b


def replicates():
    """Months of each replicate: whole blocks, circular, so that every month is drawn as often."""
    random = np.random.default_rng(42)
    count = LAST - FIRST + 1
    starts = random.integers(0, count, (REPLICATES, -(-count // BLOCK)))
    return ((starts[:, :, None] + np.arange(BLOCK)).reshape(REPLICATES, -1)[:, :count]) % count


def main():
    binary, data = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    actuals = pd.read_csv(data / "forecasts/views2023_competition_cm_actuals_2018_2024_04.csv.gz")
    benchmarks = {
        name: pd.read_parquet(data / f"forecasts/views2023_bm_cm_{name}_2018.parquet")
        for name in ["bootstrap", "last_historical_poisson"]
    }
    units = sorted(set(actuals[actuals.month_id == FIRST].country_id))
    truth = draws_of(actuals, "ged_sb", units)[:, 0]
    months = np.repeat(np.arange(FIRST, LAST + 1), len(units))
    theirs = {}
    for name, frame in benchmarks.items():
        wide = frame.groupby(["month_id", "country_id"]).outcome.apply(np.array).reset_index()
        theirs[name] = scores_by_month(draws_of(wide, "outcome", units), truth, months)
    with tempfile.TemporaryDirectory() as folder:
        made = forecasts_of_ours(binary, data, pathlib.Path(folder))
        ours = {
            name: scores_by_month(draws_of(frame, "pred_ged_sb_best", units), truth, months)
            for name, frame in made
        }
    whole = np.arange(LAST - FIRST + 1)
    print(f"{len(units)} countries, {len(whole)} months, {int(truth.sum())} deaths")
    for name, scores in (theirs | ours).items():
        values = "  ".join(f"{metric} {pooled(scores, metric, whole):.4f}" for metric in ["crps", "ap", "brier"])
        print(f"{name:26} {values}")
    drawn = replicates()
    for name, scores in ours.items():
        for benchmark, reference in theirs.items():
            for metric in ["crps", "ap", "brier"]:
                all_skills = [skill(scores, reference, metric, months) for months in drawn]
                low, high = np.quantile(all_skills, [0.05, 0.95])
                value = skill(scores, reference, metric, whole)
                print(f"{name:14} against {benchmark:24} {metric:6} {value:+.1%} ({low:+.1%} to {high:+.1%})")


if __name__ == "__main__":
    main()
