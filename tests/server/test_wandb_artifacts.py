"""What a W&B client (or somebody who pretends to be one) may send about artifacts, and what comes of it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.server import Clock, Site, TestClient, commit, make_run

CREATE = "mutation C($i: CreateArtifactInput!) { createArtifact(input: $i) { artifact { id state } } }"
MANIFEST = (
    "mutation M($i: CreateArtifactManifestInput!) { createArtifactManifest(input: $i)"
    " { artifactManifest { id file { uploadUrl uploadHeaders } } } }"
)
FILES = (
    "mutation F($i: CreateArtifactFilesInput!) { createArtifactFiles(input: $i) { files { edges { node"
    " { name storagePath uploadUrl uploadHeaders artifact { id }"
    " uploadMultipartUrls { uploadID uploadUrlParts { partNumber uploadUrl } } } } } } }"
)
COMPLETE = (
    "mutation P($i: CompleteMultipartUploadArtifactInput!) { completeMultipartUploadArtifact(input: $i) { digest } }"
)
COMMIT = "mutation X($i: CommitArtifactInput!) { commitArtifact(input: $i) { artifact { id state versionIndex } } }"
READ = (
    "query R($i: ID!) { artifact(id: $i)"
    " { id state versionIndex size fileCount currentManifest { file { directUrl } } } }"
)


class Client:
    """Says what W&B's client says, one sentence at a time."""

    def __init__(self, site: Site, role: str) -> None:
        self.http: TestClient = site.client(role)
        self.bare: TestClient = site.client(None)

    def ask(self, query: str, **variables: Any) -> Any:
        """The whole answer; never a failure of the server."""
        answer = self.http.post("/graphql", json={"query": query, "variables": variables, "operationName": ""})
        assert answer.status_code < 500, answer.text
        return answer.json()

    def done(self, query: str, given: Any) -> Any:
        """What the one field of the document answers, which has to have no errors."""
        body = self.ask(query, i=given)
        assert not body.get("errors"), body
        return next(iter(body["data"].values()))

    def refused(self, query: str, given: Any) -> str:
        """The message of the error that comes."""
        body = self.ask(query, i=given)
        assert body.get("errors") or body.get("code"), body
        return str(body["errors"][0]["message"]) if "errors" in body else str(body["message"])

    def begin(self, name: str = "ds", **more: Any) -> str:
        given = {"entityName": "ada", "projectName": "digits", "artifactTypeName": "dataset", "digest": "d" * 32}
        answer = self.done(CREATE, {**given, "artifactCollectionName": name, "aliases": [], **more})
        return str(answer["artifact"]["id"])

    def slots(self, artifact: str, *files: tuple[str, bytes], **more: Any) -> list[Any]:
        specs = [{"artifactID": artifact, "name": n, "md5": md5(data), **more} for n, data in files]
        answer = self.done(FILES, {"artifactFiles": specs, "storageLayout": "V2"})
        return [edge["node"] for edge in answer["files"]["edges"]]

    def put(self, url: str, data: bytes) -> Any:
        return self.bare.put(path(url), content=data)

    def send(self, artifact: str, entries: dict[str, Any], *, digest: str | None = None) -> Any:
        """Announce and send a manifest."""
        contents = {"version": 1, "storagePolicy": "wandb-storage-policy-v1", "contents": entries}
        data = json.dumps(contents).encode()
        given = {"artifactID": artifact, "name": "wandb_manifest.json", "digest": digest or md5(data)}
        where = {"entityName": "ada", "projectName": "digits", "runName": "", "type": "FULL"}
        file = self.done(MANIFEST, {**given, **where})["artifactManifest"]["file"]
        return self.put(file["uploadUrl"], data)

    def make(self, name: str, files: dict[str, bytes]) -> Any:
        """All of it."""
        artifact = self.begin(name, digest=hashlib.md5(name.encode() + b"".join(files.values())).hexdigest())
        for slot, data in zip(self.slots(artifact, *files.items()), files.values(), strict=True):
            if slot["uploadUrl"]:
                assert self.put(slot["uploadUrl"], data).status_code == 200
        assert self.send(artifact, {n: {"digest": md5(d), "size": len(d)} for n, d in files.items()}).status_code == 200
        return self.done(COMMIT, {"artifactID": artifact})["artifact"]


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


@pytest.fixture
def client(site: Site) -> Client:
    return Client(site, "member")


