"""The manifest: its bytes never change, whatever way it was put together."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from museion.errors import MuseionError, PathInvalid, ValueInvalid
from museion.model import manifest as module
from museion.model.digest import digest_bytes
from museion.model.manifest import Content, Entry, Manifest, Reference, diff

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "manifest-v1.json").read_text())
DIGEST = digest_bytes(b"x")

PART = st.text(
    st.characters(min_codepoint=32, blacklist_categories=["Cs", "Cc"], blacklist_characters="/\\"),
    min_size=1,
    max_size=8,
)
PATH = (
    st.lists(PART.filter(lambda p: p not in (".", "..")), min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda p: not (len(p) > 1 and p[1] == ":" and p[0].isalpha()))
)
CONTENT = st.builds(Content, st.binary(max_size=4).map(digest_bytes), st.integers(0, 2**50))
REFERENCE = st.builds(
    Reference,
    st.text(min_size=1, max_size=10).filter(lambda t: t.isprintable()),
    st.none() | st.just("etag:1"),
    st.none() | st.integers(0, 2**50),
    st.none() | st.just("v"),
)
ENTRIES = st.dictionaries(PATH, CONTENT | REFERENCE, max_size=6).filter(
    lambda entries: not any(a != b and b.startswith(a + "/") for a in entries for b in entries)
)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_golden_bytes_and_digests(case: dict[str, Any]) -> None:
    read = Manifest.from_json(case["manifest"])
    assert read.canonical() == case["canonical"].encode()
    assert read.digest == case["digest"] == "blake3:" + blake3(case["canonical"].encode()).hexdigest()
    assert (read.size, len(read)) == (case["size"], case["files"])


def test_the_golden_file_itself_does_not_change() -> None:
    """Whoever changes it makes a new version of the format, in a file of its own."""
    canonical = "\n".join(case["canonical"] for case in GOLDEN).encode()
    assert hashlib.sha256(canonical).hexdigest() == "723740937a2d1d8ca9b4487214dc2acce20f342e1debf227700900dd0bc0340c"


@given(ENTRIES, st.randoms())
def test_order_of_adding_does_not_matter(entries: dict[str, Entry], random: Any) -> None:
    shuffled = list(entries.items())
    random.shuffle(shuffled)
    one, other = Manifest.of(entries), Manifest.of(dict(shuffled))
    assert one.canonical() == other.canonical()
    assert list(one) == sorted(entries, key=str.encode)


@given(ENTRIES)
def test_json_there_and_back(entries: dict[str, Entry]) -> None:
    there = Manifest.of(entries)
    back = Manifest.from_json(json.loads(json.dumps(there.to_json())))
    assert (back, back.digest) == (there, there.digest)
    assert Manifest.from_json(json.loads(there.canonical())) == there


@given(ENTRIES, ENTRIES)
def test_different_content_has_different_bytes(one: dict[str, Entry], other: dict[str, Entry]) -> None:
    first, second = Manifest.of(one), Manifest.of(other)
    assert (first.canonical() == second.canonical()) == (first.entries == second.entries)


@given(ENTRIES, ENTRIES)
def test_a_diff_says_what_to_do(before: dict[str, Entry], after: dict[str, Entry]) -> None:
    old, new = Manifest.of(before), Manifest.of(after)
    found = diff(old, new)
    done = {path: entry for path, entry in old.entries.items() if path not in found.removed}
    done.update({path: new.entries[path] for path in (*found.added, *found.changed)})
    assert Manifest.of(done) == new
    assert found.same + len(found.added) + len(found.changed) == len(new)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["digest", "size", "uri", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.one_of(
        JSON,
        st.fixed_dictionaries(
            {"format": st.just(1), "entries": st.dictionaries(st.text(max_size=4), JSON, max_size=3)}
        ),
    )
)
def test_anything_else_is_refused_in_words(body: Any) -> None:
    try:
        read = Manifest.from_json(body)
    except MuseionError:
        return
    assert Manifest.from_json(json.loads(read.canonical())) == read


@pytest.mark.parametrize(
    ("entries", "error", "says"),
    [
        ({"a": Content("md5:1", 1)}, ValueInvalid, "not a digest"),
        ({"a": Content(DIGEST, -1)}, ValueInvalid, "size"),
        ({"a": Content(DIGEST, True)}, ValueInvalid, "size"),
        ({"a": Reference("")}, ValueInvalid, "no URI"),
        ({"../a": Content(DIGEST, 1)}, PathInvalid, r"\.\."),
        ({"a": Content(DIGEST, 1), "a/b": Content(DIGEST, 1)}, ValueInvalid, "folder too"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(entries: dict[str, Entry], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        Manifest.of(entries)


def test_entries_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 2)
    with pytest.raises(ValueInvalid, match="at most 2"):
        Manifest.of({name: Content(DIGEST, 1) for name in "abc"})


@pytest.mark.parametrize("raw", [{"digest": DIGEST}, {"digest": DIGEST, "size": 1, "x": 2}, {"size": 1}, [], "a"])
def test_entries_with_wrong_fields_are_named(raw: Any) -> None:
    with pytest.raises(ValueInvalid, match="the_path"):
        Manifest.from_json({"format": 1, "entries": {"the_path": raw}})


@pytest.mark.parametrize("body", [{}, {"format": 2, "entries": {}}, {"format": 1}, {"format": 1, "entries": []}, None])
def test_other_formats_are_refused(body: Any) -> None:
    with pytest.raises(ValueInvalid, match="format 1"):
        Manifest.from_json(body)


def test_digests_and_sizes() -> None:
    found = Manifest.of({"a": Content(DIGEST, 3), "b": Content(DIGEST, 3), "r": Reference("s3://x", size=4)})
    assert (found.size, found.digests) == (10, {DIGEST})
