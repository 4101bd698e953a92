"""Each kind of file tells what it holds; whatever is not what its name says is shown as bytes, with the reason."""

from __future__ import annotations

import io
import json
import math
import os
import pickle
import tarfile
import wave
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from museion.errors import Corrupt, TooLarge
from museion.previews import pictures
from museion.previews.limits import MAX_ROWS
from museion.previews.preview import preview
from museion.previews.source import Held, Window, opened


def look(data: bytes, path: str) -> dict:
    found = preview(Held(data), path)
    json.dumps(found, allow_nan=False)
    return found


def columns(found: dict) -> dict[str, dict]:
    return {column["name"]: column for column in found["columns"]}


# ---- tables ----------------------------------------------------------------------------------------------------------


def test_a_csv_is_a_table_with_statistics() -> None:
    rows = [[i, i / 2, "cat" if i % 3 else "dog", "" if i % 10 == 0 else "x"] for i in range(250)]
    text = "n,half,pet,gap\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    found = look(text.encode(), "data/train.csv")
    assert (found["kind"], found["total_rows"], found["truncated"]) == ("table", 250, True)
    assert found["rows"][:2] == [[0, 0.0, "dog", ""], [1, 0.5, "cat", "x"]]
    assert len(found["rows"]) == MAX_ROWS
    named = columns(found)
    assert (named["n"]["type"], named["n"]["min"], named["n"]["max"]) == ("integer", 0, 249)
    assert named["half"]["mean"] == pytest.approx(np.mean(np.arange(250) / 2))
    assert named["half"]["std"] == pytest.approx(np.std(np.arange(250) / 2))
    assert named["pet"]["top"] == [["cat", 166], ["dog", 84]]
    assert named["gap"]["missing"] == 25


def test_numbers_of_many_digits_are_numbers_and_long_whole_ones_are_names() -> None:
    found = look(b"x,id\n0.12345678901234567890,12345678901234567890\n-1.5,7\n", "a.csv")
    assert [column["type"] for column in found["columns"]] == ["number", "mixed"]
    assert found["rows"][0] == [0.12345678901234568, "12345678901234567890"]


@pytest.mark.parametrize(("name", "mark"), [("a.tsv", "\t"), ("a.csv", ";"), ("a.csv", "|")])
def test_the_delimiter_is_found(name: str, mark: str) -> None:
    assert look(f"a{mark}b\n1{mark}2\n".encode(), name)["rows"] == [[1, 2]]


def test_lines_of_json_are_a_table() -> None:
    found = look(b'{"a": 1, "b": [1]}\n\n{"a": 2.5, "c": null}\n', "log.jsonl")
    assert [column["name"] for column in found["columns"]] == ["a", "b", "c"]
    assert found["rows"] == [[1, [1], None], [2.5, None, None]]
    assert look(b"1\n2\n", "n.ndjson")["rows"] == [[1], [2]]
    assert "problem" in look(b"{oops\n", "log.jsonl")


