"""Many processes and threads that write runs at once: forked, spawned, started by torchrun."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.place import Place, until

from museion.sdk.transport import api_path

RANK = """
import os
import museion

rank = int(os.environ["RANK"])
with museion.init(project="p", group=os.environ.get("JOB"), settings={"console": "off"}) as run:
    for i in range(200):
        run.log({f"rank{rank}": i})
print("run", run.id)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    found = Place(tmp_path_factory.mktemp("many"))
    (found.work / "rank.py").write_text(RANK)
    yield found
    found.close()


def torchrun(place: Place, **env: str) -> None:
    pytest.importorskip("torch.distributed")
    place.script(
        f"""
        import runpy, sys
        sys.argv = ["torchrun", "--standalone", "--nproc-per-node=2", {str(place.work / "rank.py")!r}]
        runpy.run_module("torch.distributed.run", run_name="__main__")
        """,
        **env,
    )


def test_ranks_of_one_job_write_one_run(place: Place) -> None:
    torchrun(place, MUSEION_RUN_ID="ranked")
    assert place.over("ranked")["state"] == "finished"
    rows = place.rows("ranked")
    assert [(row["rank0"], row["rank1"]) for row in rows] == [(i, i) for i in range(200)]


def test_ranks_of_one_job_write_a_run_each_in_a_group(place: Place) -> None:
    torchrun(place, JOB="grouped")
    runs = place.server.request("GET", api_path("projects", "me", "p", "runs")).json()["runs"]
    mine = [run["id"] for run in runs if run["group"] == "grouped"]
    assert len(mine) == 2
    keys = [{key for row in place.rows(run) for key in row if key.startswith("rank")} for run in mine]
    assert sorted(map(sorted, keys)) == [["rank0"], ["rank1"]]


def test_spawned_processes_join_by_id_and_forked_ones_by_themselves(place: Place) -> None:
    (place.work / "spawner.py").write_text("""
import multiprocessing, threading
import museion

def spawned(number):
    with museion.init(project="p", id="spawning", settings={"console": "off"}) as run:
        for i in range(100):
            run.log({f"s{number}": i})

def forked(run, number):
    for i in range(100):
        run.log({f"f{number}": i}, step=i)

def threaded(run, number):
    for i in range(100):
        run.log({f"t{number}": i}, step=i)

if __name__ == "__main__":
    run = museion.init(project="p", id="spawning", settings={"console": "off"})
    spawn, fork = multiprocessing.get_context("spawn"), multiprocessing.get_context("fork")
    others = [spawn.Process(target=spawned, args=(n,)) for n in range(2)]
    others += [fork.Process(target=forked, args=(run, n)) for n in range(2)]
    for other in others:
        other.start()
    others += (threads := [threading.Thread(target=threaded, args=(run, n)) for n in range(2)])
    for thread in threads:
        thread.start()
    for other in others:
        other.join()
    run.finish()
""")
    place.script("import subprocess, sys; subprocess.run([sys.executable, 'spawner.py'], check=True)")
    keys = [f"{kind}{n}" for kind in "sft" for n in range(2)]
    until(lambda: all(sum(key in row for row in place.rows("spawning")) == 100 for key in keys), "all rows came")
    assert [{key: row[key] for key in keys} for row in place.rows("spawning")] == [
        dict.fromkeys(keys, i) for i in range(100)
    ]
    assert place.over("spawning")["state"] == "finished"


def test_a_child_that_is_ended_does_not_end_its_parents_run(place: Place) -> None:
    place.script("""
        import os, signal, time, museion
        run = museion.init(project="p", id="pool", settings={"console": "off"})
        if (child := os.fork()) == 0:
            run.log({"child": 1})
            time.sleep(60)
        time.sleep(0.2)
        os.kill(child, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
        run.log({"parent": 1})
        run.finish()
    """)
    assert place.over("pool")["state"] == "finished"
    assert place.rows("pool")[-1]["parent"] == 1
