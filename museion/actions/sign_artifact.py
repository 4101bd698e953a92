"""Keep signatures over a version's manifest: those that fit. Whom to trust, the reader decides."""

from __future__ import annotations

from museion.actions.actor import SYSTEM, Actor
from museion.actions.resolve import find_version
from museion.actions.stores import Stores
from museion.errors import NotFound, TooLarge
from museion.model.signature import Signature
from museion.model.sshsig import read_signature, verify

MOST = 100


def sign_artifact(
    stores: Stores, entity: str, project: str, name: str, pointer: str, signer: str, body: str, actor: Actor = SYSTEM
) -> list[Signature]:
    """Add a signature (one of the same key is replaced); gives all there are.

    Raises ValueInvalid for a wrong form, BlobCorrupt if it is not over this version's manifest.
    """
    parsed = read_signature(body, signer)
    with stores.catalog.transaction() as rows:
        stored = find_version(rows, entity, project, name, pointer, lock=True)
        verify(parsed, rows.manifests.canonical(stored.version.digest))
        known = rows.signatures.of(stored.key)
        if len(known) >= MOST and all(one.fingerprint != parsed.fingerprint for one in known):
            raise TooLarge(f"{stored.version.qualified} has {MOST} signatures, and no more are kept.")
        rows.signatures.put(stored.key, Signature(parsed.fingerprint, signer, body, stores.clock(), actor.name))
        rows.changes.record(rows.collections.home(stored.collection), "collection", name, stores.clock())
        return rows.signatures.of(stored.key)


def read_signatures(stores: Stores, entity: str, project: str, name: str, pointer: str) -> list[Signature]:
    """The signatures of a version, the first first."""
    with stores.catalog.reading() as rows:
        return rows.signatures.of(find_version(rows, entity, project, name, pointer).key)


def remove_signature(stores: Stores, entity: str, project: str, name: str, pointer: str, fingerprint: str) -> None:
    """Take a signature away; raises NotFound."""
    with stores.catalog.transaction() as rows:
        stored = find_version(rows, entity, project, name, pointer, lock=True)
        if not rows.signatures.remove(stored.key, fingerprint):
            raise NotFound(f"{stored.version.qualified} has no signature of the key {fingerprint[:80]}.")
