"""Saved views: named, shared, one of them the default."""

from __future__ import annotations

from typing import Any

import pytest

from museion.actions.projects import delete_project
from museion.actions.views import delete_view, list_views, save_view
from museion.errors import NameInvalid, NotFound, ProjectNotFound, TooLarge
from museion.model.view import View, ViewPage


def save(lab: Any, name: str, page: ViewPage = ViewPage.WORKSPACE, **more: Any) -> View:
    more.setdefault("state", {"q": "fox", "x": "1,5"})
    return save_view(lab.stores, lab.entity, lab.project, page, name, user="ada", **more)


def views(lab: Any) -> list[View]:
    return list_views(lab.stores, lab.entity, lab.project)


def test_a_view_comes_back_as_it_was_saved(lab: Any) -> None:
    lab.run("aaaaaaaa")
    saved = save(lab, " Best so far ✨ ")
    assert (saved.name, saved.state, saved.user, saved.is_default) == (
        "Best so far ✨",
        {"q": "fox", "x": "1,5"},
        "ada",
        False,
    )
    assert views(lab) == [saved]


def test_saving_under_the_same_name_replaces_and_keeps_the_id(lab: Any) -> None:
    lab.run("aaaaaaaa")
    first = save(lab, "mine")
    other_page = save(lab, "mine", ViewPage.RUNS)
    again = save(lab, "mine", state={"log": "1"})
    assert again.id == first.id != other_page.id
    assert [view.state for view in views(lab)] == [{"q": "fox", "x": "1,5"}, {"log": "1"}]


def test_a_page_has_one_default(lab: Any) -> None:
    lab.run("aaaaaaaa")
    save(lab, "table", ViewPage.RUNS, is_default=True)
    save(lab, "a", is_default=True)
    save(lab, "b", is_default=True)
    assert [view.name for view in views(lab) if view.is_default] == ["table", "b"]


def test_a_deleted_view_is_gone_and_only_in_its_project(lab: Any) -> None:
    lab.run("aaaaaaaa")
    saved = save(lab, "mine")
    with pytest.raises(ProjectNotFound):
        delete_view(lab.stores, lab.entity, "other", saved.id)
    delete_view(lab.stores, lab.entity, lab.project, saved.id)
    assert views(lab) == []
    with pytest.raises(NotFound):
        delete_view(lab.stores, lab.entity, lab.project, saved.id)


def test_views_go_with_their_project(lab: Any) -> None:
    lab.run("aaaaaaaa")
    save(lab, "mine")
    delete_project(lab.stores, lab.entity, lab.project)
    lab.run("aaaaaaaa")
    assert views(lab) == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb", "a\0b"])
def test_a_name_one_cannot_read_is_refused(lab: Any, name: str) -> None:
    lab.run("aaaaaaaa")
    with pytest.raises(NameInvalid):
        save(lab, name)


def test_there_is_a_limit_to_one_view_and_to_all(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.run("aaaaaaaa")
    with pytest.raises(TooLarge):
        save(lab, "huge", state={"hide": "x" * 70_000})
    monkeypatch.setattr("museion.actions.views.MAX_VIEWS", 1)
    save(lab, "one")
    save(lab, "one", state={})
    with pytest.raises(TooLarge):
        save(lab, "two")
    assert len(views(lab)) == 1
