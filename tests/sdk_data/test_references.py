"""References are looked at by the client, against a real HTTP server and real folders."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import obstore
import pytest
import xxhash
from obstore.store import from_url
from support import ceph

from museion.errors import BlobCorrupt, Denied, FileMissing, NotFound, TooLarge, ValueInvalid
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


def test_a_local_file_with_the_checksum_that_wandbs_clients_write(tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes(b"hello")
    for checksum in ("md5:5d41402abc4b2a76b9719d911017c592", f"xxh128:{xxhash.xxh128_hexdigest(b'hello')}"):
        assert b"".join(pieces("f", Reference(path.as_uri(), checksum, 5))) == b"hello"
        with pytest.raises(BlobCorrupt, match="has changed"):
            list(pieces("f", Reference(path.as_uri(), checksum[:-1] + "x", 5)))


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


@pytest.fixture(scope="module")
def bucket():
    """A bucket of a real S3 server, with the user's credentials where the provider's tools look for them."""
    if reason := ceph.why_not():
        pytest.skip(f"No Ceph: {reason}")
    with ceph.gateway() as found, pytest.MonkeyPatch.context() as patch:
        ceph.make_bucket(found, "data")
        patch.setenv("AWS_ENDPOINT", found.endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", found.key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", found.secret)
        patch.setenv("AWS_REGION", "us-east-1")
        yield from_url("s3://data", client_options={"allow_http": True})


@pytest.mark.xdist_group("buckets")
def test_objects_of_a_bucket(bucket):
    for key in ("set/a.bin", "set/sub/b.bin", "settle"):
        obstore.put(bucket, key, key.encode())
    one = resolve("s3://data/set/a.bin", None, True, None)["a.bin"]
    assert (one.size, one.checksum[:5], one.uri) == (9, "etag:", "s3://data/set/a.bin")
    assert b"".join(pieces("a.bin", one)) == b"set/a.bin"
    everything = resolve("s3://data/set", "in", True, None)
    assert sorted(everything) == ["in/a.bin", "in/sub/b.bin"]
    assert b"".join(pieces("x", everything["in/sub/b.bin"])) == b"set/sub/b.bin"
    with pytest.raises(TooLarge, match="more than 1 objects"):
        resolve("s3://data/set", None, True, 1)
    with pytest.raises(NotFound, match="leads to nothing"):
        resolve("s3://data/none", None, True, None)
    obstore.put(bucket, "set/a.bin", b"other")
    with pytest.raises(BlobCorrupt, match="has changed"):
        list(pieces("a.bin", one))
    obstore.delete(bucket, "set/a.bin")
    with pytest.raises(NotFound):
        list(pieces("a.bin", one))


def test_credentials_that_are_not_enough(bucket, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(Denied, match="credentials"):
        resolve("s3://data/set/a.bin", None, True, None)


def test_what_is_recorded_unseen_is_asked_nothing():
    assert resolve("s3://bucket/key.bin", None, False, None) == {"key.bin": Reference("s3://bucket/key.bin")}
    assert resolve("s3://bucket/key.bin?versionId=7", "k", False, None)["k"].version == "7"
    assert resolve("ftp://host/f", None, True, None) == {"f": Reference("ftp://host/f")}
    with pytest.raises(ValueInvalid, match="cannot be fetched"):
        list(pieces("f", Reference("ftp://host/f")))


@pytest.mark.parametrize(
    "uri", ["", "no-scheme", "/etc/passwd", "s3:bucket", "file://host/x", "http://x/\n", 3, "s3://"]
)
def test_what_is_no_uri(uri):
    with pytest.raises(ValueInvalid):
        resolve(uri, None, True, None)
