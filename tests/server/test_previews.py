"""Previews and thumbnails over HTTP: of files of runs and of versions, made once."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from support.server import PROJECT, Site, TestClient, commit, make_run, save_file

RUN = f"{PROJECT}/runs/aaaaaaaa"


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 200), (250, 0, 0)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def files(member: TestClient) -> None:
    make_run(member)
    save_file(member, "data/train.csv", b"a,b\n1,2\n3,4\n")
    save_file(member, "media/images/cat.png", png())


@pytest.mark.usefixtures("files")
def test_a_file_of_a_run_is_looked_into(member: TestClient, site: Site) -> None:
    found = member.get(f"{RUN}/preview", params={"path": "data/train.csv"})
    assert found.json()["columns"][1]["max"] == 4
    again = member.get(
        f"{RUN}/preview", params={"path": "data/train.csv"}, headers={"If-None-Match": found.headers["etag"]}
    )
    assert again.status_code == 304
    kept = list((site.root / "previews").glob("*/*"))
    assert len(kept) == 1
    kept[0].write_text('{"kind": "text", "format": "kept"}')
    assert member.get(f"{RUN}/preview", params={"path": "data/train.csv"}).json()["format"] == "kept"


@pytest.mark.usefixtures("files")
def test_a_picture_of_a_run_is_made_small(member: TestClient) -> None:
    found = member.get(f"{RUN}/thumbnail", params={"path": "media/images/cat.png", "width": 100})
    assert found.headers["content-type"] == "image/webp"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(found.content)).size == (128, 64)


@pytest.mark.usefixtures("files")
def test_what_is_no_picture_has_no_thumbnail(member: TestClient) -> None:
    assert member.get(f"{RUN}/thumbnail", params={"path": "data/train.csv"}).status_code == 422


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("preview", 400),
        ("preview?path=absent.csv", 404),
        ("preview?path=../../secret", 400),
        ("thumbnail?path=data/train.csv&width=0", 400),
        ("thumbnail?path=data/train.csv&width=99999999999", 400),
        ("thumbnail?path=data/train.csv&width=-1", 400),
    ],
)
@pytest.mark.usefixtures("files")
def test_wrong_questions(member: TestClient, query: str, status: int) -> None:
    assert member.get(f"{RUN}/{query}").status_code == status


def test_a_file_of_a_version_is_looked_into(member: TestClient, tmp_path: Path) -> None:
    make_run(member)
    commit(member, "data", {"t.jsonl": b'{"a": 1}\n', "cat.png": png()})
    version = f"{PROJECT}/artifacts/data/latest"
    assert member.get(f"{version}/preview", params={"path": "t.jsonl"}).json()["rows"] == [[1]]
    assert member.get(f"{version}/thumbnail", params={"path": "cat.png"}).status_code == 200
    assert member.get(f"{version}/preview", params={"path": "absent"}).status_code == 404
