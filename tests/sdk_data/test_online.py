"""Artifacts against the real server over real stores: what is sent, what is asked for, what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from museion.blobs.bundle import frames
from museion.blobs.read import Piece
from museion.errors import ArtifactNotFound, BlobCorrupt, BlobsMissing, TypeMismatch, ValueInvalid
from museion.sdk import local
from museion.sdk.api import Api
from museion.sdk.artifact import Artifact
from museion.sdk.artifacts import log_artifact, use_artifact
from museion.sdk.upload import upload


def artifact(name="data", **files):
    made = Artifact(name, "dataset", metadata={"n": 1})
    for path, data in files.items():
        with made.new_file(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
    return made


def packs_sent(transport):
    return sum(method == "POST" and path.endswith("/packs") for method, path in transport.asked)


@pytest.fixture
def api(transport):
    return Api({"entity": "me", "project": "p"}, transport=transport)


def test_a_version_is_logged_and_comes_back(runs, transport, tmp_path):
    big = os.urandom(3 << 20)
    made = log_artifact(runs(transport), artifact(small="1", **{"deep/big": big}), aliases=["best"]).wait()
    assert (made.version, set(made.aliases), made.qualified_name) == ("v0", {"best", "latest"}, "me/p/data:v0")
    used = use_artifact(runs(transport), "data:best", type="dataset")
    assert (used.digest, used.size, used.metadata) == (made.digest, len(big) + 1, {"n": 1})
    folder = Path(used.download(tmp_path / "out"))
    assert (folder / "deep/big").read_bytes() == big
    assert (folder / "small").read_text() == "1"
    used.verify(folder)


def test_equal_content_is_one_version_and_moves_the_aliases(runs, transport):
    run = runs(transport)
    log_artifact(run, artifact(a="1"), aliases=["best"]).wait()
    assert log_artifact(run, artifact(a="2")).wait().version == "v1"
    before = packs_sent(transport)
    again = log_artifact(runs(transport), artifact(a="1")).wait()
    assert (again.version, packs_sent(transport)) == ("v0", before)
    assert use_artifact(run, "data:latest").version == "v0"


def test_only_new_chunks_are_sent(runs, transport, stores):
    base = os.urandom(4 << 20)
    log_artifact(runs(transport), artifact(a=base)).wait()
    changed = base[: 2 << 20] + b"inserted" + base[2 << 20 :]
    sent = []
    made = artifact(a=changed)
    upload(transport, "me", "p", local.staging(), made._content.digests, lambda s: sent.append((s.sent, s.lacking)))
    assert 0 < sent[-1][1] <= sent[-1][0] < 2 << 20


def test_downloading_again_asks_once_and_writes_nothing(runs, transport, tmp_path):
    log_artifact(runs(transport), artifact(a="1", b="22")).wait()
    folder = Path(use_artifact(runs(transport), "data:latest").download("out"))
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    del transport.asked[:]
    Api({"entity": "me", "project": "p"}, transport=transport).artifact("data:latest").download("out")
    assert [method for method, _ in transport.asked] == ["GET"]
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == times


def test_what_is_cached_is_not_fetched_again(runs, transport):
    log_artifact(runs(transport), artifact(a="1", b="22")).wait()
    used = use_artifact(runs(transport), "data:latest")
    used.download("one")
    del transport.asked[:]
    used.download("two")
    assert transport.asked == []
    assert sorted(os.listdir("two")) == ["a", "b"]


def test_a_corrupted_chunk_is_named_and_nothing_is_left(runs, transport, tmp_path):
    made = log_artifact(runs(transport), artifact(a=os.urandom(400_000))).wait()
    for pack in (tmp_path / "server").rglob("*"):
        if pack.is_file() and "pack" in str(pack.relative_to(tmp_path / "server")) and pack.stat().st_size > 300_000:
            data = bytearray(pack.read_bytes())
            data[200_000] ^= 1
            pack.chmod(0o600)
            pack.write_bytes(data)
    with pytest.raises(BlobCorrupt) as error:
        made.download("out")
    assert "'a'" in str(error.value)
    assert made.manifest["a"].digest in str(error.value)
    assert os.listdir("out") == []


def test_bytes_that_lie_are_not_cached(runs, transport, monkeypatch):
    made = log_artifact(runs(transport), artifact(a="right")).wait()
    real = transport.request

    def lying(method, path, **options):
        reply = real(method, path, **options)
        if path.endswith("/bundle"):
            reply.pieces = frames([Piece(0, b"wrong", None)], lambda error: b"")
        elif "/files/" in path:
            reply.pieces = iter([b"wrong"])
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(transport, "request", lying)
        with pytest.raises(BlobCorrupt, match="'a'"):
            made.download("out")
        with pytest.raises(BlobCorrupt, match="'a'"):
            made.download("out", skip_cache=True)
        with pytest.raises(BlobCorrupt, match="'a'"):
            made.get_entry("a").open()
    with made.get_entry("a").open() as file:
        assert file.read() == b"right"


def test_what_is_not_there(runs, transport, api):
    log_artifact(runs(transport), artifact(a="1"), aliases=["best"]).wait()
    for find in (lambda name: use_artifact(runs(transport), name), api.artifact):
        with pytest.raises(ArtifactNotFound, match=r"v0, (best, latest|latest, best)"):
            find("data:worst")
        with pytest.raises(ArtifactNotFound, match="no artifact 'other' in me/p"):
            find("other:latest")
    with pytest.raises(TypeMismatch):
        use_artifact(runs(transport), "data:latest", type="model")
    with pytest.raises(TypeMismatch):
        log_artifact(runs(transport), Artifact("data", "model"))


def test_content_that_nobody_has_is_said(transport, runs):
    runs(transport)
    with pytest.raises(BlobsMissing, match="Neither this machine nor the server"):
        upload(transport, "me", "p", local.staging(), ["blake3:" + "0" * 64])


def test_editing_and_deleting(runs, transport, api):
    made = log_artifact(runs(transport), artifact(a="1")).wait()
    made.aliases.append("best")
    made.tags = ["t"]
    made.metadata["n"] = float("nan")
    made.description = "words"
    made.save()
    seen = api.artifact("data:best")
    assert (seen.tags, seen.metadata, seen.description) == (["t"], {"n": "NaN"}, "words")
    with pytest.raises(ValueInvalid, match="best"):
        seen.delete()
    seen.delete(delete_aliases=True)
    assert seen.state == "DELETED"
    assert not api.artifact_exists("data:v0")


def test_lineage(runs, transport, api):
    maker, user = runs(transport), runs(transport)
    made = log_artifact(maker, artifact(a="1")).wait()
    use_artifact(user, "data:latest")
    assert made.logged_by().id == maker.id
    assert [run.id for run in made.used_by()] == [user.id]
    assert [one.name for one in api.run(f"me/p/{maker.id}").logged_artifacts()] == ["data:v0"]
    assert [one.name for one in api.run(user.id).used_artifacts()] == ["data:v0"]


def test_an_offline_pipeline_is_synced_and_again_is_no_news(runs, transport, api):
    maker, user = runs(), runs()
    log_artifact(maker, artifact(a="1"), aliases=["best"])
    used = use_artifact(user, "data:best")
    out = Artifact("out", "dataset")
    out.add_file(Path(used.download()) / "a", "copy")
    log_artifact(user, out)
    for _ in range(2):
        maker.sync(transport)
        user.sync(transport)
    assert [one.name for one in api.run(user.id).used_artifacts()] == ["data:v0"]
    assert [one.name for one in api.run(user.id).logged_artifacts()] == ["out:v0"]
    assert len(api.artifacts("dataset", "data")) == 1
    assert api.artifact("data:best").digest == used.digest


def test_collections_and_types(runs, transport, api):
    run = runs(transport)
    for text in "12":
        log_artifact(run, artifact(a=text)).wait()
    log_artifact(run, artifact("other", a="3")).wait()
    assert [kind.name for kind in api.artifact_types()] == ["dataset"]
    assert sorted(c.name for c in api.artifact_collections("p", "dataset")) == ["data", "other"]
    assert [one.version for one in api.artifacts("dataset", "data")] == ["v1", "v0"]
    assert len(api.artifact_collection("dataset", "data")) == 2
    with pytest.raises(TypeMismatch):
        api.artifact_collection("model", "data")
    assert api.artifact_exists("data:v1")
    assert not api.artifact_exists("data:v2")
    assert not api.artifact_exists("me/nowhere/data:v0")


def test_many_small_files(runs, transport):
    files = {f"f{i:03}": str(i) for i in range(150)}
    made = log_artifact(runs(transport), artifact(**files)).wait()
    assert packs_sent(transport) == 1
    folder = Path(made.download("out"))
    assert {path.name: path.read_text() for path in folder.iterdir()} == files