def test_content_goes_into_the_same_store_as_that_of_our_own_client(client: Client, site: Site) -> None:
    data = bytes(range(256)) * 2_000
    make_run(site.client("member"))
    commit(site.client("member"), "ours", {"a.bin": data})
    made = client.make("theirs", {"a.bin": data, "b.txt": b"b"})
    assert (made["state"], made["versionIndex"]) == ("COMMITTED", 0)
    ours = site.client("viewer").get("/api/v1/projects/ada/digits/artifacts/theirs/v0/manifest").json()["entries"]
    first = site.client("viewer").get("/api/v1/projects/ada/digits/artifacts/ours/v0/manifest").json()["entries"]
    assert ours["a.bin"] == first["a.bin"]
    packs = [p for p in (site.root / "packs").rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in packs) < 1.2 * len(data)


def test_known_content_is_not_asked_for_again(client: Client) -> None:
    client.make("first", {"a.txt": b"the same"})
    artifact = client.begin("second")
    known, fresh = client.slots(artifact, ("x.txt", b"the same"), ("y.txt", b"another"))
    assert known["uploadUrl"] is None
    assert fresh["uploadUrl"].startswith("http://127.0.0.1:8484/wandb/artifact-put/")
    assert "/wandb_artifacts/" in fresh["uploadUrl"]
    assert fresh["uploadHeaders"] == [f"Content-MD5:{md5(b'another')}"]
    assert [slot["name"] for slot in (known, fresh)] == ["x.txt", "y.txt"]
    assert known["artifact"]["id"] == artifact


def test_content_of_another_project_is_not_known_by_its_digest(site: Site, client: Client) -> None:
    Client(site, "local").make("secret", {"a.txt": b"ours alone"})
    other = Client(site, "stranger")
    given = {"entityName": "eve", "projectName": "p", "artifactTypeName": "t", "artifactCollectionName": "n"}
    artifact = other.done(CREATE, {**given, "digest": "d" * 32, "aliases": []})["artifact"]["id"]
    assert other.slots(artifact, ("a.txt", b"ours alone"))[0]["uploadUrl"] is not None
    assert other.send(artifact, {"a.txt": {"digest": md5(b"ours alone"), "size": 10}}).status_code == 200
    assert "a.txt" in other.refused(COMMIT, {"artifactID": artifact})


def test_bytes_that_are_not_what_was_announced_are_refused(client: Client) -> None:
    artifact = client.begin()
    slot = client.slots(artifact, ("a.txt", b"right"))[0]
    answer = client.put(slot["uploadUrl"], b"wrong")
    assert (answer.status_code, answer.json()["code"]) == (422, "blob_corrupt")
    client.send(artifact, {"a.txt": {"digest": md5(b"right"), "size": 5}})
    assert "a.txt" in client.refused(COMMIT, {"artifactID": artifact})
    assert client.put(slot["uploadUrl"], b"right").headers["etag"] == f'"{hashlib.md5(b"right").hexdigest()}"'
    assert client.done(COMMIT, {"artifactID": artifact})["artifact"]["state"] == "COMMITTED"
    assert client.put(slot["uploadUrl"], b"right").status_code == 409


def test_a_manifest_that_lies_is_not_committed(client: Client) -> None:
    artifact = client.begin()
    client.put(client.slots(artifact, ("a.txt", b"data"))[0]["uploadUrl"], b"data")
    for entry, word in (
        ({"digest": md5(b"data"), "size": 3}, "bytes"),
        ({"digest": md5(b"data"), "size": 400}, "bytes"),
        ({"digest": md5(b"other"), "size": 4}, "not sent"),
    ):
        assert client.send(artifact, {"a.txt": entry}).status_code == 200
        assert word in client.refused(COMMIT, {"artifactID": artifact})
        assert client.done(READ, artifact)["state"] == "PENDING"
    listed = client.http.get("/api/v1/projects/ada/digits/artifacts").json()
    assert listed["collections"] == []


NAMES = ["../x", "/etc/passwd", "a/../../x", "a\\b", "", "a//b", "nul\0", "x" * 2000]


def test_names_that_lead_elsewhere_are_refused(client: Client) -> None:
    artifact = client.begin()
    for name in NAMES:
        spec = {"artifactID": artifact, "name": name, "md5": md5(b"x")}
        assert "path" in client.refused(FILES, {"artifactFiles": [spec]})
        answer = client.send(artifact, {name: {"digest": md5(b"x"), "size": 1}})
        assert answer.status_code == 400


