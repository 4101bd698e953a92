"""Stored manifests: the same bytes, checked, and only what they truly name."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from museion.catalog import tables as t
from museion.catalog.catalog import Catalog
from museion.catalog.manifests import Shelf
from museion.errors import BlobCorrupt
from museion.model.digest import digest_bytes
from museion.model.manifest import Content, Manifest, Reference

TRAP = '"digest":"blake3:' + "0" * 64 + '","size":1'
MANIFEST = Manifest.of(
    {
        "a/ü.bin": Content(digest_bytes(b"a"), 1),
        TRAP.replace(":", "_"): Content(digest_bytes(b"b"), 22),
        "z": Reference("https://host/" + TRAP, digest_bytes(b"elsewhere"), 5),
    }
)


def test_a_manifest_comes_back_byte_for_byte(catalog: Catalog) -> None:
    with catalog.transaction() as rows:
        digest = rows.manifests.put(MANIFEST)
        assert rows.manifests.put(MANIFEST) == digest
    with catalog.reading() as rows:
        assert rows.manifests.canonical(digest) == MANIFEST.canonical()
        assert rows.manifests.get(digest) == MANIFEST
        assert list(rows.manifests.each()) == [digest]


def test_only_entries_own_digests_are_contents(catalog: Catalog) -> None:
    """Not the checksum of a reference, nor what stands in a path or a URI."""
    with catalog.transaction() as rows:
        digest = rows.manifests.put(MANIFEST)
        assert rows.manifests.contents(digest) == {digest_bytes(b"a"): 1, digest_bytes(b"b"): 22}


@pytest.mark.parametrize("damaged", [b"", b"nonsense", "other"])
def test_a_damaged_manifest_is_never_believed(catalog: Catalog, damaged: bytes | str) -> None:
    with catalog.transaction() as rows:
        digest = rows.manifests.put(MANIFEST)
        other = rows.manifests.put(Manifest())
        if damaged == "other":
            wrong = t.manifest.select().with_only_columns(t.manifest.c.data).where(t.manifest.c.digest == other)
            damaged = rows.connection.execute(wrong).scalar_one()
        rows.connection.execute(update(t.manifest).where(t.manifest.c.digest == digest).values(data=damaged))
    with catalog.reading() as rows, pytest.raises(BlobCorrupt, match=digest):
        rows.manifests.get(digest)


def test_a_shelf_keeps_what_was_read_last_and_no_more_than_its_room() -> None:
    shelf = Shelf(room=4)
    two, three = (Manifest.of({str(i): Reference(f"s3://{i}") for i in range(n)}) for n in (2, 3))
    shelf.put("a", two)
    shelf.put("b", two)
    assert shelf.get("a") is two
    shelf.put("c", Manifest())
    shelf.put("d", two)
    assert (shelf.get("a"), shelf.get("b"), shelf.get("d")) == (two, None, two)
    large = Manifest.of({str(i): Reference(f"s3://{i}") for i in range(5)})
    shelf.put("e", large)
    assert (shelf.get("e"), shelf.get("d")) == (large, None)  # who pages through it reads it once
    shelf.put("f", three)
    assert (shelf.get("f"), shelf.get("e")) == (three, None)
