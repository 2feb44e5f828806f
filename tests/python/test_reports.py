"""The pages of a run in a real browser: nothing is asked of the network, nothing complains, the map answers.

Needs FOREWARN_BIN, the program, and Chromium (Debian's package `chromium`).
"""

import math
import os
import subprocess
import time

import pytest

from browser import Page, chromium

BINARY = os.environ.get("FOREWARN_BIN")
CI = os.environ.get("CI")

pytestmark = [
    pytest.mark.skipif(not BINARY, reason="FOREWARN_BIN is not set"),
    pytest.mark.skipif(not chromium() and not CI, reason="there is no chromium; apt-get install chromium"),
]

CONFIG = """
name = "small"
vintage = "made up, first edition"
models = ["still_water", "long_memory", "next_wave"]
ensembles = ["common_ground"]
[target]
column = "deaths"
level = "pgm"
description = "deaths per cell and month"
counted = "deaths"
[source]
type = "table"
path = "deaths.csv"
unit = "cell"
time = "month"
values = ["deaths"]
[features]
query-set = "set.toml"
[forecast]
steps = 6
draws = 20
[evaluation]
origins = 2
metrics = ["crps", "mae"]
[maps]
width = 800
"""
FILES = {
    "forewarn.toml": CONFIG,
    "set.toml": 'name = "small"\nversion = 1\nlevel = "pgm"\n[[features]]\nname = "log_deaths"\nsource = "deaths"\n'
    'transforms = [{ name = "log1p" }]\n',
    "models/still_water.toml": 'algorithm = "zero"\nstatus = "baseline"\n',
    "models/long_memory.toml": 'algorithm = "conflictology"\n[settings]\nwindow = 12\n',
    # Draws anew at each step, so that a value tells which step it is of.
    "models/next_wave.toml": 'algorithm = "last-observed-poisson"\n',
    "ensembles/common_ground.toml": 'algorithm = "mean"\nrole = "production"\n',
}
# 12 x 15 cells around Lake Chad: rows and columns of the half-degree lattice.
ROWS, COLUMNS = range(200, 212), range(380, 395)
MONTHS = range(433, 493)


def gid(row, column):
    return (row - 1) * 720 + column


def deaths(row, column, month):
    return (row * 7 + column * 3 + month * 5) % 11 if (row + column) % 3 == 0 else 0


