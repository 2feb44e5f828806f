"""Models of the regressor `xgboost`, read by Python's package of that name.

They are those of crates/models/examples/export_xgboost.rs: one of each objective, with rows that hold zeros and missing
values, and what the example itself predicts of them. The library there is XGBoost 1.6.2, here a newer one.
"""


import examples
import numpy as np
import pandas as pd
import pytest
import xgboost

COLUMNS = ["deaths", "deaths_lag", "distance", "nothing"]
OBJECTIVES = {
    "squared-error": "reg:squarederror",
    "poisson": "count:poisson",
    "tweedie": "reg:tweedie",
    "logistic": "binary:logistic",
}
SHAP = [f"shap_{i}" for i in range(len(COLUMNS) + 1)]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("xgboost")
    examples.run("export_xgboost", folder)
    return folder


def load(folder, objective):
    """The model, and the rows with their predictions."""
    model = xgboost.Booster(params={"nthread": 1})
    model.load_model(folder / f"{objective}.json")
    table = pd.read_csv(folder / f"{objective}.csv", dtype=np.float32)
    return model, table


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_predictions_are_the_same(exported, objective):
    model, table = load(exported, objective)
    assert model.feature_names == COLUMNS
    assert OBJECTIVES[objective] in model.save_config()
    rows = table[COLUMNS]
    assert rows.isna().any(axis=None) and (rows == 0).any(axis=None)
    found = model.predict(xgboost.DMatrix(rows))
    assert found.std() > 0.1, "the model learned nothing"
    if objective == "logistic":
        np.testing.assert_allclose(found, table["prediction"], rtol=1e-6)
    else:
        np.testing.assert_array_equal(found, table["prediction"].to_numpy())
    # A model that took zeros for missing values, or the reverse, would not pass.
    wrong = model.predict(xgboost.DMatrix(rows.fillna(0.0)))
    assert np.abs(wrong - table["prediction"]).max() > 0.1


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_contributions_are_the_same(exported, objective):
    model, table = load(exported, objective)
    found = model.predict(xgboost.DMatrix(table[COLUMNS]), pred_contribs=True)
    np.testing.assert_allclose(found, table[SHAP], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_python_trains_the_same_trees(exported, objective):
    """From the weighted mean label on, with the settings of the example."""
    model, table = load(exported, objective)
    deaths, lag, distance = (table[c].to_numpy() for c in COLUMNS[:3])
    labels = np.floor(
        np.where(np.isnan(deaths), 9, deaths).astype(np.float32) * np.float32(0.5)
        + np.where(lag == 0, 0, np.where(np.isnan(distance), 30, distance)).astype(np.float32)
    )
    labels = (labels > 10).astype(np.float32) if objective == "logistic" else labels
    weights = 1 + np.arange(len(table)) % 4 / 2
    start = float(np.float32(np.average(labels.astype(np.float64), weights=weights)))
    settings = {
        "objective": OBJECTIVES[objective],
        "tree_method": "hist",
        "nthread": 1,
        "learning_rate": 0.1,
        "base_score": start,
    }
    again = xgboost.train(settings, xgboost.DMatrix(table[COLUMNS], labels, weight=weights), num_boost_round=60)
    found = again.predict(xgboost.DMatrix(table[COLUMNS]))
    np.testing.assert_allclose(found, table["prediction"], rtol=1e-6)
