#!/usr/bin/env python3
"""A picture of a page: screenshot.py PAGE PICTURE [WIDTHxHEIGHT [dark]]. Needs Chromium; waits until maps can be used."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "python"))

from browser import Page  # noqa: E402


def main(page, picture, size="1300x1200", scheme="light"):
    width, height = (int(length) for length in size.split("x"))
    with Page(width=width, height=height, dark=scheme == "dark") as shown:
        shown.open(Path(page).resolve())
        shown.screenshot(Path(picture))
    print(picture)


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
