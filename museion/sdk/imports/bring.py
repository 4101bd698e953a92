"""Whole imports: from folders of offline runs, or from a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from museion.sdk.imports.copies import Proof
from museion.sdk.imports.destination import Destination
from museion.sdk.imports.live import Source
from museion.sdk.imports.offline import OfflineRun, offline_runs
from museion.sdk.imports.wire import WandbServer
from museion.sdk.transport import HttpTransport

Tell = Callable[[Proof], None]


def from_folders(paths: Iterable[Path], transport: HttpTransport, entity: str, tell: Tell) -> list[Proof]:
    """Bring in every run in these folders, with its artifacts, in the order in which the runs began."""
    there = _destination(transport, entity)
    proofs: list[Proof] = []
    for found in offline_runs(paths):
        for proof in _one(there, found):
            proofs.append(proof)
            tell(proof)
    return proofs


def _one(there: Destination, found: OfflineRun) -> Iterator[Proof]:
    proof = there.add_run(found.run)
    if found.torn:
        proof.notes.append(f"{found.torn:,} torn bytes at the end of the log were passed over")
    yield proof
    for artifact in found.artifacts:
        yield there.add_artifact(artifact)


def from_server(
    url: str,
    key: str,
    entity: str | None,
    projects: Sequence[str] | None,
    transport: HttpTransport,
    into: str,
    tell: Tell,
) -> list[Proof]:
    """Bring in these projects of an entity (None: all): runs first, then artifacts in the order they were made, then,
    when all of them are there, what links to them."""
    source, there = Source(WandbServer(url, key), entity), _destination(transport, into)
    proofs: list[Proof] = []
    chosen = list(projects or source.projects())
    for project in chosen:
        for run in source.runs(project):
            proofs.append(there.add_run(run))
            tell(proofs[-1])
        for artifact in source.artifacts(project):
            proofs.append(there.add_artifact(artifact))
            tell(proofs[-1])
    for link in (link for project in chosen for link in source.links(project)):
        proofs.append(there.add_link(link))
        tell(proofs[-1])
    return proofs


def _destination(transport: HttpTransport, entity: str) -> Destination:
    return Destination(WandbServer(transport.name, transport.key or ""), transport, entity)
