"""Names, paths and digests: what is taken, and what is refused with a word of advice."""

from __future__ import annotations

import os
import string
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from museion.errors import NameInvalid, PathInvalid, ValueInvalid
from museion.model.digest import check_digest, digest_bytes, from_raw, to_raw
from museion.model.names import (
    ArtifactRef,
    check_alias,
    check_artifact_name,
    check_name,
    check_tag,
    is_digest_prefix,
    new_run_id,
    version_number,
)
from museion.model.paths import check_path, inside

ANY = st.one_of(st.text(max_size=300), st.none(), st.integers(), st.binary(max_size=5))
ARTIFACT = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=128).filter(
    lambda t: t not in (".", "..")
)
POINTER = st.one_of(ARTIFACT.filter(lambda t: t != "-"), st.integers(0, 10**6).map(lambda n: f"v{n}"))


@pytest.mark.parametrize("name", ["a", "my project", "é", "a.b_c-d", "x" * 128, "日本"])
def test_plain_names(name: str) -> None:
    assert check_name(name, "project") == name


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "a\\b", "a#", "a?", "a%", "a:b", ".", "..", "-", " a", "a\n", "x" * 129, None, 3]
)
def test_names_that_are_refused_say_which_and_why(name: Any) -> None:
    with pytest.raises(NameInvalid, match="project") as refused:
        check_name(name, "project")
    assert refused.value.advice


@given(ANY)
def test_a_checked_name_is_one_segment_of_a_url(name: Any) -> None:
    try:
        checked = check_name(name, "project")
    except NameInvalid:
        return
    assert not set(checked) & set("/\\#?%:\0\n")
    assert 1 <= len(checked) <= 128
    assert checked not in (".", "..")


@given(ANY)
def test_a_checked_artifact_name_is_one_folder(name: Any) -> None:
    try:
        checked = check_artifact_name(name)
    except NameInvalid:
        return
    assert os.path.basename(checked) == checked
    assert checked.isascii()


def test_artifact_names_do_not_end_in_a_newline() -> None:
    with pytest.raises(NameInvalid):
        check_artifact_name("a\n")


@given(ARTIFACT, POINTER, st.booleans(), st.booleans())
def test_references_there_and_back(name: str, pointer: str, project: bool, entity: bool) -> None:
    ref = ArtifactRef(name, pointer, "my project" if project or entity else None, "me" if entity else None)
    assert ArtifactRef.parse(str(ref)) == ref


@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    try:
        ref = ArtifactRef.parse(text)
    except NameInvalid:
        return
    assert ArtifactRef.parse(str(ref)) == ref


def test_references_as_people_write_them() -> None:
    assert ArtifactRef.parse("data") == ArtifactRef("data", "latest")
    assert ArtifactRef.parse("data:") == ArtifactRef("data", "latest")
    assert ArtifactRef.parse("me/p/data:v3") == ArtifactRef("data", "v3", "p", "me")
    for text in ("a/b/c/d", "a:b:c", "/data", "a b:v1", ""):
        with pytest.raises(NameInvalid):
            ArtifactRef.parse(text)


def test_versions_aliases_and_tags() -> None:
    assert [version_number(t) for t in ("v0", "v12", "v01", "v", "V1", "v1 ", "v١")] == [0, 12] + [None] * 5
    assert check_alias("best") == "best"
    for alias in ("v3", "a/b", ""):
        with pytest.raises(NameInvalid):
            check_alias(alias)
    assert check_alias("v3.1") == "v3.1"
    assert check_tag("t" * 64)
    for tag in ("", "t" * 65, "a\n", 3):
        with pytest.raises(NameInvalid):
            check_tag(tag)
    assert is_digest_prefix("0123abcd")
    assert not is_digest_prefix("0123abc")
    assert not is_digest_prefix("0123ABCD")


def test_run_ids() -> None:
    letters = iter("abcdefgh")
    assert new_run_id(lambda alphabet: next(letters)) == "abcdefgh"
    seen: list[str] = []
    new_run_id(lambda alphabet: seen.append(alphabet) or alphabet[-1])  # type: ignore[func-returns-value]
    assert set(seen) == {string.ascii_lowercase + string.digits}


@given(st.text(max_size=40))
def test_a_checked_path_never_leaves_its_folder(text: str) -> None:
    try:
        checked = check_path(text)
    except PathInvalid:
        return
    root = "/root/folder"
    target = os.path.normpath(os.path.join(root, checked))
    assert target.startswith(root + "/")
    assert target == f"{root}/{checked}", "a path has one spelling"
    assert "\0" not in checked


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "../a",
        "a/../b",
        "a/./b",
        "a\\b",
        "C:/a",
        "c:a",
        "a\0b",
        "a\nb",
        "\x7f",
        "\ud800",
        "é" * 513,
        "x" * 256,
        None,
        b"a",
    ],
)
def test_paths_that_are_refused(path: Any) -> None:
    with pytest.raises(PathInvalid) as refused:
        check_path(path)
    assert str(refused.value)


@pytest.mark.parametrize("path", ["a", "a/b.c", "...", "a..b/c", "é/日本", " ", "~", "-rf", "ab:c", "x" * 255])
def test_paths_that_are_fine(path: str) -> None:
    assert check_path(path) == path


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "out").symlink_to(tmp_path)
    (root / "in").symlink_to(root / "sub")
    assert inside(root, "in/a") == root / "in/a"
    with pytest.raises(PathInvalid, match="through a link"):
        inside(root, "out/a")
    link = tmp_path / "link"
    link.symlink_to(root)
    assert inside(link, "sub/a") == link / "sub/a", "the root itself may be a link"


@given(st.binary(max_size=100))
def test_digests(data: bytes) -> None:
    digest = digest_bytes(data)
    assert digest == f"blake3:{blake3(data).hexdigest()}"
    assert from_raw(to_raw(digest)) == digest


def test_the_digest_of_nothing_is_what_b3sum_prints() -> None:
    assert digest_bytes(b"") == "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"


@pytest.mark.parametrize(
    "text",
    ["", "blake3:", "blake3:" + "0" * 63, "blake3:" + "A" * 64, "md5:" + "0" * 64, "blake3:" + "0" * 64 + "\n", None],
)
def test_what_is_no_digest(text: Any) -> None:
    with pytest.raises(ValueInvalid):
        check_digest(text)
