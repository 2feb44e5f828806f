"""The commands of the guides about examples/monthly work, in their order, and end with the exit codes that the guides tell.

Use: pytest tests/python/test_guides.py, with FOREWARN_BIN. What the guides show of the output is shortened, and not compared.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The guide of the first run takes minutes and is that of `make demo`.
GUIDES = ("monthly-operation", "add-a-model", "read-a-gate")


def commands(guide: str) -> list[tuple[str, int]]:
    """Each command with its exit code; the first line of a guide changes into the example."""
    text = (ROOT / "docs/guides" / f"{guide}.md").read_text()
    lines = [line.strip() for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.M | re.S) for line in block.splitlines()]
    assert lines[0] == "cd examples/monthly"
    out = []
    for line in lines[1:]:
        told = re.search(r"# exit code (\d+)$", line)
        out.append((line, int(told[1]) if told else 0))
    return out


@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_of_a_guide_end_as_it_says(guide, tmp_path):
    program = os.environ.get("FOREWARN_BIN")
    if not program:
        pytest.skip("FOREWARN_BIN is not set")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/forewarn").symlink_to(Path(program).resolve())
    kept = shutil.ignore_patterns("forewarn-out", "observations.csv", "backup")
    project = shutil.copytree(ROOT / "examples/monthly", tmp_path / "monthly", ignore=kept)
    # What starts with FOREWARN_ is a setting, and a guide begins without any.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FOREWARN_")}
    environment["PATH"] = f"{tmp_path / 'bin'}:{environment['PATH']}"
    for command, code in commands(guide):
        done = subprocess.run(["bash", "-c", command], cwd=project, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
