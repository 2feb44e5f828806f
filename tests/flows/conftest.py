"""The parts of the flow that need no Prefect."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "flows"))