def forewarn(folder, *arguments, **variables):
    # Variables that begin so are settings of the run.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FOREWARN_")} | variables
    command = [BINARY, *arguments, "-c", "forewarn.toml"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    cells = [(row, column) for row in ROWS for column in COLUMNS]
    rows = [f"{gid(*cell)},{month},{deaths(*cell, month)}" for month in MONTHS for cell in cells]
    (folder / "deaths.csv").write_text("cell,month,deaths\n" + "\n".join(rows) + "\n")
    done = forewarn(folder, "run")
    assert done.returncode == 0, done.stderr[-4000:]
    [page] = folder.glob("forewarn-out/**/report.html")
    return page


def centre(page, row, column):
    """Where the middle of a cell is in the window."""
    box = page.js("(() => { const b = document.querySelector('.atlas-map').getBoundingClientRect(); return [b.left, b.top, b.width]; })()")
    left, top, width = box
    margin, size = 3, width / (len(COLUMNS) + 6)
    return left + (margin + column - COLUMNS[0] + 0.5) * size, top + (margin + ROWS[-1] - row + 0.5) * size


def text(page, name):
    return page.js(f"document.querySelector('.atlas-{name}').textContent")


@pytest.fixture
def page(report):
    with Page() as page:
        page.open(report)
        page.js("document.querySelector('.atlas').scrollIntoView()")
        yield page
        assert page.complaints() == []


def test_the_map_tells_the_cell_under_the_pointer(page):
    row, column = ROWS[4], COLUMNS[6]
    x, y = centre(page, row, column)
    page.pointer("mouseMoved", x, y)
    assert f"cell {gid(row, column)}" in text(page, "tip")
    page.wait(f"document.querySelector('.atlas-place h3')?.textContent.includes('{gid(row, column)}')")
    # Both draw from the same twelve months; the mean of the ensemble is between none and all of their mean.
    page.wait("document.querySelectorAll('.atlas-place td').length >= 3")
    cells = page.js("[...document.querySelectorAll('.atlas-place td')].map((td) => td.textContent)")
    assert 0 <= float(cells[0]) <= max(deaths(row, column, month) for month in MONTHS)


def test_hover_tells_the_value_that_the_forecast_holds(page, report):
    parquet = pytest.importorskip("pyarrow.parquet")
    [path] = report.parents[2].glob("archive/**/common_ground/**/forecast-*.parquet")
    table = parquet.read_table(path).to_pandas()
    told = set()
    for row, column, step in [(ROWS[0], COLUMNS[2], 1), (ROWS[-1], COLUMNS[-3], 3), (ROWS[5], COLUMNS[3], 5), (ROWS[5], COLUMNS[3], 6)]:
        page.js(f"(() => {{ const s = document.querySelector('.atlas-step'); s.value = {step}; s.dispatchEvent(new Event('input')); }})()")
        page.wait(f"document.querySelector('.atlas-period').textContent.endsWith('step {step}')")
        page.pointer("mouseMoved", *centre(page, row, column))
        draws = table[(table.priogrid_id == gid(row, column)) & (table.step == step)].iloc[0, -1]
        said = text(page, "tip").rsplit(": ", 1)[1]
        assert math.isclose(float(said.replace(",", "")), sum(draws) / len(draws), abs_tol=6e-4), (said, draws)
        told.add(said)
    assert "0" not in told and len(told) == 4, told


def test_steps_layers_and_keys(page):
    period = text(page, "period")
    page.js("document.querySelector('.atlas-step').focus()")
    page.key("ArrowRight")
    page.wait(f"document.querySelector('.atlas-period').textContent !== '{period}'")
    assert text(page, "period").endswith("step 2")
    page.js("document.querySelector('.atlas-map').focus()")
    for key, step in [("PageUp", 3), ("PageDown", 2)]:
        page.key(key)
        page.wait(f"document.querySelector('.atlas-period').textContent.endsWith('step {step}')")
    title = text(page, "title")
    page.js("(() => { const s = document.querySelector('.atlas-layer'); s.selectedIndex = 1; s.dispatchEvent(new Event('change')); })()")
    page.wait(f"document.querySelector('.atlas-title').textContent !== {title!r}")
    page.js("document.querySelector('.atlas-map').focus()")
    page.key("ArrowRight")
    page.wait("document.querySelector('.atlas-place h3') !== null")
    first = text(page, "place h3")
    page.key("ArrowUp")
    page.wait(f"document.querySelector('.atlas-place h3').textContent !== {first!r}")


def test_the_map_has_the_colours_of_its_values(page):
    """Cells without deaths in any month are zero on the map, others are not."""
    cells = [(row, column) for row in ROWS[2:9] for column in COLUMNS[2:9]]
    places = [list(centre(page, *cell)) for cell in cells]
    pixels = page.js(f"""(() => {{
      const c = document.querySelector('.atlas-map'), b = c.getBoundingClientRect();
      const all = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      return {places}.map(([x, y]) => {{
        const i = 4 * (Math.floor((y - b.top) * c.height / b.height) * c.width + Math.floor((x - b.left) * c.width / b.width));
        return [...all.slice(i, i + 4)];
      }});
    }})()""")
    colours = {True: set(), False: set()}
    for (row, column), pixel in zip(cells, pixels):
        colours[(row + column) % 3 == 0].add(tuple(pixel))
    zero = (252, 250, 246, 255)
    # A border may run through the middle of a few cells.
    assert zero in colours[False] and zero not in colours[True] and len(colours[True]) > 3


def test_search_and_zoom(page):
    cell = gid(ROWS[3], COLUMNS[3])
    page.js(f"(() => {{ const f = document.querySelector('.atlas-find'); f.value = '{cell}'; f.dispatchEvent(new Event('input')); }})()")
    page.wait(f"document.querySelector('.atlas-place h3')?.textContent.includes('{cell}')")
    page.js("document.querySelector('[data-zoom=in]').click()")
    assert page.js("document.querySelector('.atlas-map').classList.contains('zoomed')")
    page.js("document.querySelector('[data-zoom=whole]').click()")
    assert not page.js("document.querySelector('.atlas-map').classList.contains('zoomed')")


def test_search_finds_the_highest_value_of_a_country(page):
    find = "(() => { const f = document.querySelector('.atlas-find'); f.value = %r; f.dispatchEvent(new Event('input')); })()"
    page.js("document.querySelector('.atlas-map').focus()")
    page.key("Home")
    page.wait("document.querySelector('.atlas-place h3') !== null")
    highest = text(page, "place h3")
    country = highest.split(",")[0]
    page.key("ArrowRight")
    page.wait(f"document.querySelector('.atlas-place h3').textContent !== {highest!r}")
    page.js(find % country[:3].upper())
    page.wait(f"document.querySelector('.atlas-place h3').textContent === {highest!r}")
    page.js(find % "no such place")
    assert text(page, "place h3") == highest


def test_the_fan_of_a_place_is_of_its_quantiles_at_the_step(page):
    page.js("(() => { const s = document.querySelector('.atlas-step'); s.value = 3; s.dispatchEvent(new Event('input')); })()")
    page.wait("document.querySelector('.atlas-period').textContent.endsWith('step 3')")
    page.js("document.querySelector('.atlas-map').focus()")
    page.key("Home")
    page.wait("document.querySelector('.atlas-place svg') !== null")
    rows = dict(page.js("[...document.querySelectorAll('.atlas-place tr')].map((r) => [r.children[0].textContent, r.children[1].textContent])"))
    said = page.js("document.querySelector('.atlas-place svg').getAttribute('aria-label')")
    low, middle, high = (rows[name] for name in ("5 % quantile", "Median", "95 % quantile"))
    assert said.endswith(f"median {middle}, interval {low} to {high}.") and text(page, "period").split(" ")[0] in said
    points = page.js("document.querySelector('.atlas-place polygon').getAttribute('points')").split(" ")
    assert len(points) == 2 * 6
    # Upper ends come first, lower ends back: larger values stand higher.
    heights = [float(point.split(",")[1]) for point in points]
    assert all(upper <= lower for upper, lower in zip(heights[:6], reversed(heights[6:])))


@pytest.mark.parametrize(("width", "dark"), [(1400, True), (420, False)])
def test_no_page_is_wider_than_its_window(report, width, dark):
    with Page(width=width, dark=dark) as page:
        page.open(report)
        assert page.js("document.documentElement.scrollWidth") <= width
        assert page.complaints() == []
        paper = page.js("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") != dark


def test_everything_that_can_be_used_has_a_name(page):
    unnamed = page.js("""[...document.querySelectorAll('input, select, button, canvas, svg[role=img], img, a')].filter((e) =>
      !(e.labels?.length || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.alt || e.textContent.trim())).map((e) => e.outerHTML.slice(0, 80))""")
    assert unnamed == []
    levels = page.js("[...document.querySelectorAll('h1, h2, h3')].map((h) => +h.tagName[1])")
    assert levels[0] == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:]))


