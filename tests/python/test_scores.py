"""The scores of the africa run, computed a second time: numpy only, from the written definitions.

Nothing here comes from the Rust code but the definitions, which are repeated below. The run they belong to is
examples/africa/forewarn.toml: 13,110 cells, monthly fatalities, origins 444 to 455, 36 steps, 100 draws.

Models, for unit u, origin o and step s
    zero            0
    no-change       the value at o
    conflictology   draw d is the value of one of the months o-11 .. o, oldest first, at the index
                    below(key(seed, u, o, s), d, 12), with seed = seed_for(seed of the run, name of the model in the run)
    mean, median    of the three above, rank by rank: each member's draws ascending (a point at every rank)

Random numbers, in arithmetic modulo 2^64, with mix the finaliser of SplitMix64 and G = 0x9E3779B97F4A7C15
    key(seed, a, b, ...)  k = mix(seed + G), then k = mix((k ^ x) + G) for x = a, b, ...
    number(key, i)        mix(key + (i + 1) * G)
    below(key, i, n)      ((number >> 32) * n) >> 32
    seed_for(seed, name)  number(key(seed, bytes of the name), 0)

Scores of the draws x_1 <= ... <= x_m against the truth y at month o+s; lower-case sums run over all rows pooled
    crps               mean |x_i - y| - sum_ij |x_i - x_j| / (2 m^2), the score of the empirical distribution
    mse mae bias msle  of the mean forecast f: (f-y)^2, |f-y|, f-y, (log(1+f) - log(1+y))^2
    brier              (p - [y >= 1])^2 with p the share of draws >= 1
    average-precision  sum over the thresholds of p, descending, of (increase in recall) * precision
    coverage           [q05 <= y <= q95], quantiles of type 7 (Hyndman and Fan 1996)
    interval-score     (q95 - q05) + 20 (q05 - y)+ + 20 (y - q95)+

Use: pytest tests/python/test_scores.py, with FOREWARN_BIN (the program, which is then run) or FOREWARN_AFRICA_RUN (the
folder of a run that was done); or python tests/python/test_scores.py --write numbers.json, which only computes.
"""

import argparse
import json
import os
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "examples/africa/forewarn.toml"
DATA = ROOT.parent / "shared/data/conflict/pgm_ged211_views_ame_dense.parquet"

ORIGINS = range(444, 456)
STEPS = range(1, 37)
DRAWS = 100
WINDOW = 12
MODELS = ("zero", "no-change", "conflictology", "mean", "median")
METRICS = ("crps", "mse", "mae", "bias", "msle", "brier", "coverage", "interval-score", "average-precision")
# What is summed over rows; "ties" counts the rows whose coverage depends on rounding (see `is_tie`).
SUMS = (*METRICS[:-1], "ties")

# Values are f32 in the run and sums f64 in both.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Panel:
    """Values on months x units without gaps; `first` is the month of the first row."""

    units: np.ndarray
    first: int
    values: np.ndarray

    def month(self, month: int) -> np.ndarray:
        assert self.first <= month < self.first + len(self.values), month
        return self.values[month - self.first]

    def pool(self, origin: int) -> np.ndarray:
        """The last WINDOW months up to the origin, oldest first: WINDOW x units."""
        end = origin - self.first + 1
        assert end >= WINDOW
        return self.values[end - WINDOW : end]


# ---------------------------------------------------------------- random numbers

G = np.uint64(0x9E3779B97F4A7C15)


def mix(x):
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def key(seed, *address):
    """Of one address, or of many at once when a part of it is an array."""
    k = mix(np.uint64(seed) + G)
    for x in address:
        k = mix((k ^ np.asarray(x, np.uint64)) + G)
    return k


def number(key, i):
    return mix(key + (np.asarray(i, np.uint64) + np.uint64(1)) * G)


