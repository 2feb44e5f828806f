"""A real MLflow server takes what we tell it, and its own client reads it back."""

import json
import math
import sys

import pytest

mlflow = pytest.importorskip("mlflow")
from conftest import free_port, server  # noqa: E402
from mlflow import MlflowClient  # noqa: E402

STAGES = ["fetch", "train", "evaluate", "forecast", "gate", "report"]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", url.rsplit(":", 1)[1], "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts"),
    ]
    with server(command, f"{url}/health", cwd=folder, log=folder / "server.log"):
        yield url


@pytest.fixture(scope="module")
def client(address, track):
    told = track("mlflow", address)
    assert told.returncode == 0, told.stderr
    return MlflowClient(tracking_uri=address)


def runs(client):
    """Runs by stage; the group's own is `run`."""
    experiment = client.get_experiment_by_name("forewarn-example")
    return {run.data.tags["forewarn.stage"]: run for run in client.search_runs([experiment.experiment_id])}


def test_stages_are_runs_below_that_of_the_group(client):
    found = runs(client)
    assert sorted(found) == sorted(["run", *STAGES])
    whole = found["run"]
    assert whole.info.run_name == "example-2026-03"
    for stage in STAGES:
        run = found[stage]
        assert run.data.tags["mlflow.parentRunId"] == whole.info.run_id
        assert run.info.status == ("FAILED" if stage == "gate" else "FINISHED")
        assert run.data.params == {"forecast.steps": "36", "name": "example"}
        assert run.info.end_time - run.info.start_time == 60_000
    assert found["gate"].data.tags["forewarn.exit-code"] == "1"
    alerts = [v for k, v in found["gate"].data.tags.items() if k.startswith("forewarn.alert.")]
    assert alerts == ["error: gate output failed: the mean is 3.2 times that of last month"]


def test_metrics_have_their_steps_and_nan_stays_nan(client):
    run = runs(client)["evaluate"]
    history = client.get_metric_history(run.info.run_id, "pgm/ged_sb/crps")
    assert {m.step: m.value for m in history} == {step: 1 - 1 / (step + 1) for step in range(1, 37)}
    assert math.isnan(run.data.metrics["pgm/ged_sb/average-precision"])


def test_tables_pictures_and_settings_are_artifacts(client, address, tmp_path):
    found = runs(client)
    gate = client.download_artifacts(found["gate"].info.run_id, "tables/gates_output.json", str(tmp_path))
    table = json.loads(open(gate).read())
    assert table["columns"] == ["check", "verdict", "value"] and len(table["data"]) == 2000
    mlflow.set_tracking_uri(address)
    mlflow.set_experiment("forewarn-example")
    read = mlflow.load_table("tables/gates_output.json", run_ids=[found["gate"].info.run_id])
    assert list(read.columns) == table["columns"] and len(read) == 2000
    picture = client.download_artifacts(found["forecast"].info.run_id, "images/maps_expected-value.png", str(tmp_path))
    assert open(picture, "rb").read().startswith(b"\x89PNG")
    config = client.download_artifacts(found["train"].info.run_id, "config.json", str(tmp_path))
    assert json.loads(open(config).read()) == {"forecast.steps": 36, "name": "example"}


def test_what_was_used_is_an_input(client):
    [panel] = client.get_run(runs(client)["train"].info.run_id).inputs.dataset_inputs
    assert (panel.dataset.name, panel.tags[0].value) == ("panel", "dataset")
    assert json.loads(panel.dataset.source)["digest"] == "0" * 64


def test_the_model_is_a_registered_version_with_its_alias(client, tmp_path):
    train = runs(client)["train"].info.run_id
    version = client.get_model_version_by_alias("conflictology", "challenger")
    assert (version.version, version.run_id) == ("1", train)
    assert version.tags == {"sha256.conflictology.png": "0" * 64}
    made = client.download_artifacts(train, "artifacts/conflictology", str(tmp_path))
    assert open(f"{made}/conflictology.png", "rb").read().startswith(b"\x89PNG")
    assert version.source.endswith("/artifacts/conflictology")


def test_what_is_told_again_is_the_same_run(client, address, track):
    before = {stage: run.info.run_id for stage, run in runs(client).items()}
    assert track("mlflow", address).returncode == 0
    assert {stage: run.info.run_id for stage, run in runs(client).items()} == before
    assert [v.version for v in client.search_model_versions("name='conflictology'")] == ["1"]


def test_a_server_that_is_down_is_told_without_secrets(track):
    told = track("mlflow", f"http://127.0.0.1:{free_port()}", MLFLOW_TRACKING_TOKEN="s3cret")
    assert told.returncode != 0
    assert "not reached" in told.stderr and "s3cret" not in told.stdout + told.stderr
