"""Every relative link and anchor of the documentation leads somewhere, and every page of the book is in it once.

    python3 tools/check_links.py [ROOT]

Reads docs/**/*.md, the pages at the top and those of examples. Links to other sites are not followed. Standard library only.
"""

import re
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

TOP = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+(?:\([^()]*\))?)(?:\s+\"[^\"]*\")?\)")
HTML = re.compile(r"(?:href|src)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:|^//")


def without_code(text: str) -> str:
    """The page without its code, line by line, so that what only looks like a link is none."""
    out, fence = [], None
    for line in text.splitlines():
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        if mark and fence is None:
            fence = mark[1]
        elif mark and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = None
            line = ""
        out.append("" if fence or mark else line)
    return re.sub(r"(?s)<!--.*?-->", lambda m: "\n" * m[0].count("\n"), "\n".join(out))


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and mdBook make it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """All anchors of a page; of equal headings the second ends with -1, and so on."""
    text = without_code(page.read_text())
    seen: Counter[str] = Counter()
    found = set(re.findall(r"\bid=\"([^\"]+)\"", text))
    for heading in re.findall(r"^#{1,6} +(.*?)(?: +#+)?$", text, re.MULTILINE):
        name = slug(heading)
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def links(page: Path) -> list[tuple[int, str]]:
    """Line and target of each link to somewhere in this checkout."""
    out = []
    for number, line in enumerate(without_code(page.read_text()).splitlines(), start=1):
        bare = re.sub(r"`[^`]*`", lambda m: "x" * len(m[0]), line)
        out += [(number, target) for target in LINK.findall(bare) + HTML.findall(bare) if not ELSEWHERE.match(target)]
    return out


def faults_of_page(page: Path, root: Path) -> list[str]:
    out = []
    # The book has the pages of docs alone.
    book = root / "docs"
    within = book if page.is_relative_to(book) else root
    for number, target in links(page):
        path, _, anchor = unquote(target).partition("#")
        place = f"{page.relative_to(root)}:{number}"
        goal = (page.parent / path).resolve() if path else page
        if not goal.exists():
            out.append(f"{place}: there is no {target}")
        elif not goal.is_relative_to(within):
            out.append(f"{place}: {target} leaves the {'book' if within == book else 'checkout'}")
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal):
            out.append(f"{place}: {path or page.name} has no heading #{anchor}")
    return out


def faults_of_summary(docs: Path) -> list[str]:
    """Pages that are not in docs/SUMMARY.md, or more than once."""
    summary = docs / "SUMMARY.md"
    listed = Counter((docs / target.partition("#")[0]).resolve() for _, target in links(summary))
    pages = {page.resolve() for page in docs.rglob("*.md")} - {summary.resolve()}
    out = [f"docs/{p.relative_to(docs)} is not in docs/SUMMARY.md" for p in sorted(pages - listed.keys())]
    return out + [f"{p.name} is {n} times in docs/SUMMARY.md" for p, n in sorted(listed.items()) if n > 1]


def check(root: Path) -> tuple[list[str], int]:
    """What is wrong, and how many pages were read."""
    root = root.resolve()
    pages = sorted((root / "docs").rglob("*.md")) + [root / name for name in TOP if (root / name).exists()]
    pages += sorted(page for page in (root / "examples").rglob("*.md") if "forewarn-out" not in page.parts)
    faults = [fault for page in pages for fault in faults_of_page(page, root)]
    return faults + faults_of_summary(root / "docs"), len(pages)


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    faults, pages = check(root)
    print("\n".join(faults) or f"check_links: all links of {pages} pages lead somewhere; every page of the book is in it once")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
