"""Bytes to the byte: what versions, collections and projects take, against a count by hand over everything."""

from __future__ import annotations

import random
from typing import Any

import pytest
from blobs.data import noise, pieces

from museion.actions import account as actions_account
from museion.actions.account import changes_so_far, collection_usage, count_bytes, project_usage, version_usage
from museion.actions.collect_garbage import collect_garbage
from museion.actions.delete_artifact import delete_version
from museion.actions.save_files import NewFile, save_files
from museion.blobs import account

BIG = noise("account", 2_000_000)
CONTENTS = {
    "a": b"small",
    "b": noise("b", 5_000),
    "big": BIG,
    "grown": BIG + b"and more",
    "changed": BIG[:1_000_000] + b"!" + BIG[1_000_000:],
    "empty": b"",
}


def chunks(*names: str) -> set[tuple[bytes, int]]:
    return {(key, len(piece)) for name in names for key, piece in pieces(CONTENTS[name])}


def total(found: set[tuple[bytes, int]]) -> int:
    return sum(size for _, size in found)


def test_a_second_version_frees_only_what_is_its_own(lab: Any) -> None:
    lab.commit("data", {"f": CONTENTS["big"]})
    lab.commit("data", {"f": CONTENTS["grown"]})
    own = chunks("grown") - chunks("big")
    found = version_usage(*lab.place, "data", "v1")
    assert (found.files, found.size, found.stored) == (1, len(CONTENTS["grown"]), total(chunks("grown")))
    assert (found.unique, found.shared) == (total(own), total(chunks("grown") - own))
    assert collection_usage(*lab.place, "data").unique == total(chunks("big", "grown"))
    assert delete_version(*lab.place, "data", "v1").freed == total(own) < 1_100_000
    assert delete_version(*lab.place, "data", "v0").freed == total(chunks("big"))


def test_files_of_runs_and_equal_versions_count(lab: Any) -> None:
    lab.run("aaa")
    lab.commit("one", {"f": CONTENTS["b"]})
    lab.commit("two", {"f": CONTENTS["b"]})
    assert version_usage(*lab.place, "one", "v0").unique == 0
    delete_version(*lab.place, "two", "v0")
    assert version_usage(*lab.place, "one", "v0").unique == 5_000
    digest = lab.stores.blobs.put_bytes(CONTENTS["b"], "ada/digits")
    save_files(*lab.place, "aaa", [NewFile("x", digest, 5_000)])
    assert version_usage(*lab.place, "one", "v0").unique == 0
    assert project_usage(*lab.place).unique == 5_000
    other = lab.stores.blobs.put_bytes(CONTENTS["a"], "ada/digits")
    save_files(*lab.place, "aaa", [NewFile("x", other, 5)])
    assert version_usage(*lab.place, "one", "v0").unique == 5_000
    assert project_usage(*lab.place).stored == 5_005


def test_what_is_counted_little_by_little_is_the_same(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions_account, "AT_ONCE", 1)
    lab.run("aaa")
    save_files(*lab.place, "aaa", [NewFile("x", lab.stores.blobs.put_bytes(CONTENTS["b"], "ada/digits"), 5_000)])
    lab.commit("data", {"f": CONTENTS["big"], "b": CONTENTS["b"]})
    lab.commit("data", {"f": CONTENTS["grown"]})
    count_bytes(lab.stores)
    assert _is_current(lab)
    mark = changes_so_far(lab.stores)
    assert delete_version(*lab.place, "data", "v0").freed == total(chunks("big") - chunks("grown"))
    lab.commit("data", {"f": CONTENTS["changed"]})
    assert changes_so_far(lab.stores) != mark
    assert not _is_current(lab)
    count_bytes(lab.stores)
    assert _is_current(lab)
    kept = chunks("changed")
    assert version_usage(*lab.place, "data", "v2").unique == total(kept - chunks("grown"))
    assert delete_version(*lab.place, "data", "v1").freed == total(chunks("grown") - kept)


def _is_current(lab: Any) -> bool:
    with lab.stores.catalog.reading() as rows:
        return account.is_current(rows.connection, actions_account._holders(rows))


@pytest.mark.parametrize("seed", range(2))
def test_a_random_life_is_accounted_for(lab: Any, seed: int) -> None:
    rnd, live = random.Random(seed), dict[str, set[str]]()
    for _ in range(25):
        if rnd.random() < 0.3:
            count_bytes(lab.stores)
        if live and rnd.random() < 0.4:
            version = rnd.choice(sorted(live))
            gone = live.pop(version)
            kept = chunks(*set().union(*live.values())) if live else set()
            name, pointer = version.split(":")
            assert delete_version(*lab.place, name, pointer).freed == total(chunks(*gone) - kept)
            if rnd.random() < 0.3:
                lab.clock.now += 100
                collect_garbage(lab.stores, 10)
        else:
            names = set(rnd.sample(sorted(CONTENTS), rnd.randint(1, 4)))
            collection = rnd.choice(["x", "y"])
            done = lab.commit(collection, {f"f/{name}": CONTENTS[name] for name in names})
            live[f"{collection}:{done.artifact.version}"] = names
        for version, names in live.items():
            others = [other for key, other in live.items() if key != version]
            rest = chunks(*set().union(*others)) if others else set()
            found = version_usage(*lab.place, *version.split(":"))
            assert found.unique == total(chunks(*names) - rest), version
    every = set().union(*live.values()) if live else set()
    assert project_usage(*lab.place).stored == total(chunks(*every))
