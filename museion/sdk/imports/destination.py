"""Put what was found into a Museion server, through its W&B door, and prove that it is there.

Every step asks first what is there already: an import that was cut off goes on where it was when it is begun again, and
one that is done changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from museion.errors import MuseionError, ValueInvalid
from museion.model.run import RunState
from museion.sdk.imports.copies import ArtifactCopy, FileCopy, Json, Lines, LinkCopy, Proof, RunCopy
from museion.sdk.imports.wire import WandbServer
from museion.sdk.transport import Transport, run_path

T = TypeVar("T")
BATCH_LINES = 5_000
BATCH_BYTES = 4 << 20
MAX_FILE = 5 << 30
HISTORY = "wandb-history.jsonl"
EVENTS = "wandb-events.jsonl"
SUMMARY = "wandb-summary.json"
OUTPUT = "output.log"

UPSERT = """mutation Import($id: String, $project: String, $entity: String, $name: String, $config: JSONString,
 $displayName: String, $group: String, $jobType: String, $notes: String, $tags: [String!], $sweep: String) {
 upsertBucket(input: {id: $id, modelName: $project, entityName: $entity, name: $name, config: $config,
 displayName: $displayName, groupName: $group, jobType: $jobType, notes: $notes, tags: $tags, sweep: $sweep})
 { bucket { id name } inserted } }"""
THERE = """query There($entity: String, $project: String, $name: String!) {
 model(name: $project, entityName: $entity) { bucket(name: $name, missingOk: true)
 { historyLineCount eventsLineCount logLineCount summaryMetrics } } }"""
FILES = """query Files($entity: String, $project: String, $name: String!, $after: String) {
 project(name: $project, entityName: $entity) { run(name: $name) { files(after: $after, first: 500)
 { edges { node { name sizeBytes md5 } } pageInfo { endCursor hasNextPage } } } } }"""
PUT_FILES = """mutation Put($entity: String!, $project: String!, $name: String!, $files: [String!]!) {
 createRunFiles(input: {entityName: $entity, projectName: $project, runName: $name, files: $files})
 { uploadHeaders files { name uploadUrl } } }"""
BEGIN = """mutation Begin($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id state } } }"""
SLOTS = """mutation Slots($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input)
 { files { edges { node { name uploadUrl uploadHeaders } } } } }"""
MANIFEST = """mutation Manifest($input: CreateArtifactManifestInput!) { createArtifactManifest(input: $input)
 { artifactManifest { file { uploadUrl uploadHeaders } } } }"""
COMMIT = """mutation Commit($input: CommitArtifactInput!) { commitArtifact(input: $input) { artifact { id } } }"""
READ = """query Read($id: ID!) { artifact(id: $id) { id digest size fileCount versionIndex } }"""
USE = """mutation Use($input: UseArtifactInput!) { useArtifact(input: $input) { artifact { id } } }"""
PROJECT = """mutation Project($name: String, $entity: String) {
 upsertModel(input: {name: $name, entityName: $entity}) { inserted } }"""
LINK = """mutation Link($input: LinkArtifactInput!) { linkArtifact(input: $input)
 { artifactMembership { versionIndex aliases { alias } } } }"""
CLIENT_ID = """query Client($id: ID!) { clientIDMapping(clientID: $id) { serverID } }"""


class Destination:
    """The entity of a Museion server that is filled. `door` and `transport` are two ways into the same server."""

    def __init__(self, door: WandbServer, transport: Transport, entity: str) -> None:
        self._door = door
        self._transport = transport
        self.entity = entity
        self._ids: dict[str, str] = {}

    # Runs

    def add_run(self, run: RunCopy) -> Proof:
        """Bring a run over, with all but its artifacts."""
        proof = Proof(f"run {run.project}/{run.id}")
        self._create(run)
        there = self._there(run)
        sent = {
            HISTORY: self._lines(run, HISTORY, run.history, there.get("historyLineCount") or 0),
            EVENTS: self._lines(run, EVENTS, run.events, there.get("eventsLineCount") or 0),
            OUTPUT: self._lines(run, OUTPUT, run.console, there.get("logLineCount") or 0),
        }
        if run.summary is not None:
            self._stream(run, {"files": {SUMMARY: {"offset": 0, "content": [run.summary]}}})
        self._files(run, proof)
        self._end(run)
        self._prove_run(run, sent, proof)
        return proof

    def _create(self, run: RunCopy) -> None:
        known = {"created_at": run.created_at, "job_type": run.job_type, "group": run.group, "notes": run.notes}
        body = {key: value for key, value in known.items() if value is not None}
        self._transport.request("PUT", run_path(self.entity, run.project, run.id), json=body)
        self._door.ask(
            UPSERT,
            project=run.project,
            entity=self.entity,
            name=run.id,
            config=run.config,
            displayName=run.name,
            group=run.group,
            jobType=run.job_type,
            notes=run.notes,
            tags=list(run.tags) or None,
            sweep=None,
        )

    def _there(self, run: RunCopy) -> Json:
        found = self._door.ask(THERE, entity=self.entity, project=run.project, name=run.id)
        bucket: Json = (found.get("model") or {}).get("bucket") or {}
        return bucket

    def _lines(self, run: RunCopy, name: str, lines: Lines, start: int) -> int:
        """Send the lines from `start` on; gives how many there are then."""
        offset, content, size = start, list[str](), 0
        for line in lines(start):
            content.append(line)
            size += len(line)
            if len(content) >= BATCH_LINES or size >= BATCH_BYTES:
                self._stream(run, {"files": {name: {"offset": offset, "content": content}}})
                offset, content, size = offset + len(content), [], 0
        if content:
            self._stream(run, {"files": {name: {"offset": offset, "content": content}}})
        return offset + len(content)

    def _stream(self, run: RunCopy, body: Json) -> None:
        self._door.stream(self.entity, run.project, run.id, body)

    def _end(self, run: RunCopy) -> None:
        if run.exit_code is not None:
            self._stream(run, {"complete": True, "exitcode": run.exit_code})
        known = {state.value for state in RunState}
        body: Json = {"state": run.state} if run.state in known and run.state != "running" else {}
        body |= {"finished_at": run.finished_at} if run.finished_at is not None else {}
        if body:
            self._transport.request("PUT", run_path(self.entity, run.project, run.id), json=body)

    def _prove_run(self, run: RunCopy, sent: Json, proof: Proof) -> None:
        there = self._there(run)
        rows = sent[HISTORY] if run.rows is None else run.rows
        proof.compared["history rows"] = (rows, there.get("historyLineCount"))
        proof.compared["console lines"] = (sent[OUTPUT], there.get("logLineCount"))
        held = self._held(run)
        wanted = {file.path: file.size for file in run.files}
        proof.compared["files"] = (len(wanted), len(wanted.keys() & held.keys()))
        proof.compared["bytes of files"] = (sum(wanted.values()), sum(held[p][0] for p in wanted.keys() & held.keys()))

    # Files of runs

    def _held(self, run: RunCopy) -> dict[str, tuple[int, str | None]]:
        found: dict[str, tuple[int, str | None]] = {}
        after: str | None = None
        while True:
            answer = self._door.ask(FILES, entity=self.entity, project=run.project, name=run.id, after=after)
            files = answer["project"]["run"]["files"]
            found |= {e["node"]["name"]: (e["node"]["sizeBytes"], e["node"]["md5"]) for e in files["edges"]}
            after = files["pageInfo"]["endCursor"]
            if not files["pageInfo"]["hasNextPage"] or after is None:
                return found

    def _files(self, run: RunCopy, proof: Proof) -> None:
        held = self._held(run)
        for batch in _batches((f for f in run.files if not _same(f, held.get(f.path))), 500):
            names = [file.path for file in batch]
            given = {"entity": self.entity, "project": run.project, "name": run.id, "files": names}
            try:
                slots = self._door.ask(PUT_FILES, **given)["createRunFiles"]
            except MuseionError as error:
                proof.faults.append(f"{names[0]} and {len(names) - 1} more: {error}")
                continue
            for file, slot in zip(batch, slots["files"], strict=True):
                try:
                    self._door.put(slot["uploadUrl"], _whole(file.read()), slots["uploadHeaders"])
                except MuseionError as error:
                    proof.faults.append(f"{file.path}: {error}")

    # Artifacts

    def add_artifact(self, artifact: ArtifactCopy) -> Proof:
        """Bring an artifact over, as the next version, unless its collection has the content already."""
        proof = Proof(f"artifact {artifact.project}/{artifact.name}:v{artifact.version or 0}")
        try:
            entries = {path: self._entry(entry) for path, entry in artifact.entries.items()}
            begun = self._begin(artifact)
            if begun["state"] != "COMMITTED":
                self._send(artifact, begun["id"], entries)
                self._door.ask(COMMIT, input={"artifactID": begun["id"]})
            self._know(artifact, begun["id"])
            self._prove_artifact(artifact, begun["id"], entries, proof)
            self._used(artifact, begun["id"], proof)
        except MuseionError as error:
            proof.faults.append(str(error))
        return proof

    def _begin(self, artifact: ArtifactCopy) -> Json:
        aliases = [{"artifactCollectionName": artifact.name, "alias": alias} for alias in artifact.aliases]
        given = {
            "entityName": self.entity,
            "projectName": artifact.project,
            "runName": artifact.run,
            "artifactTypeName": artifact.type,
            "artifactCollectionName": artifact.name,
            "digest": artifact.digest,
            "digestAlgorithm": artifact.algorithm,
            "description": artifact.description,
            "metadata": artifact.metadata,
            "aliases": aliases,
            "tags": [{"tagName": tag} for tag in artifact.tags],
            "ttlDurationSeconds": artifact.ttl,
            "clientID": artifact.client_id,
            "sequenceClientID": artifact.sequence_client_id,
            "enableDigestDeduplication": True,
        }
        begun: Json = self._door.ask(BEGIN, input=given)["createArtifact"]["artifact"]
        return begun

    def _entry(self, entry: Json) -> Json:
        """The entry as it has to be here: ids of the source mean nothing on this server."""
        kept = {key: value for key, value in entry.items() if key not in ("birthArtifactID", "local_path")}
        ref = str(kept.get("ref", ""))
        scheme, _, rest = ref.partition("://")
        name, _, path = rest.partition("/")
        if scheme == "wandb-client-artifact":
            found = self._door.ask(CLIENT_ID, id=name.partition(":")[0])["clientIDMapping"]
            if found is None:
                raise ValueInvalid(f"{ref} leads to an artifact that is not here.", advice="Import it first.")
            kept["ref"] = f"wandb-artifact://{base64.b64decode(found['serverID']).hex()}/{path}"
        elif scheme == "wandb-artifact" and name in self._ids:
            kept["ref"] = f"wandb-artifact://{self._ids[name]}/{path}"
        return kept

    def _send(self, artifact: ArtifactCopy, begun: str, entries: dict[str, Json]) -> None:
        stored = [path for path, entry in entries.items() if "ref" not in entry]
        for batch in _batches(stored, 500):
            specs = [_spec(begun, path, entries[path]) for path in batch]
            given = {"artifactFiles": specs, "storageLayout": "V2", "digestAlgorithm": artifact.algorithm}
            edges = self._door.ask(SLOTS, input=given)["createArtifactFiles"]["files"]["edges"]
            for path, edge in zip(batch, edges, strict=True):
                slot = edge["node"]
                if slot["uploadUrl"] is not None:
                    self._door.put(slot["uploadUrl"], _whole(artifact.read(path)), slot["uploadHeaders"])
        self._send_manifest(artifact, begun, entries)

    def _send_manifest(self, artifact: ArtifactCopy, begun: str, entries: dict[str, Json]) -> None:
        body = {"version": 1, "storagePolicy": "wandb-storage-policy-v1"}
        data = json.dumps({**body, "storagePolicyConfig": {"storageLayout": "V2"}, "contents": entries}).encode()
        given = {
            "artifactID": begun,
            "name": "wandb_manifest.json",
            "digest": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
            "entityName": self.entity,
            "projectName": artifact.project,
            "runName": artifact.run or "",
            "type": "FULL",
        }
        file = self._door.ask(MANIFEST, input=given)["createArtifactManifest"]["artifactManifest"]["file"]
        self._door.put(file["uploadUrl"], data, file["uploadHeaders"])

    def _know(self, artifact: ArtifactCopy, begun: str) -> None:
        if artifact.source_id:
            self._ids[base64.b64decode(artifact.source_id).hex()] = base64.b64decode(begun).hex()

    def _prove_artifact(self, artifact: ArtifactCopy, begun: str, entries: dict[str, Json], proof: Proof) -> None:
        found = self._door.ask(READ, id=begun)["artifact"]
        proof.compared["digest"] = (artifact.digest, found["digest"])
        proof.compared["files"] = (len(entries), found["fileCount"])
        if (size := _size(artifact)) is not None:
            proof.compared["bytes"] = (size, found["size"])
        if artifact.version is not None and artifact.version != found["versionIndex"]:
            proof.notes.append(f"v{artifact.version} there is v{found['versionIndex']} here")

    def _used(self, artifact: ArtifactCopy, begun: str, proof: Proof) -> None:
        for project, run in artifact.users:
            given = {"entityName": self.entity, "projectName": project, "runName": run, "artifactID": begun}
            try:
                self._door.ask(USE, input=given)
            except MuseionError as error:
                proof.faults.append(f"used by {project}/{run}: {error}")

    # Links

    def add_link(self, link: LinkCopy) -> Proof:
        """Link a version that was brought over into its portfolio here."""
        proof = Proof(f"link {link.project}/{link.portfolio}:{link.version}")
        here = self._ids.get(base64.b64decode(link.source_id).hex())
        if here is None:
            proof.faults.append("It leads to an artifact that was not brought over: import its project, too.")
            return proof
        names = [{"artifactCollectionName": link.portfolio, "alias": alias} for alias in link.aliases]
        place = {"entityName": self.entity, "projectName": link.project, "artifactPortfolioName": link.portfolio}
        try:
            self._door.ask(PROJECT, name=link.project, entity=self.entity)
            given = {**place, "artifactID": base64.b64encode(bytes.fromhex(here)).decode(), "aliases": names}
            member = self._door.ask(LINK, input=given)["linkArtifact"]["artifactMembership"]
        except MuseionError as error:
            proof.faults.append(str(error))
            return proof
        held = {each["alias"] for each in member["aliases"]}
        proof.compared["aliases"] = (sorted(link.aliases), sorted(held & set(link.aliases)))
        if link.version != (now := f"v{member['versionIndex']}"):
            proof.notes.append(f"{link.version} there is {now} here")
        return proof


def _size(artifact: ArtifactCopy) -> int | None:
    """Its bytes, unless it leads into other artifacts without saying how long their files are."""
    if artifact.size is not None:
        return artifact.size
    if any("artifact://" in str(entry.get("ref", "")) for entry in artifact.entries.values()):
        return None
    return sum(entry.get("size") or 0 for entry in artifact.entries.values())


def _same(file: FileCopy, held: tuple[int, str | None] | None) -> bool:
    """Whether what is held under the file's name is the file."""
    if held is None or held[0] != file.size:
        return False
    if file.md5 is not None:
        return held[1] == file.md5
    digest = hashlib.md5(usedforsecurity=False)
    for piece in file.read():
        digest.update(piece)
    return held[1] == base64.b64encode(digest.digest()).decode()


def _spec(begun: str, path: str, entry: Json) -> Json:
    return {"artifactID": begun, "name": path, "md5": entry["digest"], "digest": entry["digest"]}


def _whole(pieces: Iterable[bytes]) -> Any:
    """The pieces as a body with a length; what is large waits in a nameless file."""
    body = tempfile.SpooledTemporaryFile(64 << 20)  # noqa: SIM115  (closed with the request that sends it)
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_FILE:
            raise ValueInvalid(f"The file has more than {MAX_FILE:,} bytes.")
        body.write(piece)
    body.seek(0)
    return body.read() if size <= 64 << 20 else body


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
