"""What the documentation says of the tree is true."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_PATH = re.compile(r"`((?:museion|web/src|tests|docs|examples|benchmarks|requirements)/[\w./-]+)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_path_and_link_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    paths = [found for found in _PATH.findall(text) if not (ROOT / found).exists()]
    links = [found for found in _LINK.findall(text) if not (page.parent / found).exists()]
    assert not paths
    assert not links


def test_the_source_map_is_what_the_files_say() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import source_map
    finally:
        sys.path.pop(0)
    page = source_map.PAGE.read_text()
    rooms = {path.parent.relative_to(ROOT / "museion").as_posix() for path in (ROOT / "museion").rglob("__init__.py")}
    assert rooms - {"."} == {room for room, _ in source_map.ROOMS}, "a room is missing in docs/source_map.py"
    assert page == source_map.written(page), "run `python docs/source_map.py`"


def test_every_golden_file_has_a_format_page() -> None:
    pages = "".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    named = {path.stem for path in (ROOT / "tests" / "golden").iterdir() if path.stem in pages}
    assert named == {path.stem for path in (ROOT / "tests" / "golden").iterdir()}


def test_lock_files_hold_no_addresses() -> None:
    for path in [*(ROOT / "requirements").glob("*.txt"), ROOT / "web" / "package-lock.json"]:
        text = path.read_text()
        assert '"resolved"' not in text
        assert "--index-url" not in text
