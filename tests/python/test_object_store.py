"""The forecast archive on a real S3 server: SeaweedFS, started and stopped here, and the program that is shipped.

Needs FOREWARN_BIN, the program. The forecasts are those of crates/store/examples/write_archive.rs.
"""

import datetime
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import examples
import pandas as pd
import pytest

BINARY = os.environ.get("FOREWARN_BIN")
KEY, SECRET, REGION = "forewarn-test", "forewarn-secret", "us-east-1"
PORTS = ["s3", "master", "filer", "volume", "admin", "webdav", "s3.port.iceberg", "s3.port.lance"]

pytestmark = pytest.mark.skipif(not BINARY, reason="FOREWARN_BIN is not set")


def free_ports(number):
    """Ports that nobody listens at; SeaweedFS also takes each plus 10000."""
    found, candidate = [], 20000 + os.getpid() % 10000
    while len(found) < number:
        candidate += 1
        try:
            for port in (candidate, candidate + 10000):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            found.append(candidate)
        except OSError:
            continue
    return found


def answers(endpoint):
    try:
        urllib.request.urlopen(endpoint, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    """The address of a server, which is stopped in the end however the tests went."""
    weed = Path(sysconfig.get_path("scripts")) / "weed"
    assert weed.exists(), "no `weed`: pip install -r tests/python/requirements.txt"
    folder, ports = tmp_path_factory.mktemp("weed"), free_ports(len(PORTS))
    flags = [f"-{name}={port}" if "port" in name else f"-{name}.port={port}" for name, port in zip(PORTS, ports)]
    command = [weed, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", *flags]
    environment = os.environ | {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        address, deadline = f"http://127.0.0.1:{ports[0]}", time.monotonic() + 120
        while not answers(address):
            assert server.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()[-4000:]
            time.sleep(0.2)
        # A server that has just begun has no room yet.
        while request(address, "PUT", "/forecasts")[0] >= 300 or request(address, "PUT", "/forecasts/x", b"x")[0] >= 300:
            assert time.monotonic() < deadline, (folder / "log").read_text()[-4000:]
            time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def request(endpoint, method, path, body=b""):
    """Status and body of a signed request (AWS Signature Version 4)."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    content, host = hashlib.sha256(body).hexdigest(), endpoint.removeprefix("http://")
    signed = "host;x-amz-content-sha256;x-amz-date"
    heads = f"host:{host}\nx-amz-content-sha256:{content}\nx-amz-date:{now}\n"
    scope = f"{now[:8]}/{REGION}/s3/aws4_request"
    canonical = hashlib.sha256("\n".join([method, path, "", heads, signed, content]).encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{canonical}".encode(), "sha256").hex()
    authorization = f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={signed}, Signature={signature}"
    headers = {"x-amz-date": now, "x-amz-content-sha256": content, "authorization": authorization}
    call = urllib.request.Request(endpoint + path, method=method, data=body or None, headers=headers)
    try:
        with urllib.request.urlopen(call, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture
def program(endpoint, tmp_path):
    """Runs the program against the server; gives exit code, output and errors."""
    variables = {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }

    def run(*command, **other):
        # Variables of that name are settings.
        ours = {name: value for name, value in os.environ.items() if not name.startswith("FOREWARN_")}
        environment = ours | variables | other
        done = subprocess.run([BINARY, *command], env=environment, capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def forewarn(program):
    """Runs `forewarn archive` against the server."""
    return lambda *arguments, **other: program("archive", *arguments, **other)


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Two archives with forecasts of the same names: those of `other` are larger by one."""
    folder = tmp_path_factory.mktemp("local")
    for name, shift in (("ours", "0"), ("other", "1")):
        for run in ("r1", "r2", "r3"):
            examples.run("write_archive", folder / name, run, shift)
    return folder


def test_a_forecast_goes_to_the_server_and_back(forewarn, local, tmp_path):
    archive = ["--archive", "s3://forecasts/round/trip"]
    code, out, err = forewarn("import", local / "ours", *archive)
    assert code == 0 and out.count("filed: s3://forecasts/round/trip/ged_sb/pink_panther/2020-12/r") == 3, err
    assert forewarn("import", local / "ours", *archive)[0] == 0, "the same again is no error"
    code, out, err = forewarn("list", *archive, "--json")
    listed = json.loads(out)
    assert code == 0 and [f["manifest"]["run"] for f in listed["forecasts"]] == ["r1", "r2", "r3"], err
    code, out, err = forewarn("verify", *archive)
    assert (code, out) == (0, "3 forecasts are whole, 6 objects: 0 damaged, 0 missing, 0 orphaned\n"), err
    assert forewarn("export", "r2", "--to", tmp_path / "back", *archive)[0] == 0
    there = sorted(path.relative_to(tmp_path / "back") for path in (tmp_path / "back").rglob("*.*") if path.is_file())
    assert len(there) == 2
    for path in there:
        assert (tmp_path / "back" / path).read_bytes() == (local / "ours" / path).read_bytes()
    assert forewarn("export", "r2", "--to", tmp_path / "table.parquet", *archive)[0] == 0
    table = pd.read_parquet(tmp_path / "table.parquet")
    assert list(table.columns) == ["unit", "period", "step", "draw", "value"] and len(table) == 36 * 5 * 5
    row = table[(table.unit == 62356) & (table.step == 3) & (table.draw == 2)]
    assert row.value.item() == (0.5 * 62356) % 7 + 3 + 1 and row.period.item() == 495
    assert len(list((tmp_path / "cache").rglob("*.parquet"))) == 1, "three names, one content: fetched once"


def test_of_two_writers_one_wins(forewarn, local):
    for attempt in range(5):
        archive = ["--archive", f"s3://forecasts/race/{attempt}"]
        with ThreadPoolExecutor() as pool:
            jobs = [pool.submit(forewarn, "import", local / who, "r1", *archive) for who in ("ours", "other") * 2]
            done = [job.result() for job in jobs]
        winner = next(i for i, (code, _, _) in enumerate(done) if code == 0) % 2
        for i, (code, _, err) in enumerate(done):
            assert code == (0 if i % 2 == winner else 1), (done, attempt)
            assert code == 0 or "is already filed with other content" in err
        listed = json.loads(forewarn("list", *archive, "--json")[1])["forecasts"]
        source = local / ("ours", "other")[winner] / "ged_sb/pink_panther/2020-12/r1"
        assert [f["manifest"]["file"] for f in listed] == [json.loads((source / "manifest.json").read_text())["file"]]
        assert forewarn("verify", *archive)[1].endswith("2 objects: 0 damaged, 0 missing, 0 orphaned\n")


def test_a_flipped_bit_is_found_and_filing_again_mends_the_file(forewarn, endpoint, local):
    archive = ["--archive", "s3://forecasts/flipped"]
    assert forewarn("import", local / "ours", *archive)[0] == 0
    folder = "/forecasts/flipped/ged_sb/pink_panther/2020-12/r2"
    file = json.loads(forewarn("list", "r2", *archive, "--json")[1])["forecasts"][0]["file"]
    for name in (Path(file).name, "manifest.json"):
        status, content = request(endpoint, "GET", f"{folder}/{name}")
        assert status == 200
        changed = bytearray(content)
        changed[len(content) // 3] ^= 4
        assert request(endpoint, "PUT", f"{folder}/{name}", bytes(changed))[0] == 200
        code, out, err = forewarn("verify", *archive)
        assert code == 1 and out.startswith("2 forecasts are whole, 6 objects: 1 damaged"), out
        assert f"s3://forecasts/flipped/ged_sb/pink_panther/2020-12/r2/{name}: " in err
        code, out, _ = forewarn("list", *archive)
        assert code == (1 if name == "manifest.json" else 0) and "r1" in out and "r3" in out
        code, _, err = forewarn("import", local / "ours", *archive)
        # What says what was filed is never written over; what it says is put back.
        assert code == (1 if name == "manifest.json" else 0), err
    assert request(endpoint, "PUT", f"{folder}/manifest.json", content)[0] == 200
    assert forewarn("verify", *archive)[0] == 0


CONFIG = """
name = "small"
archive = "s3://forecasts/run"
models = ["same_weather", "long_memory"]
ensembles = ["common_ground", "middle_path"]
source = { type = "synthetic", region = "africa-middle-east", first = 433, last = 492 }
forecast = { steps = 3, draws = 10 }
evaluation = { origins = 2 }
maps = { width = 400 }
"""


def test_a_run_and_what_works_on_archives_use_the_server(program, forewarn, tmp_path):
    files = {
        "forewarn.toml": CONFIG,
        "models/same_weather.toml": 'algorithm = "no-change"\nstatus = "baseline"\n',
        "models/long_memory.toml": 'algorithm = "conflictology"\n',
        "ensembles/common_ground.toml": 'algorithm = "mean"\nrole = "production"\n',
        "ensembles/middle_path.toml": 'algorithm = "median"\n',
        "ensembles/open_pool.toml": 'algorithm = "linear-pool"\nmembers = ["same_weather", "long_memory"]\n',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    config, archive = ["-c", tmp_path / "forewarn.toml"], ["--archive", "s3://forecasts/run"]
    # The second run's gate compares its forecast with that of the first, which it has to fetch.
    for last, filed in ((491, 4), (492, 8)):
        code, _, err = program("run", *config, "--set", f"source.last={last}")
        assert code == 0, err
        listed = json.loads(forewarn("list", *archive, "--json")[1])["forecasts"]
        assert len(listed) == filed
    assert not (tmp_path / "forewarn-out/archive").exists()
    assert list((tmp_path / "cache").rglob("*.parquet"))
    code, out, err = program("pool", tmp_path / "ensembles/open_pool.toml", *archive)
    assert code == 0 and "filed: s3://forecasts/run/ged_sb/open_pool/2020-12/pool-" in out, err
    code, _, err = program("promote", "middle_path", *config)
    assert code in (0, 3) and "s3://" not in err, err
    place = next(f["place"] for f in listed if f["manifest"]["name"] == "long_memory")
    code, _, err = program("reconcile", place, place, "--name", "a_a", "b_b", *archive)
    assert code == 2 and "the level of the countries is `pgm`, it must be `cm`" in err, "it was read"
    assert forewarn("verify", *archive)[1].startswith("9 forecasts are whole, 18 objects: 0 damaged")


MODELS = {
    "models/still_water.toml": 'algorithm = "zero"\nstatus = "baseline"\n',
    "models/long_memory.toml": 'algorithm = "conflictology"\n',
    "ensembles/common_ground.toml": 'algorithm = "mean"\nrole = "production"\n',
}

SHARED = """
name = "shared"
archive = "s3://forecasts/shared"
models = ["still_water", "long_memory"]
ensembles = ["common_ground"]
vintage = "{vintage}"
truth = {{ known = "{known}", provisional-from = "2020-12" }}
source = {{ type = "table", path = "{table}", unit = "country_id", time = "month_id", values = ["ged_sb"], layout = "dense" }}
target = {{ column = "ged_sb", level = "cm" }}
forecast = {{ steps = 3, draws = 10 }}
evaluation = {{ origins = 2, metrics = ["crps", "mae"] }}
gates = {{ self-test = false }}
"""


def worker(folder, config):
    """A working directory with nothing but a configuration."""
    for name, text in {"forewarn.toml": config, **MODELS}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return ["-c", folder / "forewarn.toml"]


def countries(path, extra):
    rows = [(month, unit) for month in range(433, 493) for unit in (50, 79, 117, 245)]
    lines = [f"{m},{u},{(m * 7 + u * 13) % 9 + extra * ((m, u) == (492, 50))}" for m, u in rows]
    path.write_text("\n".join(["month_id,country_id,ged_sb", *lines]) + "\n")


def test_workers_without_a_common_disk_share_records_truth_and_scores(program, forewarn, tmp_path):
    table = tmp_path / "observations/data.csv"
    table.parent.mkdir()
    first = SHARED.format(vintage="first", known="2021-01-20", table=table)
    second = SHARED.format(vintage="second", known="2021-06-20", table=table)
    countries(table, 0)
    one = worker(tmp_path / "one", first)
    assert program("replay", *one, "--from", "2020-07", "--to", "2020-11")[0] == 0
    code, early, err = program("evaluate", "online", *one, "--json")
    assert code == 0, err
    countries(table, 100)
    one = worker(tmp_path / "one", second)
    code, late, err = program("evaluate", "online", *one, "--json")
    assert code == 0, err
    early, late = (json.loads(text)["online"] for text in (early, late))
    assert (early["truth"]["number"], late["truth"]["number"]) == (1, 2) and early["latest"] != late["latest"]
    for kept in ("records", "truth", "archive"):
        assert not (tmp_path / "one/forewarn-out" / kept).exists(), f"{kept} is on the server"

    two = worker(tmp_path / "two", second)
    listed = [json.loads(program("runs", "list", *of, "--json")[1]) for of in (one, two)]
    assert listed[0] == listed[1] and [r["id"] for r in listed[1]["runs"]] == [f"{i:04}" for i in range(1, 6)], listed
    assert program("runs", "show", "latest", *two)[1] == program("runs", "show", "latest", *one)[1] != ""
    assert program("runs", "diff", "1", "2", *two)[0] == 0
    online = json.loads(program("evaluate", "online", *two, "--json")[1])["online"]
    assert online == late, "the same scores by the same edition"
    code, then, err = program("evaluate", "online", *two, "--as-known", "2021-03-01", "--json")
    assert code == 0 and json.loads(then)["online"] == early, "by an edition that only the first has recorded"
    editions = [json.loads(program("truth", *of, "--json")[1]) for of in (one, two)]
    assert editions[0] == editions[1] and len(editions[1]) == 2
    revised = json.loads(program("truth", *two, "--compare", "1", "2", "--json")[1])["sums"]
    assert [(year, values) for year, _, _, values in revised if values] == [("2020", 1)]

    # A record is enough to do a run again, if the observations are what they were.
    code, _, err = program("rerun", "5", *two, "--output", tmp_path / "again")
    assert code == 1 and "the observations have changed" in err, err
    countries(table, 0)
    code, out, err = program("rerun", "5", *two, "--output", tmp_path / "again")
    assert code == 0 and "of record 0005 are the same" in out, err
    code, out, err = program("trace", "long_memory/2020-11", *two, "--json")
    chain = json.loads(out)
    assert code == 1 and chain["record"] == "0005", "the record is found; what is on the disk of the first is not"

    # Both at once: each record has a number of its own.
    assert len(whole_names(forewarn, "shared")) == 15
    with ThreadPoolExecutor() as pool:
        jobs = [pool.submit(program, "replay", *of, "--from", "2020-03", "--to", "2020-05") for of in (one, two)]
        assert [job.result()[0] for job in jobs] == [0, 0], [job.result()[2] for job in jobs]
    runs = json.loads(program("runs", "list", *two, "--json")[1])
    assert [r["id"] for r in runs["runs"]] == [f"{i:04}" for i in range(1, 12)] and not runs["unreadable"]
    assert len(whole_names(forewarn, "shared")) == 24, "both filed the same"
    assert not (tmp_path / "two/forewarn-out/records").exists()


def whole_names(forewarn, prefix):
    """Folders of the archived forecasts; whoever verifies sees nothing but them."""
    archive = ["--archive", f"s3://forecasts/{prefix}"]
    code, out, err = forewarn("verify", *archive)
    found = [f["place"] for f in json.loads(forewarn("list", *archive, "--json")[1])["forecasts"]]
    assert code == 0 and out.startswith(f"{len(found)} forecasts are whole") and "0 orphaned" in out, out + err
    return found


def test_reconciled_forecasts_are_filed_on_the_server(program, forewarn, tmp_path):
    archive, table = ["--archive", "s3://forecasts/coherent"], tmp_path / "countries.csv"
    rows = [(unit, month) for month in range(433, 493) for unit in range(40, 251)]
    table.write_text("country_id,month_id,ged_sb\n" + "".join(f"{u},{m},{(u * 7 + m * 13) % 40}\n" for u, m in rows))
    cells = CONFIG.replace("forecasts/run", "forecasts/coherent").replace("draws = 10", "draws = 20")
    nations = """
    name = "nations"
    archive = "s3://forecasts/coherent"
    models = ["nations_memory"]
    target = { column = "ged_sb", level = "cm" }
    source = { type = "table", path = "../countries.csv", unit = "country_id", time = "month_id", values = ["ged_sb"] }
    forecast = { steps = 3, draws = 20 }
    """
    cells = cells.replace('"same_weather", "long_memory"', '"long_memory"')
    cells = cells.replace('"common_ground", "middle_path"', "")
    for name, config in (("cells", cells), ("nations", nations)):
        arguments = worker(tmp_path / name, config)
        (tmp_path / name / "models/nations_memory.toml").write_text('algorithm = "conflictology"\n')
        code, _, err = program("replay", *arguments, "--from", "2020-11", "--to", "2020-11")
        assert code == 0, err
    place = {f["manifest"]["level"]: f["place"] for f in json.loads(forewarn("list", *archive, "--json")[1])["forecasts"]}
    made = ["reconcile", place["pgm"], place["cm"], "--name", "calm_river", "calm_delta", *archive, "--json"]
    code, out, err = program(*made)
    assert code == 0, err
    answer = json.loads(out)
    assert answer["cells"].startswith("s3://forecasts/coherent/ged_sb/calm_river/2020-11/"), answer
    assert answer["coherent"] > 30 and answer["largest_difference"] <= 1e-6
    assert program(*made)[1] == out, "the same again is the same forecast"
    assert forewarn("verify", *archive)[1].startswith("4 forecasts are whole, 8 objects: 0 damaged, 0 missing, 0 orphaned")
    manifest = json.loads(forewarn("list", "calm_river", *archive, "--json")[1])["forecasts"][0]["manifest"]
    assert (manifest["made"]["kind"], manifest["level"]) == ("reconciliation", "pgm")


def test_what_is_wrong_is_told_with_the_cure(forewarn):
    place = "s3://forecasts/none"
    code, _, err = forewarn("list", "--archive", place, AWS_SECRET_ACCESS_KEY="wrong")
    assert code == 1 and place in err and "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in err, err
    code, _, err = forewarn("list", "--archive", place, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert code == 75 and place in err and "look at the network and AWS_ENDPOINT_URL, then run again" in err, err
    code, _, err = forewarn("list", "--archive", "s3://no-such-bucket/x")
    assert code == 1 and "there is no bucket `no-such-bucket`" in err, err
    code, out, _ = forewarn("list", "--archive", place)
    assert (code, out) == (0, f"no forecasts in {place}\n")
