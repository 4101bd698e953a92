"""A process that commits versions in a loop, and says so for each one acknowledged; it is killed from outside."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from museion.actions.commit_artifact import Draft, commit_artifact
from museion.actions.stores import open_stores
from museion.actions.upsert_run import RunChange, upsert_run
from museion.model.manifest import Content, Manifest

root, life = Path(sys.argv[1]), sys.argv[2]
stores = open_stores(root)
run = f"run{life}"
upsert_run(stores, "ada", "crash", run, RunChange())
for i in count():
    files = {f"{part}.bin": f"{life}/{i}/{part}".encode() * 50 for part in range(5)}
    put = {path: Content(stores.blobs.put_bytes(data, "ada/crash"), len(data)) for path, data in files.items()}
    draft = Draft("net", "model", Manifest.of(put), metadata={"life": life, "i": i}, aliases=[f"life{life}"], run=run)
    done = commit_artifact(stores, "ada", "crash", draft)
    print(f"{done.artifact.version} {life} {i}", flush=True)
