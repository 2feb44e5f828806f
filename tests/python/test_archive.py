"""The forecast archive, read by those who will read it: pyarrow and pandas.

The forecast is that of crates/store/examples/write_archive.rs; what it holds is computed a second time here.
"""

import hashlib
import json
from pathlib import Path

import examples
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ORIGIN, STEPS, DRAWS = 492, 36, 5
UNITS = np.array([62356, 79599, 80317, 190511, 190512])
NO_FORECAST = 80317
COLUMNS = ["month_id", "priogrid_id", "origin", "step", "pred_ged_sb"]


def write_archive(folder):
    """The folder of the forecast that the example writes below `folder`."""
    return Path(examples.run("write_archive", folder))


def forecast_of(folder):
    """The Parquet file of a forecast's folder; its name has the first digits of its digest."""
    [path] = folder.glob("forecast-*.parquet")
    return path


@pytest.fixture(scope="module")
def filed(tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("archive"))


def expected():
    """Draws by the formula of the example: steps x units x draws."""
    step, unit, draw = np.ogrid[1 : STEPS + 1, : len(UNITS), :DRAWS]
    values = (0.5 * UNITS[unit]) % 7 + step + draw**2 / 4
    values[:, UNITS == NO_FORECAST] = np.nan
    return values.astype(np.float32)


def test_the_columns_and_their_types(filed):
    schema = pq.read_schema(forecast_of(filed))
    assert schema.names == COLUMNS
    whole, draws = (pa.int32(), pa.int64()), schema.field("pred_ged_sb").type
    assert tuple(schema.field(name).type for name in COLUMNS[:4]) == (whole[0], whole[1], whole[0], whole[0])
    assert pa.types.is_list(draws) and draws.value_type == pa.float32()
    assert not any(field.nullable for field in schema) and not draws.value_field.nullable


def test_the_metadata_say_what_it_is(filed):
    metadata = pq.read_schema(forecast_of(filed)).metadata
    said = {key.decode(): value.decode() for key, value in metadata.items() if key.startswith(b"forewarn.")}
    assert said == {
        "forewarn.schema": "1",
        "forewarn.output": "draws",
        "forewarn.draws": "5",
        "forewarn.target": "ged_sb",
        "forewarn.level": "pgm",
        "forewarn.cadence": "month",
    }


def test_a_step_is_a_row_group(filed):
    file = pq.ParquetFile(forecast_of(filed))
    assert file.num_row_groups == STEPS
    for step in (1, 7, STEPS):
        group = file.read_row_group(step - 1)
        assert group["step"].to_pylist() == [step] * len(UNITS)
        assert group["month_id"].to_pylist() == [ORIGIN + step] * len(UNITS)
        values = group["pred_ged_sb"].combine_chunks().flatten().to_numpy().reshape(-1, DRAWS)
        np.testing.assert_array_equal(values, expected()[step - 1])
    column = file.metadata.row_group(0).column(4)
    assert column.compression == "ZSTD"
    # Statistics of the step column let a reader skip all other steps.
    twelfth = pq.read_table(forecast_of(filed), filters=[("step", "==", 12)])
    assert twelfth["month_id"].to_pylist() == [ORIGIN + 12] * len(UNITS)
    statistics = file.metadata.row_group(11).column(3).statistics
    assert (statistics.min, statistics.max) == (12, 12)


def test_pandas_reads_it(filed):
    frame = pd.read_parquet(forecast_of(filed))
    assert list(frame.columns) == COLUMNS and len(frame) == STEPS * len(UNITS)
    assert set(frame["pred_ged_sb"].map(len)) == {DRAWS}
    np.testing.assert_array_equal(frame["priogrid_id"], np.tile(UNITS, STEPS))
    np.testing.assert_array_equal(frame["step"], np.repeat(np.arange(1, STEPS + 1), len(UNITS)))
    np.testing.assert_array_equal(frame["origin"] + frame["step"], frame["month_id"])
    values = np.stack(frame["pred_ged_sb"]).reshape(STEPS, len(UNITS), DRAWS)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, expected())
    # Missing is NaN, in every draw of the unit and nowhere else.
    missing = np.isnan(values)
    assert missing[:, UNITS == NO_FORECAST].all() and not missing[:, UNITS != NO_FORECAST].any()


def test_the_manifest_has_the_digest_of_the_file(filed):
    manifest = json.loads((filed / "manifest.json").read_text())
    assert manifest["file"] == hashlib.sha256(forecast_of(filed).read_bytes()).hexdigest()
    names = [f"forecast-{manifest['file'][:16]}.parquet", "manifest.json"]
    assert sorted(path.name for path in filed.iterdir()) == names
    assert manifest["origin"] == [ORIGIN, "2020-12"]
    assert (manifest["steps"], manifest["units"], manifest["draws"]) == (STEPS, len(UNITS), DRAWS)
    assert manifest["missing"] == int(np.isnan(expected()).any(axis=2).sum())
    assert filed.parts[-4:] == ("ged_sb", "pink_panther", "2020-12", "example")


def test_the_manifest_has_the_digest_of_itself(filed):
    text = (filed / "manifest.json").read_text()
    digest = json.loads(text)["digest"]
    end = f',\n  "digest": "{digest}"\n}}'
    assert text.endswith(end)
    assert hashlib.sha256((text.removesuffix(end) + "\n}").encode()).hexdigest() == digest


def test_the_same_forecast_is_the_same_bytes(filed, tmp_path):
    again = write_archive(tmp_path)
    for name in (forecast_of(filed).name, "manifest.json"):
        assert (again / name).read_bytes() == (filed / name).read_bytes()
