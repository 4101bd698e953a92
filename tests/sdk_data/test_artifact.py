"""Making an artifact, logging it and using it on this machine, with no server in sight."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from museion.errors import (
    ArtifactFrozen,
    ArtifactNotFound,
    ArtifactUnlogged,
    BlobCorrupt,
    FileChanged,
    FileMissing,
    NameInvalid,
    PathInvalid,
    TypeMismatch,
    UsageError,
    ValueInvalid,
)
from museion.model.digest import digest_bytes
from museion.sdk import local
from museion.sdk.artifact import Artifact
from museion.sdk.artifacts import log_artifact, log_code, log_model, use_artifact, use_model
from museion.sdk.media import Image, Table

BAD_PATHS = ["../x", "/etc/passwd", "a/../b", "a\0b", "", "a\\b", "C:x", "a//b", "./a", "x" * 300]


def artifact(**files):
    made = Artifact("data", "dataset")
    for name, text in files.items():
        with made.new_file(name) as file:
            file.write(text)
    return made


# ---- adding ---------------------------------------------------------------------------------------------------------


def test_new_files_of_text_and_bytes():
    made = Artifact("data", "dataset")
    with made.new_file("a/text.txt", encoding="utf-8") as file:
        file.write("é")
    with made.new_file("raw.bin", mode="wb") as file:
        assert Path(file.name).name == "raw.bin"
        file.write(b"\0\1")
    assert {path: entry.size for path, entry in made.manifest.items()} == {"a/text.txt": 2, "raw.bin": 2}
    assert made.manifest["raw.bin"].digest == digest_bytes(b"\0\1")
    assert made.get_entry("raw.bin").open().read() == b"\0\1"
    assert (len(made), made.size, "raw.bin" in made, made.state) == (2, 4, True, "PENDING")


def test_a_file_that_raises_inside_is_not_added(home):
    made = Artifact("data", "dataset")
    with pytest.raises(ZeroDivisionError), made.new_file("half") as file:
        file.write(f"half {1 / 0}")
    assert len(made) == 0
    assert list((home / "tmp").iterdir()) == []


def test_the_digest_is_that_of_the_content_alone():
    one, two = artifact(a="1", b="2"), artifact(b="2", a="1")
    assert one.digest == two.digest != artifact(a="1").digest


@pytest.mark.parametrize("path", BAD_PATHS)
def test_entry_names_cannot_lead_out(path, tmp_path):
    (tmp_path / "f").write_text("x")
    made = Artifact("data", "dataset")
    with pytest.raises(PathInvalid), made.new_file(path):
        pass
    if path:
        with pytest.raises(PathInvalid):
            made.add_file(tmp_path / "f", name=path)
        with pytest.raises(PathInvalid):
            made.add(Table(columns=["a"]), path)
    assert len(made) == 0


def test_a_snapshot_is_taken_when_a_file_is_added(tmp_path):
    (tmp_path / "f").write_text("before")
    made = Artifact("data", "dataset")
    entry = made.add_file(tmp_path / "f")
    (tmp_path / "f").write_text("after, and longer")
    assert entry.open().read() == b"before"


def test_one_path_has_one_content(tmp_path):
    (tmp_path / "f").write_text("1")
    made = Artifact("data", "dataset")
    made.add_file("f")
    made.add_file(tmp_path / "f")
    (tmp_path / "f").write_text("two")
    with pytest.raises(ValueInvalid, match="another 'f'"):
        made.add_file("f")
    assert made.add_file("f", overwrite=True).size == 3
    with pytest.raises(ValueInvalid, match="is a file of the artifact"):
        made.add_file("f", name="f/inside")
    made.add_file("f", name="g/h")
    with pytest.raises(ValueInvalid, match="is a folder of the artifact"):
        made.add_file("f", name="g")


def test_is_tmp_names_a_file_by_its_content(tmp_path):
    (tmp_path / "tmpabc.pt").write_text("1")
    assert Artifact("d", "t").add_file("tmpabc.pt", is_tmp=True).path == f"{digest_bytes(b'1')[7:27]}.pt"


def test_folders(tmp_path):
    for path in ("d/a", "d/s/b"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "d/empty").mkdir()
    made = Artifact("data", "dataset")
    made.add_dir("d", name="in/")
    made.add_dir(tmp_path / "d")
    assert list(made.manifest) == ["a", "in/a", "in/s/b", "s/b"]
    made.remove("in")
    assert [entry.path for entry in made.files()] == ["a", "s/b"]
    made.remove(made.get_entry("a"))
    assert list(made.manifest) == ["s/b"]
    with pytest.raises(FileMissing, match="no 'zzz'"):
        made.remove("zzz")


def test_a_folder_with_something_odd_in_it_adds_nothing(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a").write_text("1")
    os.mkfifo(tmp_path / "d/pipe")
    made = Artifact("data", "dataset")
    with pytest.raises(ValueInvalid, match=r"d/pipe is a pipe"):
        made.add_dir("d")
    assert len(made) == 0


def test_files_that_cannot_be_added(tmp_path):
    made = Artifact("data", "dataset")
    with pytest.raises(FileMissing, match="none"):
        made.add_file("none")
    with pytest.raises(FileNotFoundError):
        made.add_dir("none")
    with pytest.raises(ValueInvalid, match="add_dir"):
        made.add_file(tmp_path)
    with pytest.raises(ValueInvalid, match="mem cannot be read"):
        made.add_file("/proc/self/mem")
    assert len(made) == 0


def test_a_file_that_changes_while_it_is_added_is_noticed(tmp_path, monkeypatch):
    file = tmp_path / "growing"
    file.write_bytes(b"x" * (3 << 20))
    real = os.read

    def writing(fd, size):
        data = real(fd, size)
        if len(data) > 1 << 20 and os.path.samestat(os.fstat(fd), file.stat()):
            with file.open("ab") as more:
                more.write(b"more")
        return data

    monkeypatch.setattr(os, "read", writing)
    with pytest.raises(FileChanged, match="growing"):
        Artifact("data", "dataset").add_file(file)


def test_references_need_no_bytes(tmp_path):
    (tmp_path / "big").write_bytes(b"123")
    made = Artifact("data", "dataset")
    (entry,) = made.add_reference((tmp_path / "big").as_uri())
    assert (entry.path, entry.size, entry.ref) == ("big", 3, (tmp_path / "big").as_uri())
    made.add_reference("s3://bucket/key", name="there", checksum=False)
    assert made.get_entry("there").ref_target() == "s3://bucket/key"


def test_media_inside_an_artifact_come_back():
    picture = Image(np.eye(6, dtype=np.uint8) * 99, caption="diagonal")
    table = Table(columns=["image", "n"], data=[[picture, 1.5]])
    made = Artifact("data", "dataset")
    assert made.add(table, "predictions").path == "predictions.table.json"
    made.add(picture, "picture")
    assert made.get("predictions") == table
    assert made["picture"] == picture
    assert made.get("nothing") is None
    assert len([path for path in made.manifest if path.startswith("media/images/")]) == 1
    with pytest.raises(ValueInvalid, match="no media"):
        made.add(object(), "x")


def test_what_an_unlogged_artifact_lacks():
    made = artifact(a="1")
    for field in ("version", "entity", "project", "created_at"):
        with pytest.raises(ArtifactUnlogged):
            getattr(made, field)
    with pytest.raises(ArtifactUnlogged):
        made.download()
    with pytest.raises(ArtifactUnlogged):
        made.wait()
    with pytest.raises(UsageError):
        made.save()
    with pytest.raises(FileMissing, match="Did you mean 'a'"):
        made.get_entry("aa")
    assert (made.name, made.id, made.is_draft()) == ("data", None, True)


# ---- offline --------------------------------------------------------------------------------------------------------


def test_a_version_offline(runs):
    run = runs()
    made = artifact(a="1")
    assert log_artifact(run, made, aliases=["best"]) is made
    assert (made.name, made.version, made.aliases, made.state) == ("data:v0", "v0", ["best", "latest"], "COMMITTED")
    assert made.qualified_name == "me/p/data:v0"
    kind, body = run.records[0]
    assert kind == "artifact"
    assert (body["name"], body["run"], body["aliases"]) == ("data", run.id, ["best"])
    assert log_artifact(run, artifact(a="1")).version == "v0"
    assert log_artifact(run, artifact(a="2")).version == "v1"


def test_a_logged_artifact_is_frozen(runs, tmp_path):
    made = log_artifact(runs(), artifact(a="1"))
    (tmp_path / "f").write_text("x")
    for change in (
        lambda: made.new_file("b"),
        lambda: made.add_file(tmp_path / "f"),
        lambda: made.add_dir(tmp_path),
        lambda: made.add_reference("s3://b/k"),
        lambda: made.remove("a"),
        lambda: made.add(Table(columns=["a"]), "t"),
    ):
        with pytest.raises(ArtifactFrozen):
            change()


def test_using_offline_pins_the_content(runs):
    log_artifact(runs(), artifact(a="1"), aliases=["best"])
    user = runs()
    for ref in ("data:best", "data", "me/p/data:v0"):
        used = use_artifact(user, ref, type="dataset")
        assert used.version == "v0"
    kind, body = user.records[0]
    assert (kind, body["artifact"], body["digest"]) == ("input", "data:best", used.digest)
    with pytest.raises(ArtifactNotFound, match="It has v0, best, latest"):
        use_artifact(user, "data:worst")
    with pytest.raises(ArtifactNotFound, match="'other'"):
        use_artifact(user, "other:latest")
    with pytest.raises(TypeMismatch, match="'dataset', not 'model'"):
        use_artifact(user, "data:latest", type="model")
    with pytest.raises(NameInvalid):
        use_artifact(user, "a/b/c/d:e")


def test_using_an_artifact_logs_it_first(runs):
    run = runs()
    made = artifact(a="1")
    assert use_artifact(run, made).version == "v0"
    assert [kind for kind, _ in run.records] == ["artifact", "input"]


def test_downloading_offline(runs, tmp_path):
    log_artifact(runs(), artifact(**{"a": "1", "s/b": "22", "s/c": "22"}))
    used = use_artifact(runs(), "data:latest")
    folder = Path(used.download())
    assert folder == tmp_path / "artifacts" / "data:v0"
    assert {p.name: p.read_text() for p in folder.rglob("*") if p.is_file()} == {"a": "1", "b": "22", "c": "22"}
    times = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    used.download()
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == times
    (folder / "a").write_text("9")
    (folder / "extra").write_text("9")
    with pytest.raises(ValueInvalid, match="extra is not part"):
        used.verify(folder)
    used.checkout(folder)
    used.verify(folder)
    assert (folder / "a").read_text() == "1"
    assert not (folder / "extra").exists()
    (folder / "s/b").write_text("23")
    with pytest.raises(BlobCorrupt, match="s/b"):
        used.verify(folder)
    (folder / "s/b").unlink()
    with pytest.raises(FileMissing, match="s/b"):
        used.verify(folder)


def test_parts_of_an_artifact(runs, tmp_path):
    used = log_artifact(runs(), artifact(**{"a": "1", "s/b": "22", "sx": "3"}))
    folder = Path(used.download("some", path_prefix="s"))
    assert [p.name for p in folder.rglob("*") if p.is_file()] == ["b"]
    with pytest.raises(FileMissing, match="begins with 'zz'"):
        used.download(path_prefix="zz")
    assert Path(used.get_path("a").download("one")).read_text() == "1"
    with pytest.raises(ValueInvalid, match="3 files"):
        used.file()
    assert Path(log_artifact(runs(), artifact(only="x")).file()).read_text() == "x"


def test_a_download_does_not_follow_links_out(runs, tmp_path):
    used = log_artifact(runs(), artifact(**{"s/b": "22"}))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root/s").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PathInvalid, match="through a link"):
        used.download("root")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_references_are_fetched_and_checked(runs, tmp_path):
    (tmp_path / "big").write_bytes(b"123")
    made = artifact(a="1")
    made.add_reference((tmp_path / "big").as_uri())
    log_artifact(runs(), made)
    assert Path(made.download("r"), "big").read_bytes() == b"123"
    made.verify("r")
    (tmp_path / "big").write_bytes(b"12345")
    made.download("r")
    with pytest.raises(BlobCorrupt, match="has changed"):
        made.download("fresh")
    made.download("fresh", allow_missing_references=True)
    assert sorted(os.listdir("fresh")) == ["a"]


def test_editing_papers_offline(runs):
    made = log_artifact(runs(), artifact(a="1"), tags=["t"])
    made.aliases.append("best")
    made.metadata["n"] = 3
    made.description = "words"
    made.save()
    seen = use_artifact(runs(), "data:best")
    assert (seen.metadata, seen.description, seen.tags) == ({"n": 3}, "words", ["t"])
    seen.aliases.remove("best")
    seen.save()
    with pytest.raises(ArtifactNotFound):
        use_artifact(runs(), "data:best")


def test_incremental_and_drafts(runs):
    log_artifact(runs(), artifact(a="1", b="2"))
    more = Artifact("data", "dataset", incremental=True)
    with more.new_file("b") as file:
        file.write("3")
    log_artifact(runs(), more)
    assert (more.version, sorted(more.manifest), more.manifest["b"].digest) == ("v1", ["a", "b"], digest_bytes(b"3"))
    draft = more.new_draft()
    draft.remove("a")
    assert (log_artifact(runs(), draft).version, list(draft.manifest)) == ("v2", ["b"])


def test_a_path_is_logged_as_an_artifact(runs, tmp_path):
    (tmp_path / "my model.pt").write_text("x")
    run = runs()
    made = log_artifact(run, "my model.pt", type="model")
    assert (made.name, made.type, list(made.manifest)) == (f"run-{run.id}-my-model.pt:v0", "model", ["my model.pt"])
    log_model(run, "my model.pt", "net", ["prod"])
    assert Path(use_model(run, "net:prod")).read_text() == "x"
    with pytest.raises(FileMissing):
        log_artifact(run, "none")
    with pytest.raises(ValueInvalid, match="aliases"):
        log_artifact(run, artifact(a="1"), aliases="best")
    with pytest.raises(NameInvalid):
        log_artifact(run, artifact(a="1"), aliases=["v3"])


def test_code(runs, tmp_path):
    for path in ("src/a.py", "src/notes.txt", "src/.git/x.py", "src/sub/b.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    made = log_code(runs(), "src")
    assert (made.name, list(made.manifest)) == ("source-p-src:v0", ["a.py", "sub/b.py"])
    chosen = log_code(runs(), "src", "c", include_fn=lambda p: True, exclude_fn=lambda p, root: p.endswith("b.py"))
    assert list(chosen.manifest) == ["a.py", "notes.txt"]
    assert log_code(runs(), "src", include_fn=lambda p: False) is None


def test_a_disabled_run_writes_nothing_down(runs, home):
    run = runs(mode="disabled")
    log_artifact(run, artifact(a="1"))
    assert use_artifact(run, "data:latest").version == "v0"
    assert run.records == []
    assert not (home / "offline").exists()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.binary(max_size=5000), min_size=1, max_size=6))
def test_whatever_goes_in_comes_out(runs, tmp_path, files):
    made = Artifact("any", "dataset")
    for name, data in files.items():
        with made.new_file(name, "wb") as file:
            file.write(data)
    folder = Path(log_artifact(runs(), made).checkout(tmp_path / "out"))
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == files


def test_content_that_is_gone_is_said(runs):
    made = log_artifact(runs(), artifact(a="1"))
    local.staging().sweep(live=())
    with pytest.raises(LookupError, match=r"'a' .*not on this machine"):
        made.download()
