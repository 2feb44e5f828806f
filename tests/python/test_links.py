"""tools/check_links.py finds what it is for."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("check_links", ROOT / "tools/check_links.py")
check_links = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check_links)


def book(root: Path, **pages: str) -> list[str]:
    (root / "docs").mkdir()
    for name, text in pages.items():
        (root / "docs" / f"{name}.md").write_text(text)
    return check_links.check(root)[0]


def test_links_that_lead_somewhere_are_fine(tmp_path):
    page = "# A\n## The `b` of c\n[x](#the-b-of-c) [y](a.md#a) [z](https://example.org/no)\n```md\n[no](no.md)\n```\n`[no](no.md)`\n"
    assert book(tmp_path, SUMMARY="- [A](a.md)\n", a=page) == []


def test_what_leads_nowhere_is_named_with_its_line(tmp_path):
    found = book(tmp_path, SUMMARY="- [A](a.md)\n", a="# A\n\n[x](b.md)\n[y](#b)\n![z](z.png)\n[o](../../o.md)\n")
    assert found[:3] == [
        "docs/a.md:3: there is no b.md",
        "docs/a.md:4: a.md has no heading #b",
        "docs/a.md:5: there is no z.png",
    ]
    assert len(found) == 4


def test_a_page_of_the_book_links_into_the_book_only(tmp_path):
    (tmp_path / "README.md").write_text("[a](docs/a.md)\n")
    found = book(tmp_path, SUMMARY="- [A](a.md)\n", a="[top](../README.md)\n")
    assert found == ["docs/a.md:1: ../README.md leaves the book"]


def test_orphans_and_pages_listed_twice_are_named(tmp_path):
    found = book(tmp_path, SUMMARY="- [A](a.md)\n- [B](a.md)\n", a="# A\n", c="# C\n")
    assert found == ["docs/c.md is not in docs/SUMMARY.md", "a.md is 2 times in docs/SUMMARY.md"]


def test_equal_headings_have_anchors_of_their_own(tmp_path):
    assert book(tmp_path, SUMMARY="- [A](a.md)\n", a="# A\n## B\n## B\n[x](#b-1)\n") == []
