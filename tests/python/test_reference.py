"""docs/reference is what the program says, and its check can fail.

Use: pytest tests/python/test_reference.py, with FOREWARN_BIN.
"""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load():
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "tools/make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tool():
    return load()


@pytest.fixture(scope="module")
def pages(tool, tmp_path_factory):
    program = os.environ.get("FOREWARN_BIN")
    if not program:
        pytest.skip("FOREWARN_BIN is not set")
    return tool.reference(tool.Program(Path(program), tmp_path_factory.mktemp("reference")))


def test_the_committed_pages_are_what_the_program_says(tool, pages):
    assert tool.differences(pages) == [], "run `make reference` and commit docs/reference"


def test_a_changed_a_missing_and_a_surplus_page_are_named(tool, pages, tmp_path, monkeypatch):
    folder = tmp_path / "reference"
    shutil.copytree(tool.FOLDER, folder)
    monkeypatch.setattr(tool, "FOLDER", folder)
    (folder / "map.md").unlink()
    (folder / "metric.md").write_text((folder / "metric.md").read_text().replace("crps", "cprs"))
    (folder / "weather.md").write_text("by hand")
    found = "\n".join(tool.differences(pages))
    for name in ("map.md", "metric.md", "weather.md is of nothing"):
        assert name in found


def test_every_component_and_every_command_has_its_place(pages):
    assert "## crps\n" in pages["metric.md"]
    assert "### forewarn gate input\n" in pages["command-line.md"]
    assert "| `validation.silent-periods` | `\"fail\"` | `fail`, `warn` |" in pages["configuration.md"]
    assert "| `download.client.proxy` |" in pages["configuration.md"]


def test_pages_tell_nothing_of_this_machine(pages, tmp_path):
    for name, text in pages.items():
        for word in (str(Path.home()) + "/", str(tmp_path.parents[1]), str(ROOT)):
            assert word not in text, name


def test_documentation_of_rust_becomes_markdown(tool):
    assert tool.prose("see [`x::y`] and [`z`](crate::z) <T>, `a < b`") == "see `x::y` and `z` &lt;T>, `a < b`"
