"""Send content to a server: only what it lacks, and again only what it still lacks after any interruption.

lease → which files? → which chunks? → packs, a few at a time → recipes; a server that still lacks chunks says which
(409), and these are sent again. Asking is the only state: to resume is to ask again. Whoever has named what was sent
ends the lease; that of a client that was killed, or must come again, ends by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from museion.blobs.recipe import Recipe
from museion.errors import BlobsMissing, Corrupt, MuseionError, NotFound, ServerFault, StorageFault
from museion.model.digest import to_raw
from museion.sdk import direct
from museion.sdk.transport import Transport, project_path

if TYPE_CHECKING:
    from museion.blobs.staging import Staging

log = logging.getLogger("museion.sdk")

PARALLEL = 3
_ASKED = 16_384
_RECIPES = 1_000
_STEPS = 20_000
_TRIES = 4

Progress = Callable[["Sent"], None]
Lacks = Callable[[list[bytes]], set[bytes]]


@dataclass(slots=True)
class Sent:
    """How far it is: `files` to send with `size` bytes in all; of these, `lacking` bytes are in chunks that the server
    was found to lack so far, and `sent` bytes went out in packs."""

    files: int = 0
    size: int = 0
    lacking: int = 0
    sent: int = 0
    packs: int = 0


def upload(
    transport: Transport,
    entity: str,
    project: str,
    staging: Staging,
    digests: Iterable[str],
    progress: Progress | None = None,
) -> str:
    """Bring the content of `digests` to the project and return the upload's id, for the commit that names them.

    Content that is not staged here is left out if the server has it; if it lacks it too, raises BlobsMissing.
    """
    lease = _Lease(transport, entity, project)
    recipes = _recipes(staging, lease.lacks("files", sorted(set(digests)), to_raw))
    lengths = {bytes.fromhex(name): length for recipe in recipes for name, length in recipe.chunks}
    sent = Sent(files=len(recipes), size=sum(recipe.size for recipe in recipes))
    tell = progress or (lambda sent: None)
    lacks: Lacks = lambda asked: set(lease.lacks("chunks", asked, bytes))  # noqa: E731 - it is replaced below
    for _ in range(_TRIES):
        _send(lease, staging.pack_bodies(recipes, _known(lacks, lengths, sent)), sent, tell)
        missing = lease.name_files(recipes)
        if not missing:
            return lease.id
        lacks = missing.intersection
    raise BlobsMissing(f"The server still lacks {len(missing)} chunks after {_TRIES} tries.", missing=sorted(missing))


def release(transport: Transport, entity: str, project: str, upload: str) -> None:
    """What was sent has its name: end the lease. If that fails nothing is lost, for leases end by themselves."""
    with suppress(MuseionError):
        transport.request("DELETE", project_path(entity, project, "uploads", upload))


def _known(lacks: Lacks, lengths: dict[bytes, int], sent: Sent) -> Callable[[list[bytes]], list[bool]]:
    """Which of some chunks need not be sent; counts those that do."""

    def known(asked: list[bytes]) -> list[bool]:
        lacking = lacks(asked)
        sent.lacking += sum(lengths[chunk] for chunk in lacking)
        return [chunk not in lacking for chunk in asked]

    return known


class _Lease:
    """One upload on the server."""

    def __init__(self, transport: Transport, entity: str, project: str) -> None:
        self._transport = transport
        base = project_path(entity, project, "uploads")
        answer = transport.request("POST", base, json={}).json()
        self.id: str = answer["upload"]
        self._path = f"{base}/{self.id}"
        self._takes_from: str | None = answer.get("staging")
        self._direct = bool(answer.get("direct"))

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

    def send_pack(self, pack: bytes | Path) -> int:
        """Send one pack, straight into the server's bucket if it has one to offer; or let a server on this machine
        take it over as it lies. Gives its size in bytes."""
        if isinstance(pack, Path) and self._taken_over(pack):
            return 0
        body = pack if isinstance(pack, bytes) else pack.read_bytes()
        if self._sent_directly(body):
            return len(body)
        headers = {"content-type": "application/octet-stream"}
        self._transport.request("POST", f"{self._path}/packs", body=body, headers=headers)
        return len(body)

    def _sent_directly(self, body: bytes) -> bool:
        """After the first failure everything goes through the server, which is told of no worse than a detour."""
        if not self._direct or len(body) < direct.LEAST:
            return False
        try:
            offer = self._transport.request("POST", f"{self._path}/direct").json()
            direct.send(offer, body)
            self._transport.request("POST", f"{self._path}/direct/{offer['name']}")
        except (StorageFault, ServerFault, NotFound, Corrupt) as error:
            self._direct = False
            log.warning("%s The packs go through the server instead.", error)
            return False
        return True

    def _taken_over(self, pack: Path) -> bool:
        if self._takes_from is None or self._takes_from != _place_of(pack.parent):
            return False
        try:
            self._transport.request("POST", f"{self._path}/staged/{pack.name}")
        except (NotFound, Corrupt):
            self._takes_from = None
            return False
        return True

    def name_files(self, recipes: list[Recipe]) -> set[bytes]:
        """Say how the files are put together; gives the chunks that the server lacks for it."""
        missing: set[bytes] = set()
        for batch in _batches(recipes):
            body = {"files": [{"digest": r.digest, "size": r.size, "chunks": list(r.chunks)} for r in batch]}
            try:
                self._transport.request("POST", f"{self._path}/files", json=body)
            except BlobsMissing as error:
                missing.update(bytes.fromhex(name) for name in error.details.get("missing", ()))
                if not missing:
                    raise
        return missing


def _place_of(folder: Path) -> str | None:
    """Device and inode, by which a server on the same machine knows the folder."""
    try:
        info = folder.lstat()
    except OSError:
        return None
    return f"{info.st_dev}:{info.st_ino}"


def _recipes(staging: Staging, digests: list[str]) -> list[Recipe]:
    found = {digest: staging.recipe(digest) for digest in digests}
    gone = [digest for digest, recipe in found.items() if recipe is None]
    if gone:
        raise BlobsMissing(
            f"Neither this machine nor the server has {len(gone)} of the contents, such as {gone[0]}.",
            advice="Add the files again and log the artifact anew.",
            missing=gone,
        )
    return [recipe for recipe in found.values() if recipe is not None]


def _send(lease: _Lease, packs: Iterable[bytes | Path], sent: Sent, progress: Progress) -> None:
    """Send packs, a few at a time, so that never more than these are in memory."""
    running: set[Future[int]] = set()
    with ThreadPoolExecutor(PARALLEL, "museion-upload") as pool:
        try:
            for pack in packs:
                if len(running) >= PARALLEL:
                    running = _settle(running, sent, progress)
                running.add(pool.submit(lease.send_pack, pack))
            while running:
                running = _settle(running, sent, progress)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    progress(sent)


def _settle(running: set[Future[int]], sent: Sent, progress: Progress) -> set[Future[int]]:
    """Wait for a pack to arrive; gives what is still on its way."""
    done, left = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        sent.sent += future.result()
        sent.packs += 1
    progress(sent)
    return left


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