@pytest.mark.parametrize("name", ["report.html", "evaluation.html", "drift.html", "run.html"])
@pytest.mark.parametrize(("width", "dark"), [(1400, False), (420, True)])
def test_every_page_of_the_run_opens_and_leads_to_the_others(report, name, width, dark):
    with Page(width=width, dark=dark) as page:
        page.open(report.parent / name)
        assert page.js("document.documentElement.scrollWidth") <= width
        links = page.js("[...document.querySelectorAll('.pages a')].map((a) => a.getAttribute('href'))")
        assert len(links) == 3 and all((report.parent / link).is_file() for link in links)
        targets = page.js("[...document.querySelectorAll('a[href^=\\'#\\']')].filter((a) => !document.querySelector(a.getAttribute('href'))).length")
        assert targets == 0
        assert page.complaints() == []


def test_report_opens_the_page_that_is_asked_for(report, tmp_path):
    opener = tmp_path / "opener"
    opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened.part && mv {tmp_path}/opened.part {tmp_path}/opened\n')
    opener.chmod(0o755)
    folder = report.parents[3]
    done = forewarn(folder, "report", "drift", "--open", BROWSER=str(opener))
    assert done.returncode == 0, done.stderr
    for _ in range(200):
        if (tmp_path / "opened").exists():
            break
        time.sleep(0.05)
    assert (folder / (tmp_path / "opened").read_text().strip()).samefile(report.parent / "drift.html")
    failed = forewarn(folder, "report", "--open", BROWSER=str(tmp_path / "nothing"))
    assert failed.returncode == 1 and "BROWSER" in failed.stderr and "report.html" in failed.stderr
