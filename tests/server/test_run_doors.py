"""The doors of the run table and of a run's life, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.server import PROJECT, Site, make_run

RUN = f"{PROJECT}/runs/aaaaaaaa"


@pytest.fixture
def member(site: Site) -> TestClient:
    client = site.client("member")
    for place, run in enumerate(("aaaaaaaa", "bbbbbbbb", "cccccccc")):
        summary = {"loss": 3 - place} if place else {}
        make_run(client, run, config={"lr": place / 10}, summary=summary, job_type="train" if place else "eval")
    return client


def runs(client: TestClient, **params: Any) -> list[str]:
    answer = client.get(f"{PROJECT}/runs", params=params)
    assert answer.status_code == 200, answer.text
    return [run["id"][0] for run in answer.json()["runs"]]


def test_the_list_takes_filters_orders_and_columns(member: TestClient) -> None:
    assert runs(member, filter="config.lr > 0.05", sort="+summary.loss") == ["c", "b"]
    assert runs(member, filter=json.dumps({"summary_metrics.loss": {"$exists": False}})) == ["a"]
    page = member.get(f"{PROJECT}/runs", params={"columns": "summary.loss", "limit": 1}).json()
    assert (page["runs"][0]["config"], page["runs"][0]["summary"], page["total"]) == ({}, {"loss": 1}, 3)
    assert runs(member, limit=2, cursor=page["next"]) == ["b", "a"]


def test_a_mistake_in_a_filter_says_where_it_is(member: TestClient) -> None:
    answer = member.get(f"{PROJECT}/runs", params={"filter": "state = finished and colour = red"})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["details"]) == (400, "query_invalid", {"at": 21})
    assert "At character 22" in problem["message"]
    assert "config.<key>" in problem["advice"]


def test_groups_and_columns(member: TestClient) -> None:
    asked = {"by": "job_type", "aggregates": "mean:summary.loss", "order": "-count"}
    page = member.get(f"{PROJECT}/run-groups", params=asked).json()
    groups = [(group["values"], group["count"]) for group in page["groups"]]
    assert groups == [(["train"], 2), (["eval"], 1)]
    assert [group["aggregates"] for group in page["groups"]] == [
        {"mean:summary.loss": 1.5},
        {"mean:summary.loss": None},
    ]
    assert runs(member, filter=page["groups"][0]["filter"]) == ["c", "b"]
    columns = member.get(f"{PROJECT}/run-columns", params={"differing": True}).json()
    named = {column["name"]: column for column in columns}
    assert (named["config.lr"]["max"], named["summary.loss"]["count"]) == (0.2, 2)
    assert "state" not in named


def test_papers_are_edited_and_taken_away(member: TestClient) -> None:
    sent = {"name": "sunny", "notes": "a *note*", "tags": ["x"], "add_tags": ["y"], "group": "g"}
    edited = member.patch(RUN, json=sent).json()
    assert (edited["name"], edited["notes"], edited["tags"], edited["group"]) == ("sunny", "a *note*", ["x", "y"], "g")
    edited = member.patch(RUN, json={"notes": None, "job_type": None, "remove_tags": ["x"]}).json()
    assert (edited["notes"], edited["job_type"], edited["tags"], edited["group"]) == (None, None, ["y"], "g")
    for bad in ({"name": None}, {"name": "a/b"}, {"tags": None}):
        assert member.patch(RUN, json=bad).status_code == 400
    assert member.patch(RUN, json={"state": "finished"}).status_code == 422


def test_many_runs_at_once(member: TestClient) -> None:
    def change(**body: Any) -> dict[str, Any]:
        answer = member.post(f"{PROJECT}/run-changes", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    few = {"filter": "job_type = train"}
    assert change(action="edit", edit={"add_tags": ["new"]}, **few)["runs"] == 2
    assert runs(member, filter="tags has new") == ["c", "b"]
    assert change(action="archive", runs=["aaaaaaaa"])["runs"] == 1
    assert (runs(member), runs(member, archived="only")) == (["c", "b"], ["a"])
    assert change(action="restore", filter="archived = true")["runs"] == 1
    assert change(action="stop", **few, dry_run=True)["runs"] == 2
    assert change(action="delete", **few, dry_run=True) == {"runs": 2, "versions": 0, "freed": 0}
    assert len(runs(member)) == 3
    assert change(action="delete", **few)["runs"] == 2
    assert runs(member) == ["a"]
    assert {run["id"][0] for run in member.get(f"{PROJECT}/run-trash").json()} == {"b", "c"}
    assert change(action="restore", runs=["bbbbbbbb"])["runs"] == 1
    assert runs(member) == ["b", "a"]
    for bad in ({}, {"runs": [], "filter": ""}, {"runs": ["zzz"]}, {"filter": "nonsense"}):
        assert member.post(f"{PROJECT}/run-changes", json={"action": "delete", **bad}).status_code in (400, 404)
    assert runs(member) == ["b", "a"]


def test_archive_restore_and_stop_of_one_run(member: TestClient) -> None:
    assert member.post(f"{RUN}/archive").json()["archived"] is True
    assert member.post(f"{RUN}/restore").json()["archived"] is False
    assert member.post(f"{RUN}/stop").json()["stop"] is True
    assert member.post(f"{RUN}/heartbeat").json() == {"stop": True}
    make_run(member, state="finished")
    assert member.post(f"{RUN}/stop").json()["code"] == "conflict"
    deleted = member.delete(RUN).json()
    assert (deleted["deleted"], member.get(RUN).status_code, member.put(RUN, json={}).status_code) == (1, 404, 409)
    assert member.post(f"{RUN}/restore").json()["deleted_at"] is None


def test_alerts(member: TestClient) -> None:
    first = member.post(f"{RUN}/alerts", json={"title": "Loss is NaN", "level": "error", "uid": "u"})
    again = member.post(f"{RUN}/alerts", json={"title": "Loss is NaN", "level": "error", "uid": "u"})
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert member.get(f"{PROJECT}/alerts").json() == {"alerts": [first.json()], "next": None}
    assert member.get(f"{PROJECT}/runs/bbbbbbbb/alerts").json()["alerts"] == []
    assert member.post(f"{RUN}/alerts", json={"title": ""}).status_code == 400
    assert member.post(f"{RUN}/alerts", json={"title": "a", "level": "loud"}).status_code == 422


@pytest.mark.parametrize("path", ["runs", "run-groups?by=state", "run-columns"])
@pytest.mark.parametrize(
    "text", ["(", "config.", "\0", "a" * 5_000, "{", '{"$or": 3}', "not " * 999, 'name ~ "(a*)*b"']
)
def test_no_filter_is_a_fault_of_the_server(member: TestClient, path: str, text: str) -> None:
    where, _, query = path.partition("?")
    params = {"filter": text, **({"by": "state"} if query else {})}
    assert member.get(f"{PROJECT}/{where}", params=params).status_code in (200, 400, 422)
