"""Send content to a server: only what it lacks, and again only what it still lacks after any interruption.

lease → which files? → which chunks? → packs, a few at a time → recipes; a server that still lacks chunks says which
(409), and these are sent again. Asking is the only state: to resume is to ask again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol

from museion.blobs.pack import build_pack
from museion.blobs.recipe import Recipe
from museion.errors import BlobsMissing, ServerFault
from museion.model.digest import to_raw
from museion.sdk.transport import Transport, project_path

MAX_PACK = 32 << 20
PARALLEL = 3
_ASKED = 16_384
_RECIPES = 1_000
_STEPS = 20_000
_TRIES = 4
_MAX_COUNT = 65_000

Hash = bytes
Chunk = tuple[Hash, Any]
Progress = Callable[["Sent"], None]


class Staged(Protocol):
    """Where the content lies on this machine: `museion.blobs.staging.Staging`."""

    def recipe(self, digest: str) -> Recipe | None: ...

    def read(self, recipe: Recipe, wanted: set[Hash]) -> Iterable[Chunk]:
        """Each wanted chunk of a file, once, with its content; FileChanged if an immutable file was written to."""


@dataclass(slots=True)
class Sent:
    """How far it is. `total` and `sent` count the bytes of chunks that the server lacked."""

    files: int = 0
    total: int = 0
    sent: int = 0
    packs: int = 0


def upload(
    transport: Transport,
    entity: str,
    project: str,
    staging: Staged,
    digests: Iterable[str],
    progress: Progress | None = None,
) -> str:
    """Bring the content of `digests` to the project and return the upload's id, for the commit that names them.

    Content that is not staged here is left out if the server has it; if it lacks it too, raises BlobsMissing.
    """
    lease = _Lease(transport, entity, project)
    missing = lease.lacks("files", sorted(set(digests)), to_raw)
    recipes = _recipes(staging, missing)
    sent = Sent(files=len(recipes))
    wanted = _wanted(lease, recipes)
    for _ in range(_TRIES):
        _send_chunks(lease, staging, recipes, wanted, sent, progress or (lambda sent: None))
        wanted = lease.name_files(recipes)
        if not wanted:
            return lease.id
    raise BlobsMissing(f"The server still lacks {len(wanted)} chunks after {_TRIES} tries.", missing=sorted(wanted))


class _Lease:
    """One upload on the server."""

    def __init__(self, transport: Transport, entity: str, project: str) -> None:
        self._transport = transport
        base = project_path(entity, project, "uploads")
        answer = transport.request("POST", base, json={}).json()
        self.id: str = answer["upload"]
        self.max_pack = min(int(answer["max_pack"]), MAX_PACK)
        self._path = f"{base}/{self.id}"

    def lacks(self, what: str, names: Sequence[Any], raw: Callable[[Any], bytes]) -> list[Any]:
        """Those of `names` that the server does not have; what it has is pinned by asking."""
        found: list[Any] = []
        for start in range(0, len(names), _ASKED):
            asked = names[start : start + _ASKED]
            body = b"".join(map(raw, asked))
            bits = self._transport.request("POST", f"{self._path}/have", query={"what": what}, body=body).data
            if len(bits) * 8 < len(asked):
                raise ServerFault(f"The server answered {len(bits)} bytes about {len(asked)} {what}.")
            found += [name for place, name in enumerate(asked) if not bits[place >> 3] >> (place & 7) & 1]
        return found

    def send_pack(self, chunks: list[Chunk]) -> int:
        """Send one pack; gives the bytes of content in it."""
        headers = {"content-type": "application/octet-stream"}
        self._transport.request("POST", f"{self._path}/packs", body=build_pack(chunks), headers=headers)
        return sum(len(data) for _, data in chunks)

    def name_files(self, recipes: list[Recipe]) -> set[Hash]:
        """Say how the files are put together; gives the chunks that the server lacks for it."""
        missing: set[Hash] = set()
        for batch in _batches(recipes):
            body = {"files": [{"digest": r.digest, "size": r.size, "chunks": list(r.chunks)} for r in batch]}
            try:
                self._transport.request("POST", f"{self._path}/files", json=body)
            except BlobsMissing as error:
                missing.update(bytes.fromhex(name) for name in error.details.get("missing", ()))
                if not missing:
                    raise
        return missing


def _recipes(staging: Staged, digests: list[str]) -> list[Recipe]:
    found = {digest: staging.recipe(digest) for digest in digests}
    gone = [digest for digest, recipe in found.items() if recipe is None]
    if gone:
        raise BlobsMissing(
            f"Neither this machine nor the server has {len(gone)} of the contents, such as {gone[0]}.",
            advice="Add the files again and log the artifact anew.",
            missing=gone,
        )
    return [recipe for recipe in found.values() if recipe is not None]


def _wanted(lease: _Lease, recipes: list[Recipe]) -> set[Hash]:
    every = sorted({bytes.fromhex(name) for recipe in recipes for name, _ in recipe.chunks})
    return set(lease.lacks("chunks", every, bytes))


def _send_chunks(
    lease: _Lease, staging: Staged, recipes: list[Recipe], wanted: set[Hash], sent: Sent, progress: Progress
) -> None:
    lengths = {bytes.fromhex(name): length for recipe in recipes for name, length in recipe.chunks}
    sent.total = sent.sent + sum(lengths.get(name, 0) for name in wanted)
    progress(sent)
    running: set[Future[int]] = set()
    with ThreadPoolExecutor(PARALLEL, "museion-upload") as pool:
        try:
            for pack in _packs(_chunks(staging, recipes, wanted), lease.max_pack):
                if len(running) >= PARALLEL:
                    running = _settle(running, sent, progress)
                running.add(pool.submit(lease.send_pack, pack))
            while running:
                running = _settle(running, sent, progress)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _settle(running: set[Future[int]], sent: Sent, progress: Progress) -> set[Future[int]]:
    """Wait for one pack to arrive, so that never more than a few are in memory."""
    done, left = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        sent.sent += future.result()
        sent.packs += 1
    progress(sent)
    return left


def _chunks(staging: Staged, recipes: list[Recipe], wanted: set[Hash]) -> Iterator[Chunk]:
    left = set(wanted)
    for recipe in recipes:
        mine = {name for name in map(bytes.fromhex, (name for name, _ in recipe.chunks)) if name in left}
        if mine:
            left -= mine
            yield from staging.read(recipe, mine)


def _packs(chunks: Iterable[Chunk], limit: int) -> Iterator[list[Chunk]]:
    """Chunks in groups that fit into a pack; 64 bytes are reckoned for each one's line in its table."""
    pack: list[Chunk] = []
    size = 1024
    for chunk in chunks:
        cost = len(chunk[1]) + 64
        if pack and (size + cost > limit or len(pack) >= _MAX_COUNT):
            yield pack
            pack, size = [], 1024
        pack.append(chunk)
        size += cost
    if pack:
        yield pack


def _batches(recipes: list[Recipe]) -> Iterator[list[Recipe]]:
    """Recipes in groups whose JSON stays small."""
    batch: list[Recipe] = []
    steps = 0
    for recipe in recipes:
        if batch and (len(batch) >= _RECIPES or steps + len(recipe.chunks) > _STEPS):
            yield batch
            batch, steps = [], 0
        batch.append(recipe)
        steps += len(recipe.chunks)
    if batch:
        yield batch
