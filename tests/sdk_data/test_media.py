"""Tables, histograms, pages, sounds and videos: what goes in comes back, what is wrong is named."""

from __future__ import annotations

import math
import wave
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as pil
from support.shelf import Shelf, there_and_back

from museion.errors import FileMissing, ValueInvalid
from museion.sdk.media import Audio, Histogram, Html, Image, Table, Video, as_media

ROOT = Path(__file__).parents[2]


CELL = {
    "number": st.floats() | st.integers(-(2**53), 2**53),
    "string": st.text(st.characters(exclude_categories=["Cs"])),
    "boolean": st.booleans(),
}


@st.composite
def tables(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(CELL)), min_size=1, max_size=4))
    rows = draw(st.lists(st.tuples(*(st.none() | CELL[kind] for kind in kinds)), max_size=8))
    return Table(columns=[f"c{i}" for i in range(len(kinds))], data=rows)


@given(tables())
def test_a_table_comes_back(table):
    assert there_and_back(table) == table


def test_nan_comes_back_as_a_number_and_the_word_as_a_word():
    table = there_and_back(Table(columns=["n", "s"], data=[[float("nan"), "NaN"], [1.5, "x"]]))
    assert math.isnan(table.data[0][0])
    assert table.data[0][1] == "NaN"


def test_a_row_of_the_wrong_length_is_named():
    table = Table(columns=["a", "b"], data=[[1, 2]])
    with pytest.raises(ValueInvalid, match="Row 1 has 3 values, the table has 2 columns"):
        table.add_data(1, 2, 3)
    assert len(table) == 1


def test_a_cell_of_another_type_is_named():
    table = Table(columns=["a", "b"], data=[[1, "x"]])
    with pytest.raises(ValueInvalid, match="row 1, column 'b' holds a number"):
        table.add_data(None, 2)
    mixed = Table(columns=["a"], data=[[1], ["x"], [None]], allow_mixed_types=True)
    assert there_and_back(mixed) == mixed
    with pytest.raises(ValueInvalid, match=r"row 0, column 'a' is a builtins\.object"):
        Table(columns=["a"], data=[[object()]])


def test_columns():
    table = Table(columns=["a"], data=[[1], [2]])
    table.add_column("b", np.array([3, 4]))
    assert table.get_column("b") == [3, 4]
    assert table.get_column("a", convert_to="numpy").tolist() == [1, 2]
    assert list(table.iterrows()) == [(0, [1, 3]), (1, [2, 4])]
    with pytest.raises(ValueInvalid, match="1 values, the table 2 rows"):
        table.add_column("c", [1])
    with pytest.raises(ValueInvalid, match="no column 'z'"):
        table.get_column("z")
    with pytest.raises(ValueInvalid, match="not all different"):
        Table(columns=["a", "a"])


def test_a_table_from_pandas_and_numpy():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1, 2], "y": ["a", "b"]})
    table = Table(dataframe=frame)
    assert table.columns == ["x", "y"]
    assert table.get_dataframe().equals(frame)
    assert as_media(frame) == table
    assert Table(columns=["p", "q"], data=np.eye(2)).data == [[1, 0], [0, 1]]


def test_pictures_in_cells_come_back():
    picture = Image(np.eye(4, dtype=np.uint8) * 9, caption="diagonal")
    table = there_and_back(Table(columns=["image", "label"], data=[[picture, 3]]))
    assert table.data[0][0] == picture


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.integers(1, 512))
def test_a_histogram_counts_everything(values, bins):
    histogram = there_and_back(Histogram(values, num_bins=bins))
    assert sum(histogram.histogram) == len(values)
    assert len(histogram.bins) == bins + 1


def test_a_histogram_of_a_diverged_tensor_does_not_stop_the_training():
    torch = pytest.importorskip("torch")
    histogram = Histogram(torch.tensor([1.0, float("nan"), float("inf"), 2.0], requires_grad=True))
    assert sum(histogram.histogram) == 2
    assert histogram._keep(Shelf(), "k", 0)["not_finite"] == 2
    assert sum(Histogram(np.array([np.nan])).histogram) == 0


@pytest.mark.parametrize(
    "arguments",
    [{}, {"sequence": [1], "num_bins": 513}, {"sequence": ["a"]}, {"sequence": 3}, {"np_histogram": ([1], [1])}],
)
def test_bad_histograms(arguments):
    with pytest.raises(ValueInvalid):
        Histogram(**arguments)


def test_html(tmp_path):
    (tmp_path / "page.html").write_text("<p>on disk</p>")
    assert Html(str(tmp_path / "page.html")).html == "<p>on disk</p>"
    assert Html(tmp_path / "page.html").html == "<p>on disk</p>"
    assert Html(StringIO("<b>é</b>")).html == "<b>é</b>"
    assert there_and_back(Html("<h1>ü</h1>")).html == "<h1>ü</h1>"
    with pytest.raises(FileMissing):
        Html(tmp_path / "none.html")
    with pytest.raises(ValueInvalid):
        Html(b"\xff\xfe")
    with pytest.raises(ValueInvalid):
        Html(3)


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.int32])
def test_samples_become_a_wav(dtype):
    wanted = np.array([[0, 32767], [-32767, 16384]])
    given = {np.float32: wanted / 32767, np.int16: wanted, np.int32: wanted * 65536}[dtype].astype(dtype)
    shelf = Shelf()
    body = Audio(given, sample_rate=8000, caption="two")._keep(shelf, "k", 0)
    with wave.open(shelf.open(body["path"])) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 8000, 2)
        found = np.frombuffer(file.readframes(2), "<i2").reshape(2, 2)
    assert np.abs(found - wanted).max() <= 1
    assert (body["caption"], body["sample_rate"], body["duration"]) == ("two", 8000, 2 / 8000)


def test_bad_sounds(tmp_path):
    for arguments in [{"data_or_path": np.zeros(3)}, {"data_or_path": np.zeros((2, 2, 2)), "sample_rate": 8}]:
        with pytest.raises(ValueInvalid):
            Audio(**arguments)
    with pytest.raises(FileMissing):
        Audio(tmp_path / "a.wav")
    (tmp_path / "a.exe").write_bytes(b"x")
    with pytest.raises(ValueInvalid, match="not a sound"):
        Audio(tmp_path / "a.exe")


def test_frames_become_a_gif():
    frames = np.zeros((3, 3, 8, 10), np.uint8)
    frames[1] = 255
    shelf = Shelf()
    body = Video(frames, fps=10)._keep(shelf, "k", 0)
    gif = pil.open(shelf.open(body["path"]))
    assert (gif.n_frames, gif.size, gif.info["duration"]) == (3, (10, 8), 100)
    assert (body["width"], body["height"], body["fps"]) == (10, 8, 10)


def test_bad_videos(tmp_path):
    for value in (np.zeros((3, 3)), np.zeros((2, 5, 4, 4))):
        with pytest.raises(ValueInvalid, match="not a video"):
            Video(value)
    with pytest.raises(ValueInvalid, match="mp4"):
        Video(np.zeros((1, 1, 2, 2)), format="mp4")
    (tmp_path / "v.txt").write_text("x")
    with pytest.raises(ValueInvalid, match="not a video format"):
        Video(tmp_path / "v.txt")


def test_the_media_door_loads_no_picture_library():
    import subprocess
    import sys

    code = (
        "import sys, museion.sdk.media as m; m.as_media(1.0); print([x for x in ('PIL','numpy') if x in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