def parquet(table: pa.Table, **options: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def test_parquet_tells_schema_rows_and_statistics() -> None:
    table = pa.table({"x": [1.0, math.nan, 3.0, None], "who": ["a", "b", "a", None], "raw": [b"12", None, b"", b"9"]})
    found = look(parquet(table, row_group_size=2), "t.parquet")
    assert (found["total_rows"], found["facts"]["row_groups"]) == (4, 2)
    named = columns(found)
    assert (named["x"]["type"], named["x"]["missing"], named["x"]["min"], named["x"]["max"]) == ("double", 1, 1.0, 3.0)
    assert named["who"]["top"][0] == ["a", 2]
    assert found["rows"][1][0] == "nan"


def test_parquet_shows_the_first_rows_of_many() -> None:
    found = look(parquet(pa.table({"n": range(100_000)})), "t.parquet")
    assert (found["total_rows"], len(found["rows"]), found["truncated"]) == (100_000, MAX_ROWS, True)


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_arrow_files_and_streams(kind: str) -> None:
    table, out = pa.table({"n": [1, 2, 3]}), io.BytesIO()
    with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(out, table.schema) as writer:
        writer.write_table(table)
    assert look(out.getvalue(), "t.arrow")["rows"] == [[1], [2], [3]]


def test_a_logged_table_is_a_table_and_other_json_an_outline() -> None:
    body = {"columns": ["a"], "data": [[1], [2]]}
    assert look(json.dumps(body).encode(), "media/t.table.json")["rows"] == [[1], [2]]
    deep: object = 1
    for _ in range(20):
        deep = {"deep": deep}
    found = look(json.dumps({"list": list(range(90)), "deep": deep}).encode(), "c.json")
    assert found["outline"]["list"][-1] == "… 40 more"
    assert "{1 keys}" in json.dumps(found["outline"])
    assert "problem" in look(b"[" * 100_000, "c.json")


# ---- tensors ---------------------------------------------------------------------------------------------------------


def safetensors(header: dict, body: bytes = b"") -> bytes:
    raw = json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + body


def test_safetensors_list_their_tensors() -> None:
    header = {"__metadata__": {"by": "me"}, "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
    found = look(safetensors(header, bytes(24)), "m.safetensors")
    assert found["facts"] == {"tensors": 1, "values": 6}
    assert found["tensors"][0] | {"begin": 0} == {"name": "w", "dtype": "F32", "shape": [2, 3], "bytes": 24, "begin": 0}
    assert found["metadata"] == {"by": "me"}
    assert "more than" in look((1 << 60).to_bytes(8, "little"), "m.safetensors")["problem"]
    assert "cut off" in look(safetensors(header)[:20], "m.safetensors")["problem"]
    assert "problem" in look(safetensors({"w": {"dtype": "F32"}}), "m.safetensors")


def test_numpy_files_tell_type_and_shape() -> None:
    out = io.BytesIO()
    np.save(out, np.zeros((3, 4), np.float16))
    assert look(out.getvalue(), "a.npy")["tensors"] == [{"name": "array", "dtype": "<f2", "shape": [3, 4], "bytes": 24}]
    out = io.BytesIO()
    np.savez_compressed(out, a=np.arange(5), names=np.array(["x", "yy"]))
    listed = {tensor["name"]: tensor for tensor in look(out.getvalue(), "a.npz")["tensors"]}
    assert (listed["a"]["shape"], listed["names"]["bytes"]) == ([5], 16)
    assert "problem" in look(b"\x93NUMPY\x01\x00\x10\x00__import__('os')", "a.npy")


class Opaque:
    def __init__(self) -> None:
        self.rate = 0.5


@pytest.mark.parametrize("new", [True, False])
def test_a_checkpoint_of_pytorch_tells_its_tensors_without_being_loaded(new: bool) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    out = io.BytesIO()
    state = {"model": model.state_dict(), "opt": optimizer.state_dict(), "epoch": 7, "half": torch.ones(2).bfloat16()}
    torch.save(state, out, _use_new_zipfile_serialization=new)
    found = look(out.getvalue(), "best.pt")
    listed = {tensor["name"]: tensor for tensor in found["tensors"]}
    weight = listed["model.0.weight"]
    assert (weight["dtype"], weight["shape"], weight["bytes"]) == ("float32", [2, 3], 24)
    assert listed["half"]["dtype"] == "bfloat16"
    assert listed["opt.state.0.exp_avg"]["shape"] == [2, 3]
    assert {"path": "epoch", "value": 7} in found["values"]
    assert {call["verdict"] for call in found["calls"]} == {"harmless"}


def test_a_whole_pickled_module_names_its_classes() -> None:
    out = io.BytesIO()
    torch.save(torch.nn.Linear(2, 2), out)
    found = look(out.getvalue(), "model.pth")
    assert "torch.nn.modules.linear.Linear" in {call["name"] for call in found["calls"]}
    assert any(tensor["name"].endswith("weight") for tensor in found["tensors"])


class Evil:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_says_what_it_would_call_and_calls_nothing(tmp_path: Path, protocol: int) -> None:
    mark = tmp_path / "pwned"
    body = {
        "epoch": 3,
        "names": ["a", "b"],
        "set": {1, 2},
        "object": Opaque(),
        "trap": Evil(mark),
        "o": OrderedDict(a=1),
    }
    found = look(pickle.dumps(body, protocol), "state.pkl")
    assert not mark.exists()
    verdicts = {call["name"]: call["verdict"] for call in found["calls"]}
    assert verdicts[f"{os.name}.system"] == "dangerous"
    assert found["calls"][0]["verdict"] == "dangerous", "the worst first"
    assert {"path": "epoch", "value": 3} in found["values"]
    assert {"path": "names[1]", "value": "b"} in found["values"]
    assert {"path": "object.rate", "value": 0.5} in found["values"]


def test_a_pickle_that_grows_is_walked_once() -> None:
    grown: object = ()
    for _ in range(60):
        grown = (grown, grown)
    assert look(pickle.dumps(grown), "bomb.pkl")["values"] == []


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_bytes_break_a_preview(data: bytes) -> None:
    for name in (
        "a.pkl",
        "a.pt",
        "a.npy",
        "a.npz",
        "a.safetensors",
        "a.csv",
        "a.jsonl",
        "a.json",
        "a.wav",
        "a.zip",
        "a.tar",
    ):
        assert look(data, name)["kind"]


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_damaged_file_breaks_a_preview(data: st.DataObject) -> None:
    whole, name = data.draw(st.sampled_from(SAMPLES))
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place : place + 3] = data.draw(st.binary(min_size=3, max_size=3))
    assert look(bytes(damaged[: data.draw(st.integers(1, len(damaged)))]), name)["kind"]


def sample_checkpoint() -> bytes:
    out = io.BytesIO()
    torch.save({"w": torch.ones(2, 2)}, out)
    return out.getvalue()


SAMPLES = [
    (sample_checkpoint(), "a.pt"),
    (parquet(pa.table({"a": [1, 2], "b": ["x", None]})), "a.parquet"),
    (pickle.dumps({"a": [1, {2}], "b": Opaque}), "a.pkl"),
    (safetensors({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, bytes(4)), "a.safetensors"),
]


# ---- the rest --------------------------------------------------------------------------------------------------------


def test_archives_are_listed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", "x" * 1000)
    found = look(out.getvalue(), "a.zip")
    assert found["facts"] == {"entries": 1, "size": 1000}
    assert found["entries"][0]["packed"] < 100
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        member = tarfile.TarInfo("../b.txt")
        member.size = 4
        tar.addfile(member, io.BytesIO(b"data"))
    assert look(out.getvalue(), "a.tar.gz")["entries"] == [{"path": "../b.txt", "size": 4}]


def test_text_and_bytes() -> None:
    found = look("grüß".encode() * 30_000, "notes.txt")
    assert (found["kind"], found["truncated"]) == ("text", True)
    assert found["text"].startswith("grüß")
    assert look(b"\x00\x01", "x.unknown") == {"kind": "binary", "format": "bytes", "head": "0001"}
    assert look(b"", "empty.txt")["text"] == ""


def test_a_sound_tells_its_duration() -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(4 * 4000))
    assert look(out.getvalue(), "a.wav")["facts"] == {"channels": 2, "sample_rate": 8000, "bits": 16, "duration": 0.5}


def picture(size: tuple[int, int], kind: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 1).save(out, kind)
    return out.getvalue()


def test_a_picture_tells_its_size_and_is_made_small() -> None:
    found = look(picture((600, 300)), "a.png")
    assert (found["format"], found["facts"]["width"], found["facts"]["frames"]) == ("png", 600, 1)
    small = Image.open(io.BytesIO(pictures.thumbnail(opened(Held(picture((600, 300), "JPEG"))), 128)))
    assert (small.format, small.size) == ("WEBP", (128, 64))
    clear = Image.open(io.BytesIO(pictures.thumbnail(opened(Held(picture((600, 300), mode="RGBA"))), 64)))
    assert clear.mode == "RGBA"


def test_a_picture_that_is_too_large_or_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100)
    with pytest.raises(TooLarge, match="20 × 20"):
        pictures.thumbnail(opened(Held(picture((20, 20)))), 64)
    with pytest.raises(Corrupt, match="picture"):
        pictures.thumbnail(opened(Held(b"<svg onload='x'/>")), 64)


def test_no_more_is_read_than_allowed() -> None:
    window = Window(Held(bytes(1000)), budget=100)
    assert window.read(60) == bytes(60)
    with pytest.raises(TooLarge):
        window.read(60)
