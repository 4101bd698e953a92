"""References are looked at by the client, against a real HTTP server and real folders."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from museion.errors import BlobCorrupt, FileMissing, NotFound, TooLarge, ValueInvalid
from museion.model.digest import digest_bytes
from museion.model.manifest import Reference
from museion.sdk.references import pieces, resolve


class Site(BaseHTTPRequestHandler):
    etag = '"one"'

    def do_HEAD(self):
        self._answer(b"")

    def do_GET(self):
        self._answer(b"hello")

    def _answer(self, body):
        found = self.path == "/data/file.bin?x=1"
        self.send_response(200 if found else 404)
        self.send_header("ETag", type(self).etag)
        self.send_header("Content-Length", "5" if found else "0")
        self.end_headers()
        self.wfile.write(body if found else b"")

    def log_message(self, *args):
        pass


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(Site, "etag", '"one"')
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_http(site):
    uri = f"{site}/data/file.bin?x=1"
    assert resolve(uri, None, True, None) == {"file.bin": Reference(uri, 'etag:"one"', 5)}
    assert resolve(uri, "n", False, None) == {"n": Reference(uri)}
    assert b"".join(pieces("n", Reference(uri, 'etag:"one"', 5))) == b"hello"


def test_http_that_changed_or_is_not_there(site):
    reference = resolve(f"{site}/data/file.bin?x=1", None, True, None)["file.bin"]
    Site.etag = '"two"'
    with pytest.raises(BlobCorrupt, match="has changed"):
        list(pieces("file.bin", reference))
    with pytest.raises(NotFound, match="404"):
        resolve(f"{site}/nothing", None, True, None)
    with pytest.raises(NotFound, match="does not answer"):
        resolve("http://127.0.0.1:1/x", None, True, None)


def test_a_local_file_and_a_folder(tmp_path):
    (tmp_path / "a b").write_bytes(b"1")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/c").write_bytes(b"22")
    one = resolve((tmp_path / "a b").as_uri(), None, True, None)
    assert one == {"a b": Reference((tmp_path / "a b").as_uri(), digest_bytes(b"1"), 1)}
    all_of_it = resolve(tmp_path.as_uri(), "data", True, None)
    assert sorted(all_of_it) == ["data/a b", "data/sub/c"]
    assert b"".join(pieces("x", all_of_it["data/sub/c"])) == b"22"
    with pytest.raises(TooLarge, match="more than 1 files"):
        resolve(tmp_path.as_uri(), None, True, 1)


def test_a_local_file_that_changed_or_went(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"1")
    reference = resolve(file.as_uri(), None, True, None)["f"]
    file.write_bytes(b"2")
    with pytest.raises(BlobCorrupt, match="has changed"):
        list(pieces("f", reference))
    file.unlink()
    with pytest.raises(FileMissing):
        list(pieces("f", reference))
    with pytest.raises(FileMissing):
        resolve(file.as_uri(), None, True, None)


def test_buckets_are_recorded_unseen():
    assert resolve("s3://bucket/key.bin", None, True, None) == {"key.bin": Reference("s3://bucket/key.bin")}
    with pytest.raises(ValueInvalid, match="cannot be fetched"):
        list(pieces("key.bin", Reference("s3://bucket/key.bin")))


@pytest.mark.parametrize(
    "uri", ["", "no-scheme", "/etc/passwd", "s3:bucket", "file://host/x", "http://x/\n", 3, "s3://"]
)
def test_what_is_no_uri(uri):
    with pytest.raises(ValueInvalid):
        resolve(uri, None, True, None)
