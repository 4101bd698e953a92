"""`museion://`: pandas, pyarrow and torch read a version where it is, and only what they need of it."""

from __future__ import annotations

import io
import os

import fsspec
import numpy as np
import pytest

from museion import Artifact
from museion.errors import BlobCorrupt, FileMissing, NameInvalid
from museion.sdk import artifacts
from museion.sdk.filesystem import MuseionFileSystem

MIB = 1 << 20
BASE = "museion://me/p/data:latest"


@pytest.fixture
def files(transport):
    return MuseionFileSystem(transport=transport)


def logged(run, **contents):
    artifact = Artifact("data", "dataset")
    for path, data in contents.items():
        with artifact.new_file(path.replace("__", "/"), "wb") as file:
            file.write(data)
    return artifacts.log_artifact(run, artifact).wait()


def test_a_version_is_listed_walked_and_read(run, files):
    logged(run, a=b"one", sub__b=b"two", sub__deep__c=b"three")
    assert files.ls(BASE, detail=False) == ["me/p/data:latest/a", "me/p/data:latest/sub"]
    assert files.find(BASE) == [f"me/p/data:latest/{path}" for path in ("a", "sub/b", "sub/deep/c")]
    assert files.glob(f"{BASE}/**/c") == ["me/p/data:latest/sub/deep/c"]
    assert files.cat(f"{BASE}/sub/b") == b"two"
    assert files.cat_file(f"{BASE}/sub/deep/c", -2) == b"ee"
    assert (files.isdir(f"{BASE}/sub"), files.isfile(f"{BASE}/a"), files.exists(f"{BASE}/z")) == (True, True, False)
    assert files.size(f"{BASE}/a") == 3


def test_only_what_is_read_of_a_large_file_is_fetched(run, files, transport):
    data = os.urandom(8 * MIB)
    artifact = logged(run, big=data)
    asked, ask = [], transport.request

    def counting(method, path, **options):
        answer = ask(method, path, **options)
        if "/files/" in path:
            asked.append(int(answer.headers["content-length"]))
        return answer

    transport.request = counting
    with files.open(f"{BASE}/big") as file:
        file.seek(5 * MIB + 3)
        assert file.read(1000) == data[5 * MIB + 3 :][:1000]
        file.seek(-10, io.SEEK_END)
        assert file.read() == data[-10:]
    assert sum(asked) <= 4 * MIB
    with artifact.open("big") as file:
        assert file.read() == data


def test_bytes_that_are_not_the_chunks_are_refused(run, files, transport):
    logged(run, big=os.urandom(3 * MIB))
    ask = transport.request

    def lying(method, path, **options):
        answer = ask(method, path, **options)
        if "/files/" in path:
            answer.pieces = iter([bytes(len(piece)) for piece in answer.pieces])
        return answer

    transport.request = lying
    with files.open(f"{BASE}/big") as file, pytest.raises(BlobCorrupt, match="big"):
        file.read(10)


def test_it_is_read_only_and_says_what_is_not_there(run, files):
    logged(run, a=b"one")
    with pytest.raises(OSError, match="read-only"):
        files.open(f"{BASE}/new", "wb")
    with pytest.raises(FileMissing, match="has no file"):
        files.open(f"{BASE}/b")
    with pytest.raises(FileNotFoundError):
        files.ls(f"{BASE}/nothing")
    with pytest.raises(NameInvalid, match="museion://"):
        files.ls("museion://me/p")


def test_fsspec_knows_the_name():
    assert fsspec.get_filesystem_class("museion") is MuseionFileSystem


def test_pandas_pyarrow_and_torch_read_a_version(run, transport, files):
    pd, pq, torch = (pytest.importorskip(name) for name in ("pandas", "pyarrow.parquet", "torch"))
    frame = pd.DataFrame({"x": range(1000), "y": np.arange(1000) / 7})
    table, csv, tensors = io.BytesIO(), frame.to_csv(index=False).encode(), io.BytesIO()
    frame.to_parquet(table)
    torch.save({"w": torch.arange(10)}, tensors)
    logged(run, t=table.getvalue(), c=csv, m=tensors.getvalue())
    options = {"transport": transport}
    assert pd.read_csv(f"{BASE}/c", storage_options=options).equals(frame)
    assert pd.read_parquet(f"{BASE}/t", storage_options=options).equals(frame)
    assert pq.read_table("me/p/data:latest/t", filesystem=files, columns=["x"]).num_rows == 1000
    with files.open(f"{BASE}/m") as file:
        assert torch.load(file, weights_only=True)["w"].tolist() == list(range(10))
