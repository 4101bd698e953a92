"""Many files in one answer: over the real app, in order, with ranges; what is damaged is named, the rest comes."""

from __future__ import annotations

import json
import random

import pytest
from blobs.data import damage, noise, pieces
from support.server import PROJECT, commit, make_run

from museion.blobs.bundle import Frame, frames, read_frames
from museion.blobs.read import Piece
from museion.errors import BlobNotFound, ServerFault

FILES = {"empty": b"", "a/small": b"hello", "b/large": noise("large", 2_500_000), "c": noise("c", 70_000)}


@pytest.fixture(autouse=True)
def a_project(member) -> None:
    make_run(member)


def ask(client, *files: dict) -> dict[int, bytes | dict]:
    answer = client.post(f"{PROJECT}/artifacts/data/v0/bundle", json={"files": list(files)})
    assert answer.status_code == 200, answer.text
    found: dict = {}
    for part, data, problem in read_frames([answer.content]):
        found[part] = json.loads(problem) if problem is not None else found.get(part, b"") + data
    return found


def test_many_files_and_ranges_come_in_one_answer(member) -> None:
    commit(member, "data", FILES)
    whole = ask(member, *({"path": path} for path in FILES))
    assert whole == {i: data for i, data in enumerate(FILES.values()) if data}
    large = FILES["b/large"]
    ranges = [(0, 10), (1_000_000, 1_000_001), (2_000_000, 9_999_999), (5, 5)]
    found = ask(member, *({"path": "b/large", "start": a, "stop": b} for a, b in ranges))
    assert found == {i: large[a:b] for i, (a, b) in enumerate(ranges) if large[a:b]}


def test_small_files_share_their_reads(member, stores, monkeypatch) -> None:
    files = {f"{i:03d}": noise(f"file {i}", 900) for i in range(200)}
    lease_pack(member, files)
    reads: list[int] = []
    packs = stores.blobs._packs
    real = packs.read
    monkeypatch.setattr(packs, "read", lambda span: (reads.append(span.length), real(span))[1])
    assert ask(member, *({"path": path} for path in files)) == dict(enumerate(files.values()))
    assert len(reads) < 5


def lease_pack(client, files: dict[str, bytes]) -> None:
    from blake3 import blake3

    from museion.blobs.pack import build_pack
    from museion.model.digest import digest_bytes

    lease = client.post(f"{PROJECT}/uploads").json()["upload"]
    body = build_pack((blake3(data).digest(), data) for data in files.values())
    assert client.post(f"{PROJECT}/uploads/{lease}/packs", content=body).status_code == 200
    entries = {path: {"digest": digest_bytes(data), "size": len(data)} for path, data in files.items()}
    recipes = [{**e, "chunks": [[e["digest"].removeprefix("blake3:"), e["size"]]]} for e in entries.values()]
    assert client.post(f"{PROJECT}/uploads/{lease}/files", json={"files": recipes}).status_code == 204
    made = {"name": "data", "type": "t", "upload": lease, "manifest": {"format": 1, "entries": entries}}
    assert client.post(f"{PROJECT}/artifacts", json=made).status_code == 200


def test_what_is_damaged_is_named_and_the_others_come(member, site) -> None:
    commit(member, "data", FILES)
    packs = sorted((site.root / "packs").glob("*/*"), key=lambda path: path.stat().st_size)
    damage(packs[-1], 16 + len(pieces(FILES["b/large"])[0][1]) + 5)
    found = ask(member, {"path": "a/small"}, {"path": "b/large"}, {"path": "c"})
    assert (found[0], found[2]) == (FILES["a/small"], FILES["c"])
    assert found[1]["code"] == "blob_corrupt"
    assert found[1]["details"]["chunk"] == pieces(FILES["b/large"])[1][0].hex()


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([{"path": "nothing"}], 404),
        ([{"path": "a/small", "start": 3, "stop": 1}], 400),
        ([{"path": "a/small", "start": -3}], 400),
        ([{"path": 7}], 400),
        ("all", 400),
        ([{"path": "a/small"}] * 10_001, 400),
    ],
)
def test_what_cannot_be_asked_is_refused(member, files, status) -> None:
    commit(member, "data", {"a/small": b"hello"})
    assert member.post(f"{PROJECT}/artifacts/data/v0/bundle", json={"files": files}).status_code == status


def test_frames_survive_any_cutting_and_an_early_end_is_said() -> None:
    rnd = random.Random(3)
    told = [Piece(0, b"abc"), Piece(0, b""), Piece(2, noise("x", 5_000)), Piece(3, b"", BlobNotFound("gone"))]
    body = b"".join(frames(told, lambda error: error.code.encode()))
    for _ in range(20):
        cuts = sorted(rnd.sample(range(len(body)), 7))
        parts = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        expected = [Frame(0, b"abc"), Frame(0, b""), Frame(2, noise("x", 5_000)), Frame(3, b"", b"blob_not_found")]
        assert list(read_frames(parts)) == expected
        with pytest.raises(ServerFault, match="broke off"):
            list(read_frames([body[: cuts[0]]]))
    with pytest.raises(ServerFault, match="the most"):
        list(read_frames([b"\0\0\0\0\xff\xff\xff\x7f" + body]))
