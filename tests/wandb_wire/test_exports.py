# ruff: noqa: E501  (the scripts stand as users type them)
"""History as Parquet files, as W&B's own client fetches it."""

from __future__ import annotations

import math

import urllib3
from wandb_wire.conftest import Wire

EXPORT = """
import json, math, pathlib, sys, pyarrow.parquet as pq, wandb
def log(run, start, stop):
    for i in range(start, stop):
        run.log({"x": i / 2, "n": i, "s": f"t{i}", "odd": {"er": [math.nan, math.inf, -math.inf][i % 3]}})
def told(place="down", **options):
    run = wandb.Api().run("export/export00")
    try:
        found = run.download_history_exports(place, **options)
    except wandb.apis.public.runhistory.IncompleteRunHistoryError:
        return "incomplete"
    return [pq.read_table(path).to_pydict() for path in sorted(found.paths)], found.contains_live_data, list(run.scan_history())
with wandb.init(project="export", id="export00") as run:
    log(run, 0, 20)
first = told()
with wandb.init(project="export", id="export00", resume="must") as run:
    log(run, 20, 30)
second = told()
with wandb.init(project="export", resume_from="export00?_step=24") as run:
    log(run, 100, 102)
rewound = told(), [row["n"] for row in wandb.Api().run("export/export00").scan_history()]
print(json.dumps([first, second, rewound]))
"""

SPARSE = """
import json, wandb
with wandb.init(project="export", id="sparse00") as run:
    for i in range(9):
        run.log({"x": i, **({"rare": i} if i % 4 == 0 else {}), "flag": True})
run = wandb.Api().run("export/sparse00")
left = run.download_history_exports("none", require_complete_history=False)
print(json.dumps([list(map(str, left.paths)), left.contains_live_data, list(run.scan_history(keys=["rare"])), [row["flag"] for row in run.scan_history()]]))
"""


def _known(row: dict[str, object]) -> dict[str, object]:
    """A row without times, NaN as text so that it is equal to itself."""
    shown = {key: value for key, value in row.items() if key not in ("_timestamp", "_runtime")}
    return {key: "nan" if isinstance(value, float) and math.isnan(value) else value for key, value in shown.items()}


def _rows(steps: range) -> list[dict[str, object]]:
    odd = ("nan", math.inf, -math.inf)
    return [{"_step": i, "x": i / 2, "n": i, "s": f"t{i}", "odd.er": odd[i % 3]} for i in steps]


def _files(tables: list[dict[str, list[object]]]) -> list[list[dict[str, object]]]:
    return [
        [_known(dict(zip(table, row, strict=True))) for row in zip(*table.values(), strict=True)] for table in tables
    ]


def test_history_is_exported(wire: Wire, entity: str) -> None:
    """A file never changes, because the client keeps it: what comes later is in another, and a rewind ends them."""
    first, second, rewound = wire.answer(EXPORT)
    assert _files(first[0]) == [_rows(range(20))]
    assert _files(second[0]) == [_rows(range(20)), _rows(range(20, 30))]
    assert [first[1], second[1]] == [False, False]
    assert [_known(row) for row in first[2]] == _rows(range(20))
    assert [_known(row) for row in second[2]] == _rows(range(30))
    assert rewound == ["incomplete", [*range(25), 100, 101]]
    kept = [path.name for path in (wire.root / "data" / "exports").glob("*/history-*")]
    assert len(kept) == 2


def test_rows_that_are_no_table_are_read_in_pages(wire: Wire) -> None:
    paths, live, rare, flags = wire.answer(SPARSE)
    assert (paths, live) == ([], True)
    assert [row["rare"] for row in rare] == [0, 4, 8]
    assert flags == [True] * 9


PARQUET = """query($e: String!, $r: String!) {
  project(name: "export", entityName: $e) {run(name: $r) {parquetHistory(liveKeys: ["_step"]) {parquetUrls liveData}}}
}"""


def test_an_exported_file_is_read_in_ranges_and_by_its_link_alone(wire: Wire, entity: str) -> None:
    wire.run("import wandb\nwith wandb.init(project='export', id='ranges00') as run:\n  run.log({'x': 1})")
    _, answer = wire.graphql(PARQUET, e=entity, r="ranges00")
    (url,) = answer["data"]["project"]["run"]["parquetHistory"]["parquetUrls"]
    whole = urllib3.request("GET", url, retries=False)
    assert whole.data[:4] == whole.data[-4:] == b"PAR1"
    tail = urllib3.request("GET", url, headers={"Range": "bytes=-4"}, retries=False)
    assert (tail.status, tail.data) == (206, b"PAR1")
    assert urllib3.request("GET", url.replace("_0.run", "_1.run"), retries=False).status == 403
    assert urllib3.request("GET", url.replace("wandb-history-get", "wandb-run-get"), retries=False).status == 403