NO_MANIFESTS = [
    b"",
    b"[]",
    b"{",
    b'{"version":2,"contents":{}}',
    b'{"version":1,"contents":[]}',
    b'{"version":1,"contents":{"a":1}}',
    b'{"version":1,"contents":{"a":{}}}',
    b'{"version":1,"contents":{"a":{"digest":"x","size":-1}}}',
    b'{"version":1,"contents":{"a":{"digest":"x","size":1e400}}}',
    b'{"version":1,"contents":{"a":{"digest":"x","ref":7}}}',
    b"[" * 100_000,
    b"\xff\xfe",
]


def test_what_is_no_manifest_is_refused(client: Client) -> None:
    artifact = client.begin()
    given = {"artifactID": artifact, "name": "wandb_manifest.json", "digest": ""}
    where = {"entityName": "ada", "projectName": "digits", "runName": "", "type": "FULL"}
    url = client.done(MANIFEST, {**given, **where})["artifactManifest"]["file"]["uploadUrl"]
    for body in NO_MANIFESTS:
        assert client.put(url, body).status_code == 400, body[:40]
    assert client.refused(COMMIT, {"artifactID": artifact})


def test_signed_urls_are_good_for_one_thing_and_a_while(client: Client, clock: Clock) -> None:
    artifact = client.begin()
    url = path(client.slots(artifact, ("a.txt", b"data"))[0]["uploadUrl"])
    purpose, token = url.split("/")[2:4]
    assert client.bare.get(url).status_code in (404, 405)
    assert client.bare.put(url.replace(token, token[:-2] + "xx"), content=b"data").status_code == 403
    assert client.bare.put(url + "x", content=b"data").status_code == 403
    for other in ("artifact-part", "artifact-manifest-put", "wandb-run-put"):
        assert client.bare.put(url.replace(purpose, other), content=b"data").status_code == 403
    clock.now += 25 * 3600
    assert client.bare.put(url, content=b"data").status_code == 403


def test_files_are_read_by_signed_url_and_by_digest(client: Client, site: Site, clock: Clock) -> None:
    data = b"0123456789"
    artifact = client.make("read", {"deep/a.txt": data})["id"]
    url = path(client.done(READ, artifact)["currentManifest"]["file"]["directUrl"])
    manifest = client.bare.get(url).json()
    assert manifest["contents"]["deep/a.txt"]["digest"] == md5(data)
    assert manifest["contents"]["deep/a.txt"]["birthArtifactID"] == artifact
    hexed = hashlib.md5(data).hexdigest()
    single = f"/artifactsV2/default/ada/digits/read/{artifact}/{hexed}/a.txt"
    assert client.http.get(single).content == data
    assert client.http.get(single, headers={"range": "bytes=2-4"}).content == b"234"
    assert client.http.get(single.replace(hexed, "0" * 32)).status_code == 404
    assert client.http.get("/artifactsV2/default/ada/digits/absent/x/y/z").status_code == 404
    assert site.client("stranger").get(single).status_code in (403, 404)
    assert client.bare.get(single).status_code == 401
    clock.now += 25 * 3600
    assert client.bare.get(url).status_code == 403


def test_large_files_come_in_parts(client: Client) -> None:
    parts = [bytes([number]) * 300_000 for number in range(3)]
    whole = b"".join(parts)
    artifact = client.begin("large")
    asked = [{"partNumber": n, "hexMD5": hashlib.md5(p).hexdigest()} for n, p in enumerate(parts, 1)]
    slot = client.slots(artifact, ("big.bin", whole), uploadPartsInput=asked)[0]
    urls = slot["uploadMultipartUrls"]["uploadUrlParts"]
    done = {"artifactID": artifact, "storagePath": slot["storagePath"], "completeMultipartAction": "Complete"}
    done |= {"uploadID": slot["uploadMultipartUrls"]["uploadID"], "completedParts": asked}
    assert "missing" in client.refused(COMPLETE, done)
    assert client.put(urls[0]["uploadUrl"], parts[1]).status_code == 422
    for number in (2, 0, 1):
        answer = client.put(urls[number]["uploadUrl"], parts[number])
        assert answer.headers["etag"] == f'"{asked[number]["hexMD5"]}"'
    assert "missing" in client.refused(COMPLETE, {**done, "completedParts": asked[:2]})
    swapped = [{"partNumber": n, "hexMD5": p["hexMD5"]} for n, p in enumerate((asked[1], asked[0], asked[2]), 1)]
    assert "other content" in client.refused(COMPLETE, {**done, "completedParts": swapped})
    assert client.done(COMPLETE, done)["digest"] == md5(whole)
    client.send(artifact, {"big.bin": {"digest": md5(whole), "size": len(whole)}})
    made = client.done(COMMIT, {"artifactID": artifact})["artifact"]
    assert client.done(READ, made["id"])["size"] == len(whole)


