"""A run that is deleted while some of it is still on its way: nothing is thrown away until it is restored."""

from __future__ import annotations

from typing import Any

import pytest

from museion.errors import RunDeleted
from museion.sdk.rundir import RunDir
from museion.sdk.sync import sync, sync_run
from museion.sdk.transport import run_path


def test_what_belongs_to_a_deleted_run_waits_for_it_to_be_restored(offline: Any, server: Any) -> None:
    run = offline(id="gone0001", config={"lr": 0.1})
    path = run_path(run.entity, run.project, run.id)
    server.request("PUT", path, json={})
    server.request("DELETE", path)
    run.log({"loss": 1.0})
    run.finish()
    with pytest.raises(RunDeleted, match="restore"):
        sync_run(run.folder, server)
    assert not RunDir(run.folder).status.get("refused")
    server.request("POST", f"{path}/restore")
    (report,) = sync(None, server)
    assert (report["rows"], report["done"], report["refused"]) == (1, True, [])
    found = server.request("GET", path).json()
    assert (found["config"], found["state"], found["summary"]["loss"]) == ({"lr": 0.1}, "finished", 1.0)
