"""The package `wandb` reads and uploads the offline runs that we write."""

import hashlib
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

wandb = pytest.importorskip("wandb")
from wandb.proto import wandb_internal_pb2 as messages  # noqa: E402
from wandb_server import WandbServer  # noqa: E402

STAGES = ["fetch", "train", "evaluate", "forecast", "gate", "report"]
PROJECT = "forewarn-example"


def records(path):
    """All records of a log, with the package's own messages; every check sum is looked at."""
    data, at, begun = path.read_bytes(), 7, b""
    assert data[:7] == b":W&B\xe1\xbe\x00"
    while at < len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        check, length, kind = struct.unpack_from("<IHB", data, at)
        piece = data[at + 7 : at + 7 + length]
        assert zlib.crc32(bytes([kind]) + piece) == check
        begun = piece if kind in (1, 2) else begun + piece
        at += 7 + length
        if kind in (1, 4):
            yield messages.Record.FromString(begun)


def unknown(message):
    """Fields that the package's messages do not have."""
    from google.protobuf import unknown_fields

    found = [field.field_number for field in unknown_fields.UnknownFieldSet(message)]
    for descriptor, value in message.ListFields():
        if descriptor.message_type:
            for part in value if descriptor.is_repeated else [value]:
                found += unknown(part)
    return found


@pytest.fixture(scope="module")
def folder(track, tmp_path_factory):
    root = tmp_path_factory.mktemp("offline")
    told = track("wandb", str(root))
    assert told.returncode == 0, told.stderr
    return root / "wandb"


def runs(folder):
    """Records of each run by its stage."""
    found = {}
    for path in sorted(folder.glob("offline-run-*/run-*.wandb")):
        all_records = list(records(path))
        found[all_records[1].run.job_type] = (path, all_records)
    return found


def test_all_records_are_the_packages_own(folder):
    found = runs(folder)
    assert sorted(found) == sorted(STAGES)
    for path, all_records in found.values():
        assert [r.num for r in all_records] == list(range(1, len(all_records) + 1))
        assert not [field for r in all_records for field in unknown(r)]
        kinds = [r.WhichOneof("record_type") for r in all_records]
        assert kinds[:2] == ["header", "run"] and kinds[-1] == "exit" and None not in kinds
        run = all_records[1].run
        assert path.name == f"run-{run.run_id}.wandb" and path.parent.name.endswith(run.run_id)
        assert (run.run_group, run.project, list(run.tags)) == ("example-2026-03", PROJECT, ["example", "pgm"])
        config = {item.nested_key[0]: json.loads(item.value_json) for item in run.config.update}
        assert config == {"forecast.steps": 36, "name": "example"}
    assert len({records[1].run.run_id for _, records in found.values()}) == len(STAGES)
    assert max(path.stat().st_size for path, _ in found.values()) < 32768


def test_files_are_what_the_history_says(folder):
    for stage, key, kind in [("gate", "gates/output", "table-file"), ("forecast", "maps/expected-value", "image-file")]:
        path, all_records = runs(folder)[stage]
        rows = [r.history for r in all_records if r.WhichOneof("record_type") == "history"]
        [value] = [json.loads(i.value_json) for row in rows for i in row.item if i.nested_key[0] == key]
        data = (path.parent / "files" / value["path"]).read_bytes()
        assert (value["_type"], value["size"]) == (kind, len(data))
        assert value["sha256"] == hashlib.sha256(data).hexdigest()
    table = json.loads(next(folder.glob("offline-run-*/files/media/table/*.table.json")).read_text())
    assert table["columns"] == ["check", "verdict", "value"] and len(table["data"]) == 2000


def test_a_second_run_leaves_one_folder_a_stage(track, folder):
    assert track("wandb", str(folder.parent)).returncode == 0
    assert len(list(folder.iterdir())) == len(STAGES)


def test_sync_uploads_everything(folder, tmp_path):
    paths = sorted(str(path) for path in folder.glob("offline-run-*"))
    with WandbServer() as server:
        environment = dict(
            os.environ, WANDB_BASE_URL=server.address, WANDB_API_KEY="a" * 40, WANDB_DIR=str(tmp_path),
            WANDB_ERROR_REPORTING="false", WANDB_CACHE_DIR=str(tmp_path), WANDB_DATA_DIR=str(tmp_path),
            WANDB_CONFIG_DIR=str(tmp_path),
        )
        sync = [Path(sys.executable).parent / "wandb", "sync", "--yes", "--include-synced", *paths]
        done = subprocess.run(sync, env=environment, capture_output=True, text=True, timeout=170)
        said = done.stdout + done.stderr
        assert done.returncode == 0 and said.count("Finished syncing") == len(STAGES), said

        made = {v["name"]: v for v in server.said("UpsertBucket") if v["displayName"]}
        assert sorted(v["jobType"] for v in made.values()) == sorted(STAGES)
        assert {v["groupName"] for v in made.values()} == {"example-2026-03"}
        ids = {v["jobType"]: name for name, v in made.items()}

        # What was told of each run has its end, with the exit code.
        ends = {path.split("/")[-2]: part for path, parts in server.streams.items() for part in parts if "complete" in part}
        assert {stage: ends[name]["exitcode"] for stage, name in ids.items()} == {s: int(s == "gate") for s in STAGES}

        history = []
        for part in server.streams[f"/files/team/{PROJECT}/{ids['evaluate']}/file_stream"]:
            history += part.get("files", {}).get("wandb-history.jsonl", {}).get("content", [])
        crps = [json.loads(row)["pgm/ged_sb/crps"] for row in history]
        assert crps == [1 - 1 / (step + 1) for step in range(1, 37)]

        [alert] = server.said("NotifyScriptableRunAlert")
        assert (alert["runName"], alert["severity"]) == (ids["gate"], "ERROR")
        assert any(path.endswith(".table.json") for path in server.files)
        assert any(path.endswith(".png") for path in server.files)
        assert_lineage(server, ids)


def assert_lineage(server, ids):
    """Which run made and which used what; the same digest is the same artifact."""
    created = {(v["input"]["runName"], v["input"]["artifactCollectionName"]): v["input"] for v in server.said("CreateArtifact")}
    used = {(v["input"]["runName"], v["input"]["artifactID"]) for v in server.said("UseArtifact")}
    committed = {v["artifactID"] for v in server.said("CommitArtifact")}
    for name, maker, user in [("panel", "fetch", "train"), ("conflictology", "train", "forecast"), ("issued", "forecast", "report")]:
        digest = created[ids[maker], name]["digest"]
        assert (ids[user], name) not in created, "it is used, not made again"
        assert f"artifact-{digest}" in committed
        assert (ids[user], f"artifact-{digest}") in used
        assert (ids[maker], f"artifact-{digest}") not in used
