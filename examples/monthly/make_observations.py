"""Writes observations.csv: deaths of 40 countries by month, from January 2005 to the month that is told.

    python3 make_observations.py 2024-11                   the file as it is in good order
    python3 make_observations.py 2024-12 --fault silent    the last month is all zero, as when a download was cut
    python3 make_observations.py 2024-12 --fault repeated  the last month is that before it once more

The same months are the same numbers every time, so that a later file only adds months.
"""

import argparse
import math
import random
from pathlib import Path

COUNTRIES = range(40, 80)
FIRST_YEAR = 2005


def deaths(country: int, months: int) -> list[int]:
    """Counts that follow one another, with many zeros and a heavy tail, of the first `months` months."""
    chance = random.Random(country)
    level = chance.uniform(-2, 4)
    heat, counts = 0.0, []
    for _ in range(months):
        heat = 0.9 * heat + chance.gauss(0, 0.5)
        counts.append(int(math.exp(level + heat) * chance.expovariate(1)))
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("last", help="last month, such as 2024-11")
    parser.add_argument("--fault", choices=["silent", "repeated"], help="what is wrong with the last month")
    arguments = parser.parse_args()
    year, month = map(int, arguments.last.split("-"))
    months = (year - FIRST_YEAR) * 12 + month
    # Month 1 is January 1980.
    before = (FIRST_YEAR - 1980) * 12
    rows = ["country_id,month_id,deaths"]
    for country in COUNTRIES:
        counts = deaths(country, months)
        if arguments.fault:
            counts[-1] = counts[-2] if arguments.fault == "repeated" else 0
        rows += [f"{country},{before + index},{count}" for index, count in enumerate(counts, start=1)]
    path = Path(__file__).with_name("observations.csv")
    path.write_text("\n".join(rows) + "\n")
    print(f"wrote {path.name}: {len(COUNTRIES)} countries, {months} months")


if __name__ == "__main__":
    main()
