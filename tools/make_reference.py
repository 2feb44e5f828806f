"""Writes docs/reference from what the program says: `list --json`, `--help` of every command, `config show`.

    python3 tools/make_reference.py PROGRAM            writes the pages
    python3 tools/make_reference.py --check PROGRAM    exit code 1 when they are not what the program says

Nothing on these pages is written by hand. What the program does not tell is named as missing. Standard library only.
"""

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
HEAD = "<!-- Written by tools/make_reference.py from what the program says; `make reference` writes it again. -->\n"
# Bounds a search through tables that would hold one another.
DEEPEST = 4
NONSENSE = "no-such-setting"


class Program:
    """The program under its own name, in an empty folder and without anybody's environment."""

    def __init__(self, path: Path, folder: Path):
        self.name = folder / "forewarn"
        self.name.symlink_to(path.resolve())
        self.folder = folder / "empty"
        self.folder.mkdir()
        (self.folder / "forewarn.toml").touch()

    def call(self, *arguments: str) -> subprocess.CompletedProcess:
        """What the program answers; its help is as wide as its sentences, whatever the terminal."""
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.folder), "NO_COLOR": "1"}
        return subprocess.run(
            [str(self.name), *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def says(self, *arguments: str) -> str:
        done = self.call(*arguments)
        if done.returncode != 0:
            sys.exit(f"make_reference: forewarn {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done.stdout


def fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"


def cell(text: str) -> str:
    """Text that may stand in a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def prose(text: str) -> str:
    """Documentation of Rust as Markdown: links into the program's own reference lead nowhere here, and tags are no HTML."""
    text = re.sub(r"\[(`[^`\]]+`)\](?:\([^)]*\))?(?!\()", r"\1", text)
    return "`".join(part if odd else part.replace("<", "&lt;") for odd, part in spans(text))


def spans(text: str):
    return ((index % 2, part) for index, part in enumerate(text.split("`")))


# The components

def component_page(kind: str, pages: list[dict]) -> str:
    plural = kind[:-1] + "ies" if kind.endswith("y") else kind + "s"
    rows = "".join(f"| [`{p['name']}`](#{p['name']}) | {cell(prose(p['summary']))} |\n" for p in pages)
    texts = "\n".join(component(p) for p in pages)
    return f"{HEAD}# {title(plural)}\n\n`forewarn list {kind}` prints this list.\n\n| name | what it is |\n|---|---|\n{rows}\n{texts}"


def title(words: str) -> str:
    return words[0].upper() + words[1:].replace("-", " ")


def component(page: dict) -> str:
    """Its text as `forewarn explain` prints it; its parts are no headings, of which the book would list hundreds."""
    lines = prose(page["text"]).rstrip().splitlines()
    lines[0] = f"## {page['name']}"
    return "\n".join(f"**{line[3:]}**" if line.startswith("## ") and at else line for at, line in enumerate(lines)) + "\n"


# The command line

def commands(program: Program, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    """Each command below `path`, itself first, with its help."""
    text = program.says(*path, "--help")
    found = [(path, text)]
    section = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.MULTILINE)
    for name in re.findall(r"^  ([a-z][a-z-]*)", section[1] if section else "", re.MULTILINE):
        if name != "help":
            found += commands(program, (*path, name))
    return found


def command_page(program: Program) -> str:
    out = [HEAD, "# The command line\n\nWhat `forewarn COMMAND --help` prints, of every command.\n"]
    for path, text in commands(program):
        depth = "#" * (2 + (len(path) > 1))
        out.append(f"\n{depth} {' '.join(('forewarn', *path))}\n\n{fenced(text)}")
    return "".join(out)


# The configuration

def answer(program: Program, **settings: str) -> str:
    """What `config show` says of settings, above all when they are refused."""
    sets = [f"{path.replace('__', '.')}={value}" for path, value in settings.items()]
    return program.call("config", "show", *(word for s in sets for word in ("--set", s))).stderr


def fields(program: Program, table: str, given: dict[str, str]) -> list[str]:
    """Names of the settings of a table, from the refusal of one that cannot be; none where it is no table."""
    path = f"{table}.{NONSENSE}" if table else NONSENSE
    text = answer(program, **given, **{path: "1"})
    found = re.search(rf"unknown field `{NONSENSE}`, expected (?:one of )?(.*)", text)
    return re.findall(r"`([^`]+)`", found[1]) if found else []


def values(program: Program, path: str, given: dict[str, str]) -> list[str]:
    """The words that a setting may be, or the type that it has to have, as the refusal of another one tells."""
    words = re.search(r"expected (?:one of )?(`.*)", answer(program, **given, **{path: NONSENSE}))
    if words:
        return re.findall(r"`([^`]+)`", words[1])
    return []


def table_settings(program: Program, table: str, given: dict[str, str], depth: int = 0) -> list[str]:
    """Paths of all settings below a table, in the order in which the program names them."""
    out = []
    for name in fields(program, table, given):
        path = f"{table}.{name}" if table else name
        below = table_settings(program, path, given, depth + 1) if depth < DEEPEST else []
        out += below or [path]
    return out


def source_settings(program: Program) -> list[tuple[str, list[str]]]:
    """The kinds of source, each with its settings: what `source.type` may be decides them."""
    kinds = values(program, "source.type", {})
    return [(kind, table_settings(program, "source", {"source.type": kind})) for kind in kinds]


def setting_rows(program: Program, paths: list[str], shown: dict[str, str], given: dict[str, str]) -> str:
    out = ["| setting | default | may be |\n|---|---|---|\n"]
    for path in paths:
        default = f"`{cell(shown[path])}`" if path in shown else "not told"
        choices = ", ".join(f"`{v}`" for v in values(program, path, given))
        out.append(f"| `{path}` | {default} | {choices} |\n")
    return "".join(out)


def configuration_page(program: Program) -> str:
    shown = {s["path"]: s["value"] for s in json.loads(program.says("config", "show", "--json"))}
    parts: dict[str, list[str]] = {}
    for path in table_settings(program, "", {}):
        parts.setdefault(path.split(".")[0] if "." in path else "", []).append(path)
    # What a source may have depends on its type.
    parts.pop("source", None)
    parts[""] = [path for path in parts[""] if path != "source"]
    out = [HEAD, CONFIGURATION]
    for name, paths in parts.items():
        heading = f"`[{name}]`" if name else "At the top"
        out.append(f"\n## {heading}\n\n{setting_rows(program, paths, shown, {})}")
    for kind, paths in source_settings(program):
        given = {"source.type": kind}
        out.append(f"\n## `[source]` with `type = \"{kind}\"`\n\n{setting_rows(program, paths, {}, given)}")
    return "".join(out)


CONFIGURATION = """# The configuration

Every setting that the program knows: the names from its refusals of settings that it does not know, the defaults from
`forewarn config show` of an empty file, the words from its refusals of other words. A flag (`--set PATH=VALUE`) wins over
the environment, that over the file, and that over the default; `forewarn config show` prints where each value comes from.

What the program does not tell, and this page therefore lacks:

* what a setting means: the sentences are in the documentation of `Config` (`crates/pipeline/src/config.rs`), which no
  command prints;
* the default of settings that are absent unless they are set, and of those of a download and of a source: *not told*;
* the settings of parts that take any table.
"""


def index_page(kinds: dict[str, list[dict]]) -> str:
    rows = "".join(f"| [{title(k)}]({k}.md) | {len(pages)} |\n" for k, pages in kinds.items())
    return (
        f"{HEAD}# Reference\n\nWritten from what the program says, and compared with it by the tests.\n\n"
        "* [The command line](command-line.md)\n* [The configuration](configuration.md)\n\n"
        f"| components | how many |\n|---|---:|\n{rows}"
    )


def reference(program: Program) -> dict[str, str]:
    """The pages by file name."""
    kinds: dict[str, list[dict]] = {}
    for page in json.loads(program.says("list", "--json")):
        kinds.setdefault(page["kind"], []).append(page)
    pages = {f"{kind}.md": component_page(kind, found) for kind, found in kinds.items()}
    pages["README.md"] = index_page(kinds)
    pages["command-line.md"] = command_page(program)
    pages["configuration.md"] = configuration_page(program)
    return pages


def differences(pages: dict[str, str]) -> list[str]:
    """Lines that say what differs between the committed pages and these."""
    there = {p.name: p.read_text() for p in sorted(FOLDER.glob("*.md"))}
    out = [f"{name} is of nothing that the program has" for name in sorted(there.keys() - pages.keys())]
    for name, text in sorted(pages.items()):
        if there.get(name) != text:
            old, new = there.get(name, "").splitlines(), text.splitlines()
            out += list(difflib.unified_diff(old, new, f"committed {name}", f"program's {name}", lineterm="", n=0))[:20]
    return out


def write(pages: dict[str, str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (FOLDER / name).write_text(text)
    print(f"wrote {len(pages)} pages to docs/reference")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--check", action="store_true", help="only compare with the pages that are there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pages = reference(Program(arguments.program, Path(folder)))
    if not arguments.check:
        write(pages)
        return 0
    found = differences(pages)
    print("\n".join(found) or f"docs/reference: {len(pages)} pages are what the program says")
    if found:
        print("docs/reference is not what the program says: make reference")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
