"""What people look at in Prefect: readings of gates, scores, maps, pages. Nothing here can make a task fail."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from forewarn_flows.plan import Task

LARGEST_PICTURE = 300_000  # bytes; Prefect keeps artifacts in its database
MOST_PICTURES = 4
MOST_READINGS = 100


def show(task: Task, outcome: dict, log: Callable[[str], None]) -> None:
    """Makes the artifacts of a task that was done."""
    try:
        if task.kind == "gate":
            evidence = next(g["evidence"] for g in outcome["gates"] if g["gate"] == task.of)
            readings(json.loads(Path(evidence).read_text()))
        elif task.kind == "evaluate":
            leaderboard(json.loads((Path(outcome["folder"]) / "scores.json").read_text()))
        elif task.kind == "map":
            maps([Path(f) for f in outcome["files"] if f.endswith(".png")])
        elif task.kind == "report":
            pages([f for f in outcome["files"] if f.endswith(".html")])
    except Exception as error:  # noqa: BLE001
        log(f"no artifact of `{task.id}`: {error!r}")


def show_failed(gate: str, reason: str, log: Callable[[str], None]) -> None:
    """Makes the table of a gate that failed."""
    try:
        judgement = {"gate": gate, "verdict": "fail", "readings": []}
        evidence = re.search(r"\(evidence: (.*)\)$", reason)
        if evidence:
            judgement = json.loads((Path(evidence[1]) / f"{gate}.json").read_text())
        readings(judgement, reason)
    except Exception as error:  # noqa: BLE001
        log(f"no artifact of gate `{gate}`: {error!r}")


def readings(judgement: dict, reason: str = "") -> None:
    """A gate's readings, those first that are not passed."""
    rows = [
        {
            "verdict": r["verdict"],
            "check": r["check"],
            "subject": r["reading"]["subject"],
            "effect": r["reading"]["effect"],
            "limit": r["reading"]["limit"],
            "q": r["q-value"],
            "message": r["reading"]["message"],
        }
        for r in judgement["readings"]
    ]
    rows.sort(key=lambda row: ["fail", "cannot-tell", "warn", "pass"].index(row["verdict"]))
    title = f"Gate `{judgement['gate']}`: {judgement['verdict']}. {reason}"
    create_table_artifact(key=f"gate-{judgement['gate']}", table=rows[:MOST_READINGS], description=title)


def leaderboard(scores: dict) -> None:
    """Scores over everything that was scored, one row a model."""
    rows: dict[str, dict] = {}
    for score in scores["scores"]:
        if score["group"] == "all":
            row = rows.setdefault(score["model"], {"model": score["model"]})
            row[score["metric"]] = score["value"]
    create_table_artifact(key="leaderboard", table=list(rows.values()), description="Scores from rolling origins")


def maps(pictures: list[Path]) -> None:
    """The first maps; larger ones and the rest by name."""
    text = ["# Maps\n"]
    small = [p for p in pictures if p.stat().st_size <= LARGEST_PICTURE][:MOST_PICTURES]
    for path in pictures:
        data = base64.b64encode(path.read_bytes()).decode() if path in small else ""
        text.append(f"![{path.stem}](data:image/png;base64,{data})\n" if data else f"* [{path.name}](file://{path})")
    if pictures:
        create_markdown_artifact(key="maps", markdown="\n".join(text), description=f"{len(pictures)} maps")


def pages(files: list[str]) -> None:
    """Where the pages are."""
    text = "\n".join(f"* [{Path(file).name}](file://{file})" for file in files)
    create_markdown_artifact(key="pages", markdown=f"# Pages of the run\n\n{text}\n", description="Pages of the run")
