#!/usr/bin/env python3
"""Writes the geography that crates/data embeds (crates/data/assets), from three published packages.

    python3 tools/make_geography.py            # writes the assets and prints digests
    python3 tools/make_geography.py --check    # writes nothing; fails when an asset would change

Needs Python 3.11, pip, npm. The packages are fetched into a temporary folder and their digests are checked, so
that the same bytes go in and the same bytes come out. What each asset holds is said in assets/PROVENANCE.md.
"""

import argparse
import csv
import hashlib
import io
import json
import math
import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "crates" / "data" / "assets"
PARQUET_READER = "pyarrow==19.0.1"
# sha256 of the package files: another byte is another source and needs a look at its licence.
PACKAGES = {
    "views-datafactory==1.15.0": "10382e9f73125621aaf5bcd95249ee5936923bf48b060afda1140dc970450b4a",
    "views-reporting==0.3.4": "e85e2b4bb783343b59a63507bbfeef9809e028d97a4d474998991f5bd0beeb1f",
    "world-atlas@2.0.2": "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97",
}
KOSOVO = 232  # has no ISO 3166-1 code; XKX is the user-assigned one in common use
UNIT = 100  # border coordinates are whole hundredths of a degree
TOLERANCE = 2.0  # and may be off by this many of them


def varint(number):
    """LEB128, unsigned."""
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number):
    """Small signed numbers become small unsigned ones: 0, -1, 1, -2 are 0, 1, 2, 3."""
    return varint(number * 2 if number >= 0 else -number * 2 - 1)


def runs(labels):
    """Maximal runs of successive ids with the same label: (first, length, label)."""
    out = []
    for gid, label in sorted(labels.items()):
        if out and out[-1][0] + out[-1][1] == gid and out[-1][2] == label:
            out[-1][1] += 1
        else:
            out.append([gid, 1, label])
    return out


def encode_runs(labels, labelled):
    """Per run: distance from the end of the last one, length, and the label if there is one."""
    out, end = bytearray(), 0
    for first, length, label in runs(labels):
        out += varint(first - end) + varint(length)
        if labelled:
            out += varint(label)
        end = first + length
    return bytes(out)


def points(topology):
    """The arcs that countries are made of, as (longitude, latitude) in degrees; each arc once."""
    used = set()

    def mark(node):
        if isinstance(node, int):
            used.add(node if node >= 0 else ~node)
        else:
            for child in node:
                mark(child)

    for geometry in topology["objects"]["countries"]["geometries"]:
        mark(geometry.get("arcs", []))
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    for index in sorted(used):
        x = y = 0
        arc = []
        for dx, dy in topology["arcs"][index]:
            x, y = x + dx, y + dy
            arc.append((x * sx + tx, y * sy + ty))
        yield arc


def without_seams(arc):
    """Cuts an arc where it is no coast: along the 180th meridian, across it, and at the south pole."""
    part = []
    for point in arc:
        (x, y), (px, py) = point, part[-1] if part else point
        jump = abs(x - px) > 180
        seam = abs(x) > 179.999 and abs(px) > 179.999 or min(y, py) < -89.9
        if part and (jump or seam):
            if jump and abs(x) > 179.999 and not seam:
                part.append((math.copysign(180.0, px), y))
            yield part
            part = []
        part.append(point)
    yield part


def simplified(line):
    """Douglas and Peucker (1973): drops points nearer than TOLERANCE to the chord; the ends stay."""
    keep, stack = {0, len(line) - 1}, [(0, len(line) - 1)]
    while stack:
        first, last = stack.pop()
        (ax, ay), (bx, by) = line[first], line[last]
        length = math.hypot(bx - ax, by - ay)
        worst, at = TOLERANCE, None
        for i in range(first + 1, last):
            x, y = line[i]
            if length == 0:
                off = math.hypot(x - ax, y - ay)
            else:
                off = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length
            if off > worst:
                worst, at = off, i
        if at is not None:
            keep.add(at)
            stack += [(first, at), (at, last)]
    return [line[i] for i in sorted(keep)]


