"""Every shape and range of array that people log becomes the picture they meant."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as pil
from support.shelf import Shelf

from museion.errors import FileMissing, ValueInvalid
from museion.sdk.media import Image, as_media
from museion.sdk.media.pixels import pixels


def shown(image):
    """The pixels that a reader of the kept bytes sees, and the JSON."""
    shelf = Shelf()
    body = image._keep(shelf, "key", 0)
    return np.asarray(pil.open(BytesIO(shelf.files[body["path"]]))), body


GREY = np.arange(30, dtype=np.uint8).reshape(5, 6) * 8
COLOUR = np.arange(90, dtype=np.uint8).reshape(5, 6, 3) * 2


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3, 4]))))
def test_bytes_come_back_exactly(array):
    found, body = shown(Image(array))
    assert (found == (array[:, :, 0] if array.shape[2] == 1 else array)).all()
    assert (body["height"], body["width"]) == array.shape[:2]


@given(arrays.arrays(np.float32, (5, 6), elements=st.floats(0, 1, width=32)))
def test_floats_of_one_span_black_to_white(array):
    found, _ = shown(Image(array))
    assert np.abs(found / 255 - array).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("shape", [(5, 6), (1, 5, 6), (1, 1, 5, 6), (5, 6, 1)])
@pytest.mark.parametrize("torch_too", [False, True])
def test_grey_of_any_shape(shape, torch_too):
    array = GREY.reshape(shape)
    if torch_too:
        array = pytest.importorskip("torch").from_numpy(array.copy())
    assert (shown(Image(array))[0] == GREY).all()


@pytest.mark.parametrize("order", ["hwc", "chw", "1chw"])
def test_colour_of_any_shape(order):
    torch = pytest.importorskip("torch")
    array = {"hwc": COLOUR, "chw": COLOUR.transpose(2, 0, 1), "1chw": COLOUR.transpose(2, 0, 1)[None]}[order]
    assert (shown(Image(array))[0] == COLOUR).all()
    assert (shown(Image(torch.from_numpy(array.copy())))[0] == COLOUR).all()


def test_where_both_readings_fit_the_library_decides():
    both = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    torch = pytest.importorskip("torch")
    assert (shown(Image(both))[0] == both).all()
    assert (shown(Image(torch.from_numpy(both)))[0] == both.transpose(1, 2, 0)).all()


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[True, False]]), [[255, 0]]),
        (np.array([[0, 300, -5]]), [[0, 255, 0]]),
        (np.array([[0, 65535]], np.uint16), [[0, 255]]),
        (np.array([[0, 200]], np.uint16), [[0, 200]]),
        (np.array([[-1.0, 0.0, 1.0]]), [[0, 128, 255]]),
        (np.array([[0.0, 100.4, 500.0]]), [[0, 100, 255]]),
        (np.array([[np.nan, 1.0]]), [[0, 255]]),
        (np.array([[0.0, 0.5]], np.float16), [[0, 128]]),
    ],
)
def test_ranges(array, expected):
    assert pixels(array).tolist() == expected


def test_without_normalize_floats_are_only_clipped():
    assert pixels(np.array([[0.4, 1.0, 300.0]]), normalize=False).tolist() == [[0, 1, 255]]


def test_a_stack_becomes_a_grid():
    stack = np.full((9, 1, 5, 6), 7, np.uint8)
    assert pixels(stack).shape == (2 * 7 + 2, 8 * 8 + 2)
    assert (pixels(stack) == 7).sum() == stack.size


def test_a_tensor_with_a_gradient_and_half_floats():
    torch = pytest.importorskip("torch")
    assert Image(torch.rand(1, 28, 28, requires_grad=True)).image.size == (28, 28)
    assert shown(Image(torch.ones(2, 2, dtype=torch.bfloat16)))[0].tolist() == [[255, 255], [255, 255]]


@pytest.mark.parametrize("shape", [(), (3,), (5, 6, 7), (1, 2, 3, 4, 5), (0, 4), (2, 5, 6, 7)])
def test_a_wrong_shape_is_named(shape):
    with pytest.raises(ValueInvalid, match=r"not an image") as error:
        Image(np.zeros(shape))
    assert str(shape) in str(error.value)


@pytest.mark.parametrize("value", [None, 3, b"bytes", {"a": 1}, np.array([["a"]]), np.zeros((2, 2), complex)])
def test_what_is_no_image_is_refused(value):
    with pytest.raises(ValueInvalid):
        Image(value)


def test_a_file_is_kept_byte_for_byte(tmp_path):
    path = tmp_path / "photo.jpg"
    pil.fromarray(COLOUR).save(path)
    shelf = Shelf()
    body = Image(str(path), caption="a photo")._keep(shelf, "val/best", 3)
    assert shelf.files[body["path"]] == path.read_bytes()
    assert body["path"] == f"media/images/val/best_3_{body['digest'][7:15]}.jpg"
    assert (body["format"], body["caption"], body["width"], body["height"]) == ("jpg", "a photo", 6, 5)


def test_bad_files(tmp_path):
    with pytest.raises(FileMissing, match=r"nothing\.png"):
        Image(tmp_path / "nothing.png")
    (tmp_path / "lie.png").write_text("not a picture")
    with pytest.raises(ValueInvalid, match=r"lie\.png is not an image"):
        Image(tmp_path / "lie.png")
    with pytest.raises(ValueInvalid, match="not a regular file"):
        Image(tmp_path)


def test_equal_pictures_are_kept_once():
    shelf = Shelf()
    bodies = [Image(GREY)._keep(shelf, "key", 0) for _ in range(2)]
    assert bodies[0] == bodies[1]
    assert len(shelf.files) == 1


def test_a_key_cannot_lead_out_of_its_folder():
    shelf = Shelf()
    body = Image(GREY)._keep(shelf, "../..//a\\b\0c", 0)
    assert body["path"].startswith("media/images/a_b_c_0_")


def test_matplotlib_and_pil_are_media():
    plt = pytest.importorskip("matplotlib.figure")
    figure = plt.Figure(figsize=(1, 2), dpi=50)
    axes = figure.subplots()
    for source in (figure, axes):
        image = as_media(source)
        assert isinstance(image, Image)
        assert (image.width, image.height) == (50, 100)
    assert isinstance(as_media(pil.fromarray(GREY)), Image)
    assert as_media(3.0) is None


def test_what_is_drawn_later_does_not_change_an_image():
    array = GREY.copy()
    image = Image(array)
    array[:] = 0
    assert (shown(image)[0] == GREY).all()


def test_boxes_and_masks():
    box = {"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "class_id": np.int64(1)}
    boxes = {"predictions": {"box_data": [box], "class_labels": {1: "cat"}}}
    masks = {"truth": {"mask_data": np.eye(5, 6, dtype=int), "class_labels": {0: "none"}}}
    shelf = Shelf()
    body = Image(GREY, boxes=boxes, masks=masks, classes=[{"id": 1, "name": "cat"}])._keep(shelf, "k", 0)
    assert body["boxes"]["predictions"]["class_labels"] == {"1": "cat"}
    mask = np.asarray(pil.open(BytesIO(shelf.files[body["masks"]["truth"]["path"]])))
    assert (mask == np.eye(5, 6)).all()
    with pytest.raises(ValueInvalid, match=r"boxes\.predictions\[0\]"):
        Image(GREY, boxes={"predictions": {"box_data": [{"class_id": 1}]}})
    with pytest.raises(ValueInvalid, match="'truth'"):
        Image(GREY, masks={"truth": {"mask_data": np.zeros((2, 2, 2))}})
