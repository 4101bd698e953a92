"""A random walk over commit, use, alias, edit and delete argues with a small model in memory."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from museion.actions.archive_runs import restore_runs
from museion.actions.collect_garbage import collect_garbage
from museion.actions.commit_artifact import Draft, commit_artifact
from museion.actions.delete_artifact import delete_collection, delete_version
from museion.actions.delete_run import delete_run, empty_trash
from museion.actions.edit_artifact import Change, edit_artifact
from museion.actions.expire_artifacts import expire_artifacts
from museion.actions.link_artifact import Target, link_artifact, unlink_artifact
from museion.actions.list_artifacts import list_artifacts
from museion.actions.list_runs import list_runs
from museion.actions.read_artifact import read_manifest, read_run_artifacts, read_versions
from museion.actions.read_lineage import read_lineage
from museion.actions.restore_artifact import restore_artifact
from museion.actions.stores import open_stores
from museion.actions.upsert_run import RunChange, upsert_run
from museion.actions.use_artifact import use_artifact
from museion.errors import Conflict
from museion.model.digest import digest_bytes
from museion.model.manifest import Content, Manifest

PLACE = ("ada", "digits")
REGISTRY = Target("ada", "registry", "all")
NAMES = st.sampled_from(["raw", "net"])
RUNS = st.sampled_from(["r1", "r2", "r3"])
ALIASES = st.sets(st.sampled_from(["best", "old", "prod"]))
# Few and small contents of different sizes, so that they are often shared.
EVERY = {b"", b"1", b"22", b"333"}
FILES = st.dictionaries(st.sampled_from(["f", "g"]), st.sampled_from(sorted(EVERY)), min_size=1)


@dataclass
class Model:
    """A collection as a dictionary would have it."""

    versions: dict[int, tuple[tuple[str, bytes], ...]] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    counter: int = 0


Edge = tuple[str, str, int, str]


class Walk(RuleBasedStateMachine):
    """Each rule does a thing to the stores and to the model; after each both must say the same."""

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="museion-walk-"))
        self.now = 1_000.0
        self.stores = open_stores(self.root, clock=self.clock)
        self.collections: dict[str, Model] = {}
        self.edges: set[Edge] = set()
        self.runs: set[str] = set()
        self.links: dict[tuple[str, int], int] = {}
        self.link_aliases: dict[str, tuple[str, int]] = {}
        self.link_counter = 0
        self.trash: dict[tuple[str, int], tuple[tuple[tuple[str, bytes], ...], set[str], set[Edge]]] = {}
        self.run_now("r1")
        for data in (b"1", b"22", b"333"):  # a walk may never commit; it still has something to use and to delete
            self.commit("raw", {"f": data}, {"best"}, "r1")

    def teardown(self) -> None:
        if hasattr(self, "stores"):
            self.collect()
            self.stores.close()
            shutil.rmtree(self.root)

    def run_now(self, run: str) -> None:
        upsert_run(self.stores, *PLACE, run, RunChange())
        self.runs.add(run)

    @rule(run=RUNS)
    def start_run(self, run: str) -> None:
        self.run_now(run)

    @rule(name=NAMES, files=FILES, aliases=ALIASES, run=st.none() | RUNS)
    def commit(self, name: str, files: dict[str, bytes], aliases: set[str], run: str | None) -> None:
        if run is not None:
            self.run_now(run)
        put = {
            path: Content(self.stores.blobs.put_bytes(data, "/".join(PLACE)), len(data)) for path, data in files.items()
        }
        draft = Draft(name, "dataset", Manifest.of(put), aliases=sorted(aliases), run=run)
        done = commit_artifact(self.stores, *PLACE, draft)
        model = self.collections.setdefault(name, Model())
        content = tuple(sorted(files.items()))
        known = [number for number, has in model.versions.items() if has == content]
        number = known[0] if known else model.counter
        assert (done.artifact.number, done.existing) == (number, bool(known))
        if not known:
            model.versions[number] = content
            model.counter += 1
        model.aliases.update(dict.fromkeys([*aliases, "latest"], number))
        if run is not None and (run, name, number, "used") not in self.edges:
            self.edges.add((run, name, number, "made"))

    def some_version(self, data: st.DataObject) -> tuple[str, int]:
        choices = [(name, number) for name, model in self.collections.items() for number in model.versions]
        return data.draw(st.sampled_from(sorted(choices)))

    def any_version(self) -> bool:
        return any(model.versions for model in self.collections.values())

    @precondition(any_version)
    @rule(data=st.data(), run=RUNS, twice=st.booleans())
    def use(self, data: st.DataObject, run: str, twice: bool) -> None:
        name, number = self.some_version(data)
        self.run_now(run)
        model = self.collections[name]
        pointers = [f"v{number}", *(alias for alias, at in model.aliases.items() if at == number)]
        for _ in range(1 + twice):
            used = use_artifact(self.stores, *PLACE, run, f"{name}:{data.draw(st.sampled_from(pointers))}")
            assert used.number == number
        if (run, name, number, "made") not in self.edges:
            self.edges.add((run, name, number, "used"))

    @precondition(any_version)
    @rule(data=st.data(), add=ALIASES, remove=ALIASES)
    def edit(self, data: st.DataObject, add: set[str], remove: set[str]) -> None:
        name, number = self.some_version(data)
        edit_artifact(
            self.stores, *PLACE, name, f"v{number}", Change(add_aliases=sorted(add), remove_aliases=sorted(remove))
        )
        aliases = self.collections[name].aliases
        for alias in remove:
            if aliases.get(alias) == number:
                del aliases[alias]
        aliases.update(dict.fromkeys(add, number))

    @precondition(any_version)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name, number = self.some_version(data)
        gone = self.throw_away(name, number)
        freed = delete_version(self.stores, *PLACE, name, f"v{number}").freed
        assert freed == self.freed_by({content for _, content in gone})

    @precondition(any_version)
    @rule(data=st.data(), aliases=ALIASES)
    def link(self, data: st.DataObject, aliases: set[str]) -> None:
        name, number = self.some_version(data)
        shown = link_artifact(self.stores, *PLACE, name, f"v{number}", REGISTRY, sorted(aliases))
        if (name, number) not in self.links:
            self.links[name, number] = self.link_counter
            self.link_counter += 1
        assert shown.number == self.links[name, number]
        self.link_aliases.update(dict.fromkeys([*aliases, "latest"], (name, number)))

    @precondition(lambda self: self.links)
    @rule(data=st.data())
    def unlink(self, data: st.DataObject) -> None:
        gone = data.draw(st.sampled_from(sorted(self.links)))
        unlink_artifact(self.stores, REGISTRY.entity, REGISTRY.project, REGISTRY.name, f"v{self.links[gone]}")
        self.forget_links({gone})

    @precondition(any_version)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        """A version whose time is over goes, unless a registry links to it."""
        name, number = self.some_version(data)
        if (name, number) in self.links:
            with pytest.raises(Conflict):
                edit_artifact(self.stores, *PLACE, name, f"v{number}", Change(ttl=1))
        else:
            edit_artifact(self.stores, *PLACE, name, f"v{number}", Change(ttl=1))
            self.now += 10
        assert expire_artifacts(self.stores).deleted == ((name, number) not in self.links)
        if (name, number) not in self.links:
            self.throw_away(name, number)

    @precondition(lambda self: self.trash)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        name, number = data.draw(st.sampled_from(sorted(self.trash)))
        content, aliases, edges = self.trash.pop((name, number))
        model = self.collections[name]
        (back,) = restore_artifact(self.stores, *PLACE, name, f"v{number}")
        if back.number != number:
            assert model.versions[back.number] == content  # it was committed again meanwhile
            return
        if back.ttl:
            edit_artifact(self.stores, *PLACE, name, f"v{number}", Change(ttl=0))
        model.versions[number] = content
        for alias in aliases - {"latest"}:
            model.aliases.setdefault(alias, number)
        if number == max(model.versions):
            model.aliases["latest"] = number
        self.edges |= {edge for edge in edges if edge[0] in self.runs}

    def throw_away(self, name: str, number: int) -> set[tuple[str, bytes]]:
        model = self.collections[name]
        content = model.versions.pop(number)
        edges = {edge for edge in self.edges if edge[1:3] == (name, number)}
        self.trash[name, number] = (content, {a for a, at in model.aliases.items() if at == number}, edges)
        was_latest = model.aliases.get("latest") == number
        model.aliases = {alias: at for alias, at in model.aliases.items() if at != number}
        if was_latest and model.versions:
            model.aliases["latest"] = max(model.versions)
        self.edges -= edges
        self.forget_links({(name, number)})
        return set(content)

    def forget_links(self, gone: set[tuple[str, int]]) -> None:
        was_latest = self.link_aliases.get("latest") in gone
        self.links = {key: number for key, number in self.links.items() if key not in gone}
        self.link_aliases = {alias: key for alias, key in self.link_aliases.items() if key not in gone}
        if was_latest and self.links:
            self.link_aliases["latest"] = max(self.links, key=self.links.__getitem__)

    @rule(data=st.data())
    def delete_all(self, data: st.DataObject) -> None:
        if self.collections:
            name = data.draw(st.sampled_from(sorted(self.collections)))
            contents = {c for files in self.collections.pop(name).versions.values() for _, c in files}
            assert delete_collection(self.stores, *PLACE, name).freed == self.freed_by(contents)
            self.edges = {edge for edge in self.edges if edge[1] != name}
            self.trash = {key: kept for key, kept in self.trash.items() if key[0] != name}
            self.forget_links({key for key in self.links if key[0] == name})
            collect_garbage(self.stores, grace=1_000_000, restorable=0)  # numbers begin anew: what was goes for good
            self.trash.clear()

    @rule(run=RUNS)
    def delete_a_run(self, run: str) -> None:
        if run in self.runs:
            delete_run(self.stores, *PLACE, run)
            empty_trash(self.stores, 0)
            self.runs.discard(run)
            self.edges = {edge for edge in self.edges if edge[0] != run}
            for _, _, edges in self.trash.values():
                edges -= {edge for edge in edges if edge[0] == run}

    @rule(run=RUNS)
    def think_again(self, run: str) -> None:
        if run in self.runs:
            delete_run(self.stores, *PLACE, run)
            assert run not in {found.id for found in list_runs(self.stores, *PLACE).runs}
            restore_runs(self.stores, *PLACE, [run])

    @rule()
    def open_again(self) -> None:
        self.stores.close()
        self.stores = open_stores(self.root, clock=self.clock)

    @rule()
    def collect(self) -> None:
        """What is still named is read back, byte for byte; what is not is gone."""
        for _ in range(3):
            self.now += 2_000
            collect_garbage(self.stores, grace=1_000)
        self.trash.clear()
        kept = {c for model in self.collections.values() for files in model.versions.values() for _, c in files}
        gone = set(map(digest_bytes, EVERY - kept))
        assert set(self.stores.blobs.missing(gone)) == gone
        self.check_all_bytes()

    def clock(self) -> float:
        self.now += 1
        return self.now

    def freed_by(self, contents: set[bytes]) -> int:
        """Bytes of `contents` that no version of the model has any more."""
        kept = {c for model in self.collections.values() for files in model.versions.values() for _, c in files}
        return sum(map(len, contents - kept))

    @invariant()
    def both_say_the_same(self) -> None:
        if not hasattr(self, "stores"):
            return
        assert {c.name for c in list_artifacts(self.stores, *PLACE)} == set(self.collections)
        assert {run.id for run in list_runs(self.stores, *PLACE).runs} == self.runs
        for name, model in self.collections.items():
            found = read_versions(self.stores, *PLACE, name)
            assert [v.number for v in found.versions] == sorted(model.versions, reverse=True)
            assert {a: v.number for v in found.versions for a in v.aliases} == model.aliases
        assert self.edges_there() == self.edges
        self.links_are_the_same()
        graph = read_lineage(self.stores, *PLACE, detail="instances")
        assert len(graph.edges) == len(self.edges)

    def links_are_the_same(self) -> None:
        if not self.link_counter:
            return
        found = read_versions(self.stores, REGISTRY.entity, REGISTRY.project, REGISTRY.name)
        sources = {v.source: v.number for v in found.versions}
        assert sources == {f"ada/digits/{name}:v{number}": at for (name, number), at in self.links.items()}
        aliases = {a: v.number for v in found.versions for a in v.aliases}
        assert aliases == {alias: self.links[key] for alias, key in self.link_aliases.items()}

    def check_all_bytes(self) -> None:
        for name, model in self.collections.items():
            for number in model.versions:
                self.check_bytes(name, number, model)

    def check_bytes(self, name: str, number: int, model: Model) -> None:
        entries = read_manifest(self.stores, *PLACE, name, f"v{number}").entries
        found = {path: b"".join(self.stores.blobs.open(entry.digest)) for path, entry in entries.items()}  # type: ignore[union-attr]
        assert tuple(sorted(found.items())) == model.versions[number]

    def edges_there(self) -> set[Edge]:
        found: set[Edge] = set()
        for run in self.runs:
            ends = read_run_artifacts(self.stores, *PLACE, run)
            found |= {(run, v.name, v.number, "used") for v in ends.inputs}
            found |= {(run, v.name, v.number, "made") for v in ends.outputs}
        return found


TestWalk = Walk.TestCase
# Neither "shrink" nor "explain": with real databases they take minutes, and a walk of 15 steps can be read as it is.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
TestWalk.settings = settings(max_examples=10, stateful_step_count=15, deadline=None, phases=PHASES)
