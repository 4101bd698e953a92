"""Figures, things in space, molecules, joined tables: what goes in comes back, what is wrong is named."""

from __future__ import annotations

import json
from io import BytesIO, StringIO

import numpy as np
import plotly.graph_objects as go
import pytest
from support.shelf import Shelf, there_and_back

from museion.errors import FileMissing, ValueInvalid
from museion.sdk.media import Classes, Image, JoinedTable, Molecule, Object3D, Plotly, Table, as_media, box3d

PDB = "HEADER    WATER\nHETATM    1  O   HOH A   1       0.000   0.000   0.000\nEND\n"


def figure():
    return go.Figure(data=[go.Scatter(x=[1, 2, 3], y=[4, 1, 2])], layout={"title": {"text": "loss"}})


def test_a_plotly_figure_is_kept_as_its_json():
    media = as_media(figure())
    assert isinstance(media, Plotly)
    assert media.figure["layout"]["title"]["text"] == "loss"
    assert there_and_back(media) == media
    assert there_and_back(Plotly(figure().to_dict() | {"data": [{"type": "bar", "y": [1]}]})).figure["data"][0][
        "y"
    ] == [1]


@pytest.mark.parametrize("wrong", [{"layout": {}}, "not json", 7, {"data": "x"}, {"data": [object()]}])
def test_what_is_no_figure_is_refused(wrong):
    with pytest.raises(ValueInvalid, match="figure"):
        Plotly(wrong)


@pytest.mark.parametrize("width", [3, 4, 6])
def test_points_come_back(width):
    points = np.arange(10 * width).reshape(10, width).astype(np.float32)
    shelf = Shelf()
    body = Object3D(points, caption="cloud")._keep(shelf, "cloud", 3)
    assert body["path"].endswith(".pts.json")
    assert (body["points"], body["caption"]) == (10, "cloud")
    assert json.loads(shelf.files[body["path"]]) == points.tolist()
    assert there_and_back(Object3D(points)) == Object3D(points)


def test_a_scene_has_boxes_and_arrows():
    corners = [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    scene = Object3D.from_point_cloud(
        [[0, 0, 0]],
        boxes=[{"corners": corners, "label": "car", "color": [255, 0, 0], "score": 0.5}],
        vectors=[{"start": [0, 0, 0], "end": [1, 1, 1]}],
    )
    kept = json.loads(there_and_back(scene)._bytes())
    assert kept["type"] == "lidar/beta"
    assert kept["boxes"][0]["label"] == "car"
    assert kept["vectors"][0]["end"] == [1, 1, 1]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (np.zeros((4, 5)), r"\(4, 5\)"),
        (np.full((2, 3), np.nan), "finite"),
        ({"type": "sonar", "points": []}, "sonar"),
        ({"points": [[1, 2]]}, r"\(1, 2\)"),
        ({"points": [], "boxes": [{"corners": [[0, 0, 0]]}]}, r"boxes\[0\].corners"),
        ({"points": [], "vectors": [{"start": [0, 0, 0]}]}, r"vectors\[0\]"),
        ([["a", "b", "c"]], "numbers"),
    ],
)
def test_what_is_not_in_space_is_named(wrong, named):
    with pytest.raises(ValueInvalid, match=named):
        Object3D(wrong)


def test_a_model_file_is_kept_as_it_is(tmp_path):
    path = tmp_path / "cube.glb"
    path.write_bytes(b"glTF\x02")
    assert there_and_back(Object3D(path))._bytes() == b"glTF\x02"
    assert there_and_back(Object3D.from_file(BytesIO(b"v 0 0 0"), file_type="obj"))._extension() == ".obj"
    (tmp_path / "cube.zip").write_bytes(b"")
    with pytest.raises(ValueInvalid, match=r"cube.zip"):
        Object3D(tmp_path / "cube.zip")
    with pytest.raises(FileMissing):
        Object3D(str(tmp_path / "absent.obj"))


def test_a_molecule_is_a_file(tmp_path):
    path = tmp_path / "water.pdb"
    path.write_text(PDB)
    shelf = Shelf()
    body = Molecule(path, caption="water")._keep(shelf, "mol", 0)
    assert body["_type"] == "molecule-file"
    assert shelf.files[body["path"]] == PDB.encode()
    assert there_and_back(Molecule(StringIO(PDB), file_type="pdb")) == Molecule(StringIO(PDB), file_type="pdb")
    with pytest.raises(ValueInvalid, match=r"\.pdb"):
        Molecule(StringIO(PDB), file_type="exe")


def tables():
    people = Table(columns=["id", "name"], data=[[1, "ada"], [2, "bob"], [3, "eve"]])
    scores = Table(columns=["id", "name", "score"], data=[[2, "b", 0.5], [1, "a", 0.7], [2, "c", 0.1]])
    return people, scores


def test_joined_tables_come_back_and_join():
    joined = JoinedTable(*tables(), "id")
    back = there_and_back(joined)
    assert back == joined
    assert back.join().columns == ["id", "name_1", "name_2", "score"]
    assert back.join().data == [[1, "ada", "a", 0.7], [2, "bob", "b", 0.5], [2, "bob", "c", 0.1]]


def test_a_join_needs_the_column():
    with pytest.raises(ValueInvalid, match="absent"):
        JoinedTable(*tables(), "absent")
    assert len(JoinedTable(*tables(), ("name", "id")).join()) == 0


def test_a_box_is_turned_and_moved():
    half = np.sqrt(0.5)
    box = box3d(
        center=(10, 0, 0), size=(2, 4, 6), orientation=(half, 0, 0, half), color=(1, 0.5, 0), label="car", score=1
    )
    corners = np.array(box["corners"])
    assert corners.min(0) == pytest.approx([8, -1, -3]), "a quarter turn around z swaps x and y"
    assert corners.max(0) == pytest.approx([12, 1, 3])
    assert box["color"] == [255, 128, 0]
    assert there_and_back(Object3D.from_point_cloud([[0, 0, 0]], boxes=[box]))


@pytest.mark.parametrize(
    "wrong", [{"orientation": (0, 0, 0, 0)}, {"color": (2, 0, 0)}, {"size": (1, 2)}, {"center": "abc"}]
)
def test_a_box_that_is_none_is_named(wrong):
    right = {"center": (0, 0, 0), "size": (1, 1, 1), "orientation": (1, 0, 0, 0), "color": (0, 0, 0)}
    with pytest.raises(ValueInvalid, match=next(iter(wrong))):
        box3d(**right | wrong)


def test_columns_are_computed_from_rows():
    table = Table(columns=["x", "y"], data=[[3, 1], [4, 6]])
    table.add_computed_columns(lambda number, row: {"sum": row["x"] + row["y"], "row": number})
    assert (table.columns, table.data) == (["x", "y", "sum", "row"], [[3, 1, 4, 0], [4, 6, 10, 1]])
    assert table.get_index() == [0, 1]
    with pytest.raises(ValueInvalid, match="Row 1"):
        table.add_computed_columns(lambda number, row: {f"c{number}": 1})
    with pytest.raises(ValueInvalid, match="SOMETIMES"):
        Table(log_mode="SOMETIMES")


def test_classes_name_what_an_image_shows():
    body = Image(np.zeros((2, 2)), classes=Classes([{"id": 0, "name": "cat"}]))._keep(Shelf(), "image", 0)
    assert body["classes"] == [{"id": 0, "name": "cat"}]
    with pytest.raises(ValueInvalid):
        Classes([{"id": 0}])