def test_a_retry_gets_the_same_artifact_and_one_version(client: Client) -> None:
    first, again = client.begin(clientID="c" * 128), client.begin(clientID="c" * 128)
    assert first == again
    client.put(client.slots(first, ("a.txt", b"x"))[0]["uploadUrl"], b"x")
    for _ in range(2):
        client.send(first, {"a.txt": {"digest": md5(b"x"), "size": 1}})
    done = [client.done(COMMIT, {"artifactID": first})["artifact"]["versionIndex"] for _ in range(2)]
    assert done == [0, 0]


def test_the_same_content_is_found_again_under_a_new_name(client: Client) -> None:
    digest = hashlib.md5(b"wasx").hexdigest()
    artifact = client.make("was", {"a.txt": b"x"})["id"]
    read = "query R($i: ID!) { artifact(id: $i) { digest artifactSequence { id name } aliases { alias } } }"
    seen = client.done(read, artifact)
    assert seen["digest"] != digest  # a digest that lies is not kept
    change = (
        "mutation U($i: UpdateArtifactSequenceInput!)"
        " { updateArtifactSequence(input: $i) { artifactCollection { name } } }"
    )
    client.done(change, {"artifactSequenceID": seen["artifactSequence"]["id"], "name": "is"})
    given = {"entityName": "ada", "projectName": "digits", "artifactTypeName": "dataset", "digest": seen["digest"]}
    more = {"aliases": [{"artifactCollectionName": "is", "alias": "again"}], "enableDigestDeduplication": True}
    found = client.done(CREATE, {**given, "artifactCollectionName": "is", **more})["artifact"]
    assert found == {"id": artifact, "state": "COMMITTED"}
    assert {a["alias"] for a in client.done(read, artifact)["aliases"]} == {"again", "latest"}


def test_what_is_someone_elses_is_not_there(client: Client, site: Site) -> None:
    artifact = client.make("mine", {"a.txt": b"x"})["id"]
    pending = client.begin("other")
    other = Client(site, "stranger")
    assert other.ask(READ, i=artifact)["data"]["artifact"] is None
    for query, given in (
        (COMMIT, {"artifactID": pending}),
        (FILES, {"artifactFiles": [{"artifactID": pending, "name": "a", "md5": md5(b"")}]}),
        (
            CREATE,
            {
                "entityName": "ada",
                "projectName": "digits",
                "artifactTypeName": "t",
                "digest": "d",
                "artifactCollectionName": "n",
            },
        ),
    ):
        assert other.refused(query, given)
    viewer = Client(site, "viewer")
    assert viewer.done(READ, artifact)["state"] == "COMMITTED"
    assert viewer.refused(COMMIT, {"artifactID": pending})


def test_ids_of_nothing_name_nothing(client: Client) -> None:
    for identifier in ["", "x", "QXJ0aWZhY3Q6OTk5OTk5", base64.b64encode(b"Artifact:0").decode(), "\0" * 300]:
        assert client.ask(READ, i=identifier)["data"]["artifact"] is None
        assert client.refused(COMMIT, {"artifactID": identifier})


FAULTS: list[tuple[str, Any]] = [
    ("artifactCollectionName", "a/b"),
    ("artifactCollectionName", None),
    ("artifactTypeName", ""),
    ("projectName", "a:b"),
    ("metadata", "[1]"),
    ("metadata", "{"),
    ("storageRegion", "moon"),
    ("runName", "absent"),
    ("ttlDurationSeconds", 2**62),
    ("clientID", "c" * 1000),
    ("clientID", "nul\0"),
    ("digest", "nul\0"),
    ("aliases", [{"artifactCollectionName": "ds", "alias": "v3"}]),
]


def test_what_an_artifact_cannot_be_is_refused_with_a_reason(client: Client) -> None:
    given = {"entityName": "ada", "projectName": "digits", "artifactTypeName": "dataset", "digest": "d" * 32}
    for field, value in FAULTS:
        body = client.ask(CREATE, i={**given, "artifactCollectionName": "ds", field: value})
        if not body.get("errors"):  # a lifetime is looked at when the version is made
            artifact = body["data"]["createArtifact"]["artifact"]["id"]
            client.send(artifact, {})
            assert client.refused(COMMIT, {"artifactID": artifact})
            continue
        assert body["errors"][0]["message"], field
