"""Bytes out: ranges, validators, and what a browser may do with a user's file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.server import PROJECT, Site, TestClient, commit, make_run, save_file

from museion.server.content import disposition, served_as, type_of
from museion.server.ranges import RangeUnsatisfiable, Span, matches, parse_range

DATA = random.Random(3).randbytes(700_000)


@pytest.fixture
def url(member: TestClient) -> str:
    make_run(member)
    save_file(member, "out/weights.bin", DATA)
    return f"{PROJECT}/runs/aaaaaaaa/files/out/weights.bin"


def test_whole_files_and_ranges(member: TestClient, url: str) -> None:
    whole = member.get(url)
    assert (whole.status_code, whole.content == DATA) == (200, True)
    assert whole.headers["accept-ranges"] == "bytes"
    for text, span in {"bytes=0-0": (0, 1), "bytes=5-9": (5, 10), "bytes=699990-": (699_990, 700_000)}.items():
        part = member.get(url, headers={"Range": text})
        assert (part.status_code, part.content) == (206, DATA[slice(*span)])
        assert part.headers["content-range"] == f"bytes {span[0]}-{span[1] - 1}/700000"
    assert member.get(url, headers={"Range": "bytes=-10"}).content == DATA[-10:]
    beyond = member.get(url, headers={"Range": "bytes=700000-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */700000")
    assert member.get(url, headers={"Range": "bytes=0-1,4-5"}).content == DATA, "several ranges: the whole file"


def test_validators(member: TestClient, url: str) -> None:
    etag = member.get(url).headers["etag"]
    assert etag.startswith('"blake3:')
    same = member.get(url, headers={"If-None-Match": f'"x", W/{etag}'})
    assert (same.status_code, same.content) == (304, b"")
    assert member.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200
    assert member.get(url, headers={"Range": "bytes=0-1", "If-Range": etag}).status_code == 206


def test_head_gives_headers_alone(member: TestClient, url: str) -> None:
    head = member.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "700000", b"")


def test_an_empty_file(member: TestClient) -> None:
    make_run(member)
    save_file(member, "empty", b"")
    url = f"{PROJECT}/runs/aaaaaaaa/files/empty"
    assert (member.get(url).status_code, member.get(url).content) == (200, b"")
    assert member.get(url, headers={"Range": "bytes=0-0"}).status_code == 416


HOSTILE = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    ("path", "kind", "inline"),
    [
        ("a.png", "image/png", True),
        ("a.svg", "text/plain; charset=utf-8", True),
        ("a.HTML", "text/plain; charset=utf-8", True),
        ("a.js", "text/plain; charset=utf-8", True),
        ("a.xhtml", "application/octet-stream", False),
        ("a.pdf", "application/octet-stream", False),
        ("noending", "application/octet-stream", False),
        ('we"ird\u202e;né.txt', "text/plain; charset=utf-8", True),
    ],
)
def test_user_files_cannot_run_in_a_browser(member: TestClient, path: str, kind: str, inline: bool) -> None:
    make_run(member)
    saved = save_file(member, path, HOSTILE)
    for address in (f"{PROJECT}/runs/aaaaaaaa/files/{path}", saved["url"]):
        answer = member.get(address)
        assert answer.content == HOSTILE
        assert answer.headers["content-type"] == kind
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert answer.headers["content-disposition"].startswith("inline" if inline else "attachment")
        forced = member.get(address, params={"download": "1"})
        assert forced.headers["content-disposition"].startswith("attachment")


@given(st.text(min_size=1, max_size=80).filter(lambda t: not any(0xD800 <= ord(c) < 0xE000 for c in t)))
def test_a_name_never_breaks_out_of_its_header(name: str) -> None:
    value = disposition(name, True)
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    assert served_as(name)[0] not in ("text/html", "image/svg+xml", "application/xhtml+xml")
    assert "/" in type_of(name)


def test_a_corrupt_chunk_is_told_not_sent(site: Site, member: TestClient, url: str) -> None:
    packs = [
        p for p in site.root.rglob("*") if p.is_file() and p.stat().st_size > 600_000 and "museion.db" not in p.name
    ]
    for pack in packs:
        _flip(pack)
    answer = member.get(url)
    assert answer.status_code == 422
    assert answer.json()["code"] == "blob_corrupt"


def _flip(pack: Path) -> None:
    data = bytearray(pack.read_bytes())
    data[1000] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(data)


def test_only_urls_that_name_the_content_are_kept_for_ever(member: TestClient) -> None:
    make_run(member)
    commit(member, "data", {"a/x.txt": b"one", "b.txt": b"same"}, run="aaaaaaaa")
    commit(member, "data", {"a/x.txt": b"two", "b.txt": b"same"}, run="aaaaaaaa")
    alias = member.get(f"{PROJECT}/artifacts/data/latest/files/a/x.txt")
    fixed = member.get(f"{PROJECT}/artifacts/data/v0/files/a/x.txt")
    assert (alias.content, fixed.content) == (b"two", b"one")
    assert alias.headers["cache-control"] == fixed.headers["cache-control"] == "private, no-cache"
    page = member.get(f"{PROJECT}/artifacts/data/v1/files", params={"prefix": "a/"}).json()
    assert [f["path"] for f in page["files"]] == ["a/x.txt"]
    assert (page["total"], page["size"]) == (1, 3)
    signed = member.get(page["files"][0]["url"])
    assert signed.content == b"two"
    assert "immutable" in signed.headers["cache-control"]


def test_a_reference_is_never_fetched(member: TestClient) -> None:
    make_run(member)
    entry = {"uri": "http://169.254.169.254/secret", "size": 3}
    body = {"name": "refs", "type": "dataset", "manifest": {"format": 1, "entries": {"a.bin": entry}}}
    assert member.post(f"{PROJECT}/artifacts", json=body).status_code == 200
    answer = member.get(f"{PROJECT}/artifacts/refs/latest/files/a.bin")
    assert (answer.status_code, answer.json()["details"]["uri"]) == (404, entry["uri"])
    listed = member.get(f"{PROJECT}/artifacts/refs/latest/files").json()["files"][0]
    assert (listed["uri"], listed["url"]) == (entry["uri"], "")


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../../x", "/etc/passwd", "%2e%2e/x", "a%00b", "a%5cb", "%252e%252e/x", "..%2f..%2fsecret", "a//b"],
)
def test_paths_that_lead_out_lead_nowhere(site: Site, member: TestClient, path: str) -> None:
    make_run(member)
    answer = member.get(f"{PROJECT}/runs/aaaaaaaa/files/{path}")
    assert answer.status_code in (400, 404)
    lease = member.post(f"{PROJECT}/uploads").json()["upload"]
    digest = "blake3:" + "0" * 64
    bad = {"upload": lease, "files": [{"path": "../x", "digest": digest, "size": 1}]}
    refused = member.post(f"{PROJECT}/runs/aaaaaaaa/files", json=bad)
    assert (refused.status_code, refused.json()["code"]) == (400, "path_invalid")


@given(st.one_of(st.text(max_size=40), st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}(,[0-9-]*)?")), st.integers(0, 50))
def test_a_span_lies_in_the_file(text: str, size: int) -> None:
    try:
        span = parse_range(text, size)
    except RangeUnsatisfiable:
        return
    assert span is None or 0 <= span.start < span.stop <= size


def test_ranges_in_words() -> None:
    assert parse_range(None, 10) is None
    assert parse_range("bytes=2-99", 10) == Span(2, 10)
    assert parse_range("bytes=-99", 10) == Span(0, 10)
    assert parse_range("bytes=5-2", 10) is None
    assert parse_range("items=0-1", 10) is None
    assert matches("*", '"a"')
    assert not matches(None, '"a"')


def test_html_is_a_page_only_on_request_and_without_an_origin(member: TestClient) -> None:
    make_run(member)
    save_file(member, "media/html/report.html", b"<script>1</script>")
    save_file(member, "media/html/report.svg", b"<svg/>")
    url = f"{PROJECT}/runs/aaaaaaaa/files/media/html/report"
    assert member.get(f"{url}.html").headers["content-type"].startswith("text/plain")
    page = member.get(f"{url}.html?page=1").headers
    assert page["content-type"].startswith("text/html")
    policy = {part.split()[0]: part.split()[1:] for part in page["content-security-policy"].split("; ")}
    assert policy["sandbox"] == ["allow-scripts"], "no origin, no forms, no way to the top"
    assert policy["default-src"] == ["'none'"]
    assert "connect-src" not in policy
    assert "'self'" not in policy["script-src"]
    assert member.get(f"{url}.svg?page=1").headers["content-type"].startswith("text/plain")
