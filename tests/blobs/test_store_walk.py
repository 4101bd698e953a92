"""A random walk: the store against a dict, with restarts, damage and sweeps at any moment."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from blobs.conftest import Lab
from blobs.data import damage, noise, pack, pieces, recipe
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Engine

from museion.blobs.pack import read_footer
from museion.blobs.tables import metadata
from museion.catalog.database import open_engine
from museion.errors import BlobCorrupt, BlobNotFound, BlobsMissing

CONTENT = [(f"n{i}", size) for i, size in enumerate([0, 1, 50, 5_000, 300_000, 700_000])]
names = st.sampled_from(CONTENT)
scopes = st.sampled_from(["a/a", "b/b"])


class Walk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="museion-walk-")
        root = Path(self.folder.name)
        engine = open_engine(f"sqlite:///{root}/index.db")
        metadata.create_all(engine)
        self.lab = self.open(root / "store", engine)
        self.files: dict[str, bytes] = {}
        self.scopes: set[tuple[str, str]] = set()

    def open(self, root: Path, engine: Engine) -> Lab:
        """The store to be walked through."""
        return Lab(root, engine)

    def bytes_of(self, pack: Any) -> bytes:
        return pack.read_bytes()

    def rot(self, pack: Any, at: int) -> None:
        """One byte of a pack changes."""
        damage(pack, at)

    @rule(name=names, scope=scopes)
    def put(self, name, scope) -> None:
        data = noise(*name)
        self._known(self.lab.store.put_bytes(data, scope), data, scope)

    @rule(name=names, scope=scopes)
    def upload(self, name, scope) -> None:
        data, store = noise(*name), self.lab.store
        lease = store.lease(100, scope)
        lacking = [
            piece
            for (key, piece), there in zip(
                pieces(data), store.have_chunks(lease, [key for key, _ in pieces(data)]), strict=True
            )
            if not there
        ]
        if lacking:
            with pytest.raises(BlobsMissing):
                store.add_files(lease, [recipe(data)], scope)
            store.add_pack(lease, pack(*lacking))
        store.add_files(lease, [recipe(data)], scope)
        store.release(lease)
        self._known(recipe(data).digest, data, scope)

    def _known(self, digest: str, data: bytes, scope: str) -> None:
        self.files[digest] = data
        self.scopes.add((digest, scope))

    @rule(name=names, scope=scopes)
    def ask(self, name, scope) -> None:
        digest = recipe(noise(*name)).digest
        lease = self.lab.store.lease(100, scope)
        expected = (digest, scope) in self.scopes
        (found,) = self.lab.store.have_files(lease, [digest], scope)
        self.lab.store.release(lease)
        assert found == expected

    @rule(name=names)
    def read(self, name) -> None:
        digest = recipe(noise(*name)).digest
        if digest not in self.files:
            with pytest.raises(BlobNotFound):
                self.lab.store.open(digest)
        else:
            assert self.lab.read(digest) == self.files[digest]

    @rule()
    def restart(self) -> None:
        self.lab.restart()

    @rule(keep=st.sets(st.integers(0, 5)))
    def sweep(self, keep) -> None:
        live = {recipe(noise(*CONTENT[i])).digest for i in keep}
        self.lab.store.sweep(lambda: live, 0)
        self.files = {digest: data for digest, data in self.files.items() if digest in live}
        self.scopes = {(digest, scope) for digest, scope in self.scopes if digest in live}

    @precondition(lambda self: self.lab.packs())
    @rule(data=st.data())
    def damage_a_chunk(self, data) -> None:
        """One byte rots: reading is loud and names it, sending again mends."""
        chosen = data.draw(st.sampled_from(self.lab.packs()))
        body = self.bytes_of(chosen)
        footer = read_footer(lambda at, n: body[at : at + n], len(body))
        entry = data.draw(st.sampled_from(footer.entries))
        self.rot(chosen, entry.offset)
        for digest, content in list(self.files.items()):
            if entry.hash not in {key for key, _ in pieces(content)}:
                continue
            if error := self._failure(digest):
                assert error.details["chunk"] == entry.hash.hex()
                assert self.lab.store.missing([digest]) == [digest]
            else:
                assert self.lab.read(digest) == content
        for digest, content in list(self.files.items()):
            if self.lab.store.missing([digest]):
                self.lab.store.put_bytes(content, "a/a")
                self.scopes.add((digest, "a/a"))
                assert self.lab.read(digest) == content

    def _failure(self, digest: str) -> BlobCorrupt | None:
        try:
            self.lab.read(digest)
        except BlobCorrupt as error:
            return error
        return None

    @invariant()
    def nothing_half_written(self) -> None:
        assert self.lab.leftovers() == []

    def teardown(self) -> None:
        for digest, data in self.files.items():
            assert self.lab.read(digest) == data
        self.lab.engine.dispose()
        self.folder.cleanup()


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
