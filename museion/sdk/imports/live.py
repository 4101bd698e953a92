"""A W&B-compatible server as a source: everything it tells by its public API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from museion.errors import FileMissing, ProjectNotFound
from museion.sdk.imports.copies import ArtifactCopy, FileCopy, Json, LinkCopy, RunCopy
from museion.sdk.imports.wire import WandbServer

ROWS = 10_000
VIEWER = "query Viewer { viewer { id entity } }"
PROJECTS = """query Projects($entity: String, $cursor: String) { models(entityName: $entity, after: $cursor, first: 100)
 { edges { node { name } } pageInfo { endCursor hasNextPage } } }"""
RUNS = """query Runs($entity: String!, $project: String!, $cursor: String) {
 project(name: $project, entityName: $entity) { runs(after: $cursor, first: 100, order: "+created_at")
 { edges { node { name displayName config summaryMetrics createdAt heartbeatAt state group jobType tags notes sweepName
 historyKeys historyLineCount } cursor } pageInfo { endCursor hasNextPage } } } }"""
HISTORY = """query HistoryPage($entity: String!, $project: String!, $run: String!,
 $min: Int64!, $max: Int64!, $size: Int!) { project(name: $project, entityName: $entity) { run(name: $run)
 { history(minStep: $min, maxStep: $max, samples: $size) } } }"""
EVENTS = """query Events($entity: String!, $project: String!, $run: String!) {
 project(name: $project, entityName: $entity) { run(name: $run) { events(samples: 100000) } } }"""
CONSOLE = """query Console($entity: String!, $project: String!, $run: String!, $after: String) {
 project(name: $project, entityName: $entity) { run(name: $run) { logLines(first: 5000, after: $after)
 { edges { node { line level timestamp } } pageInfo { endCursor hasNextPage } } } } }"""
FILES = """query Files($entity: String!, $project: String!, $run: String!, $cursor: String) {
 project(name: $project, entityName: $entity) { run(name: $run) { files(after: $cursor, first: 500)
 { edges { node { name sizeBytes md5 directUrl } cursor } pageInfo { endCursor hasNextPage } } } } }"""
TYPES = """query Types($entity: String!, $project: String!) { project(name: $project, entityName: $entity)
 { artifactTypes(first: 1000) { edges { node { name } } } } }"""
COLLECTIONS = """query Collections($entity: String!, $project: String!, $type: String!, $cursor: String) {
 project(name: $project, entityName: $entity) { artifactType(name: $type) {
 artifactCollections(after: $cursor, first: 100) { edges { node { __typename name } }
 pageInfo { endCursor hasNextPage } } } } }"""
VERSIONS = """query Versions($entity: String!, $project: String!, $type: String!, $name: String!, $cursor: String) {
 project(name: $project, entityName: $entity) { artifactType(name: $type) { artifactCollection(name: $name)
 { artifacts(after: $cursor, first: 100) { edges { version node { id versionIndex state digest size description metadata
 ttlDurationSeconds ttlIsInherited createdAt tags { name } aliases { alias artifactCollection { name } } } }
 pageInfo { endCursor hasNextPage } } } } } }"""
MANIFEST = "query Manifest($id: ID!) { artifact(id: $id) { currentManifest { file { directUrl } } } }"
LINEAGE = """query Lineage($id: ID!) { artifact(id: $id) {
 createdBy { __typename ... on Run { name project { name entity { name } } } }
 usedBy { edges { node { name project { name entity { name } } } } } } }"""
URLS = """query Urls($entity: String!, $project: String!, $name: String!, $alias: String!, $cursor: String) {
 project(name: $project, entityName: $entity) { artifactCollection(name: $name) { __typename
 artifactMembership(aliasName: $alias) { files(after: $cursor, first: 1000)
 { edges { node { name directUrl } } pageInfo { endCursor hasNextPage } } } } } }"""


class Source:
    """What one entity of a server holds."""

    def __init__(self, server: WandbServer, entity: str | None) -> None:
        self._server = server
        self.entity = entity or str(server.ask(VIEWER)["viewer"]["entity"])

    def projects(self) -> list[str]:
        """Names of its projects."""
        pages = self._pages(PROJECTS, "models")
        return [edge["node"]["name"] for edge in pages]

    def _pages(self, document: str, *path: str, **given: Any) -> Iterator[Json]:
        """Edges of a connection that lies at `path` of the answer, over all its pages."""
        cursor: str | None = None
        while True:
            found: Any = self._server.ask(document, entity=self.entity, cursor=cursor, **given)
            for step in path:
                found = (found or {}).get(step)
            if not found:
                return
            yield from found["edges"]
            page = found.get("pageInfo") or {}
            if not page.get("hasNextPage") or page.get("endCursor") in (None, cursor):
                return
            cursor = page["endCursor"]

    # Runs

    def runs(self, project: str) -> Iterator[RunCopy]:
        """The runs of a project, the oldest first. Raises ProjectNotFound."""
        if self._server.ask(TYPES, entity=self.entity, project=project).get("project") is None:
            raise ProjectNotFound(f"{self._server.url} has no project {self.entity}/{project}.")
        for edge in self._pages(RUNS, "project", "runs", project=project):
            yield self._run(project, edge["node"])

    def _run(self, project: str, node: Json) -> RunCopy:
        run, state = node["name"], str(node.get("state") or "finished")
        last = (node.get("historyKeys") or {}).get("lastStep")
        ended = state not in ("running", "pending")
        return RunCopy(
            project=project,
            id=run,
            config=node.get("config") or "{}",
            summary=node.get("summaryMetrics"),
            name=node.get("displayName"),
            group=node.get("group"),
            job_type=node.get("jobType"),
            notes=node.get("notes"),
            tags=tuple(node.get("tags") or ()),
            created_at=_moment(node.get("createdAt")),
            finished_at=_moment(node.get("heartbeatAt")) if ended else None,
            exit_code={"finished": 0, "failed": 1}.get(state),
            state=state,
            history=lambda at: self._history(project, run, last, at),
            events=lambda at: iter(self._events(project, run)[at:]),
            console=lambda at: self._console(project, run, at),
            files=tuple(self._files(project, run)),
        )

    def _history(self, project: str, run: str, last: int | None, start: int) -> Iterator[str]:
        """All rows from number `start` on. The server pages by step, and thins out what is more than was asked for: so
        the stretch of steps follows how close the rows lie."""
        passed, low, width = 0, 0, ROWS
        while last is not None and low <= last:
            given = {"project": project, "run": run, "min": low, "max": low + width, "size": ROWS}
            lines = self._server.ask(HISTORY, entity=self.entity, **given)["project"]["run"]["history"]
            if len(lines) >= ROWS and width > 1:
                width = max(1, width // 4)
                continue
            yield from lines[max(0, start - passed) :]
            passed, low = passed + len(lines), low + width
            width = width * 4 if len(lines) < ROWS // 4 else width

    def _events(self, project: str, run: str) -> list[str]:
        answer = self._server.ask(EVENTS, entity=self.entity, project=project, run=run)
        return list(answer["project"]["run"]["events"])

    def _console(self, project: str, run: str, start: int) -> Iterator[str]:
        passed, after = 0, None
        while True:
            answer = self._server.ask(CONSOLE, entity=self.entity, project=project, run=run, after=after)
            lines = answer["project"]["run"]["logLines"] or {"edges": [], "pageInfo": {}}
            for edge in lines["edges"]:
                if passed >= start:
                    yield _line(edge["node"])
                passed += 1
            page = lines.get("pageInfo") or {}
            if not page.get("hasNextPage") or page.get("endCursor") in (None, after):
                return
            after = page["endCursor"]

    def _files(self, project: str, run: str) -> Iterator[FileCopy]:
        for edge in self._pages(FILES, "project", "run", "files", project=project, run=run):
            node = edge["node"]
            url = node["directUrl"]
            yield FileCopy(node["name"], node["sizeBytes"], lambda url=url: self._server.get(url), node.get("md5"))  # type: ignore[misc]

    # Artifacts

    def artifacts(self, project: str) -> Iterator[ArtifactCopy]:
        """Every version of every sequence of a project, in the order in which they were made."""
        found: list[tuple[str, int, str, str, Json]] = []
        for kind, name in self._collections(project, "ArtifactSequence"):
            found += self._versions(project, kind, name)
        for _, _, kind, name, node in sorted(found, key=lambda one: (one[0], one[1], one[3])):
            yield self._artifact(project, kind, name, node)

    def links(self, project: str) -> Iterator[LinkCopy]:
        """What lies in the portfolios of a project, in the order in which it was put there."""
        there = ("project", "artifactType", "artifactCollection", "artifacts")
        for kind, name in self._collections(project, "ArtifactPortfolio"):
            edges = list(self._pages(VERSIONS, *there, project=project, type=kind, name=name))
            for edge in sorted(edges, key=lambda edge: int(str(edge["version"]).removeprefix("v") or 0)):
                aliases = _own(edge["node"], name)
                yield LinkCopy(project, name, edge["node"]["id"], str(edge["version"]), aliases)

    def _collections(self, project: str, what: str) -> Iterator[tuple[str, str]]:
        """Types and names of the collections of a project, of sequences or of portfolios."""
        types = self._server.ask(TYPES, entity=self.entity, project=project)["project"]["artifactTypes"]["edges"]
        there = ("project", "artifactType", "artifactCollections")
        for kind in (edge["node"]["name"] for edge in types):
            for edge in self._pages(COLLECTIONS, *there, project=project, type=kind):
                if edge["node"]["__typename"] == what:
                    yield kind, edge["node"]["name"]

    def _versions(self, project: str, kind: str, name: str) -> Iterator[tuple[str, int, str, str, Json]]:
        there = ("project", "artifactType", "artifactCollection", "artifacts")
        for edge in self._pages(VERSIONS, *there, project=project, type=kind, name=name):
            node = edge["node"]
            if node["state"] == "COMMITTED":
                yield node["createdAt"], node.get("versionIndex") or 0, kind, name, node

    def _artifact(self, project: str, kind: str, name: str, node: Json) -> ArtifactCopy:
        manifest = self._manifest(node["id"])
        lineage = self._server.ask(LINEAGE, id=node["id"])["artifact"]
        maker, users = lineage.get("createdBy") or {}, lineage.get("usedBy") or {"edges": []}
        urls: dict[str, str] = {}
        version = node.get("versionIndex") or 0

        def read(path: str) -> Iterator[bytes]:
            if not urls:
                urls.update(self._urls(project, name, version))
            if path not in urls:
                raise FileMissing(f"{self._server.url} gives no address for {name}:v{version}/{path}.")
            return self._server.get(urls[path])

        return ArtifactCopy(
            project=project,
            type=kind,
            name=name,
            digest=node["digest"],
            entries=manifest,
            read=read,
            run=maker.get("name") if self._ours(maker) == project else None,
            source_id=node["id"],
            version=version,
            size=node.get("size"),
            description=node.get("description"),
            metadata=node.get("metadata"),
            aliases=_own(node, name),
            tags=[tag["name"] for tag in node.get("tags") or ()],
            ttl=None if node.get("ttlIsInherited") else node.get("ttlDurationSeconds"),
            algorithm=self._algorithm(manifest),
            users=[(p, e["node"]["name"]) for e in users["edges"] if (p := self._ours(e["node"])) is not None],
        )

    def _ours(self, run: Json) -> str | None:
        """The project of a run, if it is one of this entity."""
        home = run.get("project") or {}
        return home.get("name") if (home.get("entity") or {}).get("name") == self.entity else None

    def _algorithm(self, manifest: dict[str, Json]) -> str:
        newer = any((entry.get("extra") or {}).get("alg") == "XXH128" for entry in manifest.values())
        return "MANIFEST_XXH128" if newer else "MANIFEST_MD5"

    def _manifest(self, artifact: str) -> dict[str, Json]:
        found = self._server.ask(MANIFEST, id=artifact)["artifact"]["currentManifest"]
        body = json.loads(b"".join(self._server.get(found["file"]["directUrl"])))
        return dict(body["contents"])

    def _urls(self, project: str, name: str, version: int) -> dict[str, str]:
        there = ("project", "artifactCollection", "artifactMembership", "files")
        pages = self._pages(URLS, *there, project=project, name=name, alias=f"v{version}")
        return {edge["node"]["name"]: edge["node"]["directUrl"] for edge in pages}


def _own(node: Json, name: str) -> list[str]:
    """The aliases that a version has in this collection, but the one that moves by itself."""
    own = [a["alias"] for a in node["aliases"] if (a.get("artifactCollection") or {}).get("name") == name]
    return [alias for alias in own if alias != "latest"]


def _moment(text: str | None) -> float | None:
    if not text:
        return None
    return datetime.fromisoformat(text[:26].rstrip("Z")).replace(tzinfo=UTC).timestamp()


def _line(node: Json) -> str:
    stamp = str(node.get("timestamp") or "").rstrip("Z")
    text = str(node.get("line") or "").rstrip("\n")
    error = "ERROR " if node.get("level") == "error" else ""
    return f"{error}{stamp} {text}" if stamp else text