def encode_borders(topology):
    """Per line: number of points, then steps from the last point (of the last line, for the first)."""
    out, x, y, lines, count = bytearray(), 0, 0, 0, 0
    for arc in points(topology):
        for part in without_seams(arc):
            grid = [(round(lon * UNIT), round(lat * UNIT)) for lon, lat in part]
            line = [p for i, p in enumerate(grid) if i == 0 or p != grid[i - 1]]
            short = simplified(line)
            # An islet keeps its shape when simplifying would fold it flat, and goes when it is no area at all.
            line = line if line[0] == line[-1] and len(short) < 4 else short
            if len(line) < (4 if line[0] == line[-1] else 2):
                continue
            out += varint(len(line))
            for px, py in line:
                out += zigzag(px - x) + zigzag(py - y)
                x, y = px, py
            lines, count = lines + 1, count + len(line)
    print(f"borders: {lines} lines, {count} points")
    return bytes(out)


def encode_countries(rows):
    """Tab-separated id, ISO 3166-1 alpha-3, name."""
    out = io.StringIO()
    table = csv.writer(out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE)
    for row in sorted(rows, key=lambda row: row["country_id"]):
        iso3 = "XKX" if row["country_id"] == KOSOVO else row["isoab"]
        if not iso3:
            sys.exit(f"country {row} has no ISO code")
        table.writerow([row["country_id"], iso3, row["name"]])
    return out.getvalue().encode()


def fetch(folder):
    """Downloads the packages; returns their files by name of package."""
    for package in PACKAGES:
        if "==" in package:
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", folder, package],
                check=True,
            )
        else:
            subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    files = {}
    for package, expected in PACKAGES.items():
        stem = package.replace("-", "_").replace("==", "-").replace("@", "-")
        found = [f for f in Path(folder).iterdir() if f.name.replace("-", "_").startswith(stem.replace("-", "_"))]
        digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
        print(f"input   {digest}  {package}")
        if digest != expected:
            sys.exit(f"{package}: sha256 is {digest}, expected {expected}; look at what changed before you accept it")
        files[package.split("=")[0].split("@")[0]] = found[0]
    return files


def parquet_rows(folder, blobs):
    """Rows of Parquet files, read by a throw-away environment, so that this one needs nothing installed."""
    environment = Path(folder) / "venv"
    venv.create(environment, with_pip=True)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", PARQUET_READER], check=True)
    out = []
    for i, blob in enumerate(blobs):
        path = Path(folder) / f"{i}.parquet"
        path.write_bytes(blob)
        code = "import sys,json,pyarrow.parquet as p; json.dump(p.read_table(sys.argv[1]).to_pylist(),sys.stdout)"
        run = subprocess.run([python, "-c", code, path], check=True, stdout=subprocess.PIPE)
        out.append(json.loads(run.stdout))
    return out


def build(folder):
    """All assets, by file name."""
    files = fetch(folder)
    with zipfile.ZipFile(files["views-datafactory"]) as wheel:
        region = json.loads(wheel.read("datafactory_query/africa_me_legacy_pgids.json"))
        land = json.loads(wheel.read("datafactory_query/land_pgids.json"))
    with zipfile.ZipFile(files["views-reporting"]) as wheel:
        metadata = "views_reporting/metadata/data/"
        blobs = [wheel.read(metadata + "priogrid.parquet"), wheel.read(metadata + "country.parquet")]
    cells, countries = parquet_rows(folder, blobs)
    with tarfile.open(files["world-atlas"]) as archive:
        topology = json.load(archive.extractfile("package/countries-50m.json"))
    country_of = {row["priogrid_id"]: row["country_id"] for row in cells}
    print(f"cells: {len(region)} in Africa and the Middle East, {len(land)} on land, {len(country_of)} in a country")
    return {
        "africa-middle-east.bin": encode_runs(dict.fromkeys(region), labelled=False),
        "land.bin": encode_runs(dict.fromkeys(land), labelled=False),
        "cell-country.bin": encode_runs(country_of, labelled=True),
        "countries.tsv": encode_countries(countries),
        "borders.bin": encode_borders(topology),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when an asset would change")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        assets = build(folder)
    changed = []
    for name, content in assets.items():
        print(f"output  {hashlib.sha256(content).hexdigest()}  {name} ({len(content)} bytes)")
        path = ASSETS / name
        if path.exists() and path.read_bytes() == content:
            continue
        changed.append(name)
        if not check:
            part = path.with_suffix(".part")
            part.write_bytes(content)
            part.replace(path)
    if check and changed:
        sys.exit(f"would change: {', '.join(changed)}")


if __name__ == "__main__":
    main()