def below(key, i, n):
    return ((number(key, i) >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)


def seed_for(seed, name):
    return number(key(seed, *name.encode()), 0)


# ---------------------------------------------------------------- forecasts


def conflictology(panel, rows, origin, step, seed):
    """Draws of the units at `rows`, ascending: rows x DRAWS."""
    keys = key(seed, panel.units[rows], origin, step)
    index = below(keys[:, None], np.arange(DRAWS), WINDOW).astype(np.intp)
    return np.sort(np.take_along_axis(panel.pool(origin)[:, rows].T, index, axis=1), axis=1)


def forecasts(panel, rows, origin, step, seed):
    """Model to its draws of the units at `rows`, ascending, one column for a point."""
    draws = conflictology(panel, rows, origin, step, seed)
    last = panel.month(origin)[rows][:, None]
    at_rank = np.stack([np.zeros_like(draws), np.broadcast_to(last, draws.shape), draws])
    mean = (at_rank.sum(axis=0, dtype=np.float64) / len(at_rank)).astype(np.float32)
    return {
        "zero": np.zeros_like(last),
        "no-change": last,
        "conflictology": draws,
        "mean": mean,
        "median": np.median(at_rank, axis=0).astype(np.float32),
    }


# ---------------------------------------------------------------- scores


def quantile(x, p):
    """Type 7, of rows that ascend."""
    h = (x.shape[1] - 1) * p
    low = int(h)
    high = min(low + 1, x.shape[1] - 1)
    return x[:, low] + (h - low) * (x[:, high] - x[:, low])


def is_tie(x, p, y):
    """Whether an interpolated quantile hits the truth, but for rounding: then either answer about coverage is right."""
    low = int((x.shape[1] - 1) * p)
    constant = x[:, low] == x[:, min(low + 1, x.shape[1] - 1)]
    return ~constant & np.isclose(quantile(x, p), y, rtol=1e-9, atol=1e-9)


def sums_of(x, y):
    """The sum of each score in SUMS over rows of ascending draws x and their truth y."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    m = x.shape[1]
    spread = x @ (2 * np.arange(1, m + 1) - m - 1) / m**2
    f = x.mean(axis=1)
    p = (x >= 1).mean(axis=1)
    low, high = quantile(x, 0.05), quantile(x, 0.95)
    each = {
        "crps": np.abs(x - y[:, None]).mean(axis=1) - spread,
        "mse": (f - y) ** 2,
        "mae": np.abs(f - y),
        "bias": f - y,
        "msle": (np.log1p(f) - np.log1p(y)) ** 2,
        "brier": (p - (y >= 1)) ** 2,
        "coverage": (low <= y) & (y <= high),
        "interval-score": (high - low) + 20 * np.maximum(low - y, 0) + 20 * np.maximum(y - high, 0),
        "ties": is_tie(x, 0.05, y) | is_tie(x, 0.95, y),
    }
    return np.array([each[name].sum() for name in SUMS])


def events_of(x, y):
    """Counts by (event, percent of draws >= 1): average precision needs no more of a row than these two."""
    percent = np.rint(100 * (x >= 1).mean(axis=1)).astype(int)
    counts = np.zeros((2, 101))
    np.add.at(counts, ((y >= 1).astype(int), percent), 1)
    return counts


def average_precision(counts):
    none, events = counts[:, ::-1].cumsum(axis=1)
    if events[-1] == 0:
        return None
    flagged = none + events
    precision = np.divide(events, flagged, out=np.zeros_like(events), where=flagged > 0)
    return float(np.diff(events, prepend=0) @ precision / events[-1])


def tallies(panel, seed, origins, steps):
    """Model to (sums: origins x steps x SUMS, events: origins x steps x 2 x 101).

    A unit that is zero in the whole window is forecast as zero by every model; such units (97 in 100) are scored
    together, without draws.
    """
    shape = (len(origins), len(steps))
    out = {name: (np.zeros((*shape, len(SUMS))), np.zeros((*shape, 2, 101))) for name in MODELS}
    for i, origin in enumerate(origins):
        active = panel.pool(origin).any(axis=0)
        rows = np.flatnonzero(active)
        for j, step in enumerate(steps):
            truth = panel.month(origin + step)
            quiet = truth[~active]
            zero = np.zeros((len(quiet), 1), np.float32)
            quiet_sums, quiet_events = sums_of(zero, quiet), events_of(zero, quiet)
            for name, draws in forecasts(panel, rows, origin, step, seed).items():
                sums, events = out[name]
                sums[i, j] = quiet_sums + sums_of(draws, truth[rows])
                events[i, j] = quiet_events + events_of(draws, truth[rows])
    return out


def pools(origins, steps):
    """(group, key, mask of origins x steps)."""
    o, s = np.meshgrid(origins, steps, indexing="ij")
    yield "all", None, np.ones(o.shape, bool)
    for group, keys in (("step", s), ("origin", o), ("month", o + s)):
        for k in np.unique(keys):
            yield group, int(k), keys == k


def numbers(panel, seed, origins=ORIGINS, steps=STEPS):
    """Every score of every pool: (model, metric, group, key) to (value, rows). The seed is that of conflictology."""
    out = {}
    for model, (sums, events) in tallies(panel, seed, origins, steps).items():
        for group, k, mask in pools(origins, steps):
            n = int(mask.sum()) * len(panel.units)
            for name, total in zip(SUMS, sums[mask].sum(axis=0)):
                out[model, name, group, k] = (float(total) / n, n)
            out[model, "average-precision", group, k] = (average_precision(events[mask].sum(axis=0)), n)
    return out


# ---------------------------------------------------------------- the data and the run


def africa():
    """The panel of the africa example."""
    import pyarrow.parquet as pq

    table = pq.read_table(DATA, columns=["gid", "month_id", "ged_sb_best"])
    gid, month, value = (table[name].to_numpy() for name in table.column_names)
    units, first = np.unique(gid), int(month.min())
    values = np.full((int(month.max()) - first + 1, len(units)), np.nan, np.float32)
    values[month - first, np.searchsorted(units, gid)] = value
    assert not np.isnan(values).any(), "the definitions above have no missing months"
    return Panel(units, first, values)


def run_names():
    """Algorithm to its name in the run: each model and ensemble is a file beside the configuration."""
    files = (*CONFIG.parent.glob("models/*.toml"), *CONFIG.parent.glob("ensembles/*.toml"))
    return {tomllib.loads(file.read_text())["algorithm"]: file.stem for file in files}


def expected_scores():
    """What the scores of the example must be."""
    seed = seed_for(tomllib.loads(CONFIG.read_text())["seed"], run_names()["conflictology"])
    return numbers(africa(), seed)


def run_scores(folder):
    """The scores that a run wrote, in the form of `numbers`."""
    (path,) = Path(folder).glob("runs/*/scores.json")
    algorithms = {name: algorithm for algorithm, name in run_names().items()}
    rows = json.loads(path.read_text())["scores"]
    return {(algorithms[r["model"]], r["metric"], r["group"], r["key"]): (r["value"], r["n"]) for r in rows}


def run_africa(binary, folder):
    """Runs the example with its output in `folder`, without the settings that the environment may hold."""
    command = [binary, "evaluate", "-c", str(CONFIG), "--set", f"output={folder}"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FOREWARN_")}
    done = subprocess.run(command, env=clean, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stderr[-4000:]}"


def differs(expected, found, slack):
    """What is wrong with a (value, rows) of the run, if anything; `slack` is an absolute difference that is none."""
    (a, n), (b, m) = expected, found
    if n != m:
        return f"{m} rows, expected {n}"
    if (a is None) != (b is None):
        return f"{b}, expected {a}"
    if a is not None and abs(a - b) > TOLERANCE * abs(a) + slack:
        return f"{b!r}, expected {a!r}"
    return None


def compare(expected, found):
    """Lines that say where the run's scores differ from ours."""
    wrong = []
    for (model, metric, group, k), ours in expected.items():
        if metric == "ties":
            continue
        slack = 0.0
        if metric == "bias":  # a small difference of large sums
            slack = TOLERANCE * expected[model, "mae", group, k][0]
        elif metric == "coverage":
            slack = expected[model, "ties", group, k][0]
        theirs = found.get((model, metric, group, k))
        reason = "absent" if theirs is None else differs(ours, theirs, slack)
        if reason:
            wrong.append(f"{model} {metric}, {group} {k}: {reason}")
    return wrong


# ---------------------------------------------------------------- a slow twin, in plain Python


def slow_forecast(panel, row, origin, step, seed):
    """Model to its draws for one unit, ascending; whole numbers and lists, one draw at a time."""
    wrap, g = (1 << 64) - 1, int(G)

    def mix(x):
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & wrap
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & wrap
        return x ^ (x >> 31)

    k = mix((seed + g) & wrap)
    for x in (int(panel.units[row]), origin, step):
        k = mix(((k ^ x) + g) & wrap)
    pool = [float(panel.values[m - panel.first, row]) for m in range(origin - WINDOW + 1, origin + 1)]
    draws = sorted(pool[((mix((k + (d + 1) * g) & wrap) >> 32) * WINDOW) >> 32] for d in range(DRAWS))
    last = pool[-1]
    return {
        "zero": [0.0],
        "no-change": [last],
        "conflictology": draws,
        "mean": [float(np.float32((0.0 + last + d) / 3)) for d in draws],
        "median": [sorted([0.0, last, d])[1] for d in draws],
    }


def slow_scores(x, y):
    """The scores of one row, each as its definition reads."""
    m = len(x)
    f, p = sum(x) / m, sum(v >= 1 for v in x) / m

    def q(level):
        h = (m - 1) * level
        i = int(h)
        return x[i] if i + 1 == m else x[i] + (h - i) * (x[i + 1] - x[i])

    pairs = sum(abs(a - b) for a in x for b in x)
    return {
        "crps": sum(abs(v - y) for v in x) / m - pairs / (2 * m * m),
        "mse": (f - y) ** 2,
        "mae": abs(f - y),
        "bias": f - y,
        "msle": (np.log(1 + f) - np.log(1 + y)) ** 2,
        "brier": (p - (y >= 1)) ** 2,
        "coverage": float(q(0.05) <= y <= q(0.95)),
        "interval-score": q(0.95) - q(0.05) + 20 * max(q(0.05) - y, 0) + 20 * max(y - q(0.95), 0),
    }


def slow_average_precision(p, event):
    """From the precision and recall at each distinct probability, highest first."""
    total, before = sum(event), 0.0
    area = 0.0
    for threshold in sorted(set(p), reverse=True):
        flagged = [e for q, e in zip(p, event) if q >= threshold]
        recall = sum(flagged) / total
        area += (recall - before) * sum(flagged) / len(flagged)
        before = recall
    return area


# ---------------------------------------------------------------- tests


@pytest.fixture(autouse=True)
def wrapping_arithmetic():
    """Arithmetic modulo 2^64 is meant."""
    with np.errstate(over="ignore"):
        yield


def small_panel():
    """Twelve units, 30 months: mostly zeros, some large values, some units that are never zero."""
    chance = np.random.default_rng(5)
    counts = np.floor(chance.pareto(0.8, size=(30, 12)))
    counts[chance.random(counts.shape) < np.linspace(0.0, 1.0, 12)] = 0
    return Panel(np.arange(100, 112), 7, counts.astype(np.float32))


def test_random_numbers_follow_their_definition():
    stream = key(42, 62_356, 444, 1)
    assert number(stream, 0) == 0x0A3992774021B568
    assert below(stream, 1, 12) == 11
    assert seed_for(42, "conflictology") == 0xB0ACE12101786086


def test_scores_of_cases_worked_by_hand():
    total = dict(zip(SUMS, sums_of(np.array([[0.0, 2.0]]), np.array([1.0]))))
    # mean |x-y| = 1, all pairs: (0 + 2 + 2 + 0) / 8 = 0.5; quantiles 0.1 and 1.9; one draw of two is >= 1.
    assert total["crps"] == 0.5
    assert (total["mse"], total["bias"], total["msle"], total["coverage"]) == (0.0, 0.0, 0.0, 1.0)
    assert total["brier"] == 0.25
    assert total["interval-score"] == pytest.approx(1.8)
    # The quantile 0.05 of 0 and 20 is 1 but for rounding; between equal draws nothing is rounded.
    assert [sums_of(np.array([x]), np.array([1.0]))[-1] for x in ([0.0, 20.0], [1.0, 1.0], [0.0, 21.0])] == [1, 0, 0]
    # Outside by 1 on an interval of width 0: 20.
    missed = dict(zip(SUMS, sums_of(np.array([[3.0]]), np.array([4.0]))))
    assert (missed["interval-score"], missed["crps"], missed["bias"]) == (20.0, 1.0, -1.0)
    # Ranked: event, none, event -> 1/2 * 1 + 1/2 * 2/3.
    draws = np.array([[1.0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1]])
    assert average_precision(events_of(draws, np.array([1.0, 0.0, 5.0]))) == pytest.approx(5 / 6)
    assert average_precision(events_of(draws, np.zeros(3))) is None


def test_the_fast_and_the_slow_computation_agree():
    panel, origins, steps = small_panel(), range(20, 22), range(1, 4)
    seed = 0xB0ACE12101786086
    rows = {name: [] for name in MODELS}
    for origin in origins:
        for step in steps:
            for unit in range(len(panel.units)):
                y = float(panel.month(origin + step)[unit])
                for name, x in slow_forecast(panel, unit, origin, step, seed).items():
                    rows[name].append((origin, step, x, y))
    fast = numbers(panel, seed, origins, steps)
    assert fast["conflictology", "crps", "all", None][0] > 0.1, "the panel is too quiet to test anything"
    for (model, metric, group, k), (value, n) in fast.items():
        if metric == "ties":
            continue
        at = {"all": lambda o, s: None, "step": lambda o, s: s, "origin": lambda o, s: o, "month": lambda o, s: o + s}
        chosen = [(x, y) for o, s, x, y in rows[model] if at[group](o, s) == k]
        if metric == "average-precision":
            p = [sum(v >= 1 for v in x) / len(x) for x, _ in chosen]
            slow = slow_average_precision(p, [y >= 1 for _, y in chosen])
        else:
            slow = sum(slow_scores(x, y)[metric] for x, y in chosen) / len(chosen)
        assert n == len(chosen)
        assert value == pytest.approx(slow, rel=1e-12, abs=1e-14), (model, metric, group, k)


def test_a_wrong_score_is_noticed():
    ours = {("m", "mae", "all", None): (2.0, 10), ("m", "bias", "all", None): (1e-9, 10)}
    cover = {("m", "coverage", "all", None): (0.5, 10), ("m", "ties", "all", None): (0.1, 10)}
    assert compare(cover, {("m", "coverage", "all", None): (0.6, 10)}) == [], "one row of ten may be either"
    assert compare(cover, {("m", "coverage", "all", None): (0.7, 10)}) != []
    assert compare(ours, dict(ours)) == []
    assert compare(ours, {**ours, ("m", "mae", "all", None): (2.00001, 10)}) == ["m mae, all None: 2.00001, expected 2.0"]
    assert compare(ours, {**ours, ("m", "bias", "all", None): (1.1e-6, 10)}) == [], "within 1e-6 of the errors' size"
    assert "9 rows" in compare(ours, {**ours, ("m", "mae", "all", None): (2.0, 9)})[0]
    assert "absent" in compare(ours, {("m", "mae", "all", None): (2.0, 10)})[0]
    assert "None, expected" in compare(ours, {**ours, ("m", "mae", "all", None): (None, 10)})[0]


def test_the_africa_run_has_these_scores(tmp_path):
    folder, binary = os.environ.get("FOREWARN_AFRICA_RUN"), os.environ.get("FOREWARN_BIN")
    missing = [str(p) for p in (DATA, CONFIG) if not p.exists()] or ([] if folder or binary else ["FOREWARN_BIN"])
    if missing:
        reason = f"skipped: there is no {', '.join(missing)}"
        (pytest.fail if "CI" in os.environ else pytest.skip)(reason)
    if not folder:
        folder = tmp_path
        run_africa(binary, folder)
    wrong = compare(expected_scores(), run_scores(folder))
    assert not wrong, f"{len(wrong)} scores differ:\n" + "\n".join(wrong[:40])


def main():
    parser = argparse.ArgumentParser(description="Computes the scores of the africa run with numpy.")
    parser.add_argument("--write", type=Path, help="JSON file for all scores, in the form of the run's scores.json")
    args = parser.parse_args()
    with np.errstate(over="ignore"):
        found = expected_scores()
    if args.write:
        names = ("model", "metric", "group", "key", "value", "n")
        rows = [dict(zip(names, (*address, *score))) for address, score in found.items() if address[1] != "ties"]
        args.write.write_text(json.dumps({"scores": rows}, indent=1))
    for model in MODELS:
        print(model, *(f"{m}={found[model, m, 'all', None][0]:.9g}" for m in METRICS))


if __name__ == "__main__":
    main()
