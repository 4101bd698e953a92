"""Keys, sessions, forms and links."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.server import LOCAL_KEY, PROJECT, Clock, Site, make_run

from museion.actions.users import revoke_key
from museion.errors import Forbidden
from museion.model.links import Link, mint
from museion.server.auth import CSRF_COOKIE, SESSION_COOKIE, Keys, cookies, key_in
from museion.server.routes.login import safe_next
from museion.server.signing import Signer
from museion.server.spent import Failures, SpentLinks

VIEWER = "/api/v1/viewer"


def test_bearer_and_basic_open_the_same_door(site: Site) -> None:
    client, key = site.client(), site.keys["member"]
    for header in (f"Bearer {key}", f"bearer {key}"):
        assert client.get(VIEWER, headers={"Authorization": header}).json()["name"] == "member"
    assert client.get(VIEWER, auth=("api", key)).json()["name"] == "member"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic !!!", "Basic Zm9v", "Digest x", "Bearer " + "x" * 9000, "Bearer wrong"]
)
def test_a_key_that_is_none_is_401_and_says_what_to_do(site: Site, header: str) -> None:
    answer = site.client().get(VIEWER, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_key_opens_nothing_soon(site: Site) -> None:
    now = 0.0
    keys = Keys(site.stores, seconds=3.0, clock=lambda: now)
    from museion.actions.identify import key_hash

    digest = key_hash(site.keys["member"])
    keys.look_up(digest)
    revoke_key(site.stores, site.keys["member"])
    assert keys.remembered(digest) is not None
    now = 3.5
    assert keys.remembered(digest) is None
    assert site.client("member").get(VIEWER).status_code == 401


def _link(site: Site, nonce: str = "n1", ttl: float = 60.0, key: str = LOCAL_KEY) -> str:
    return f"/-/link/{mint(key, nonce, site.clock.now + ttl)}"


def test_a_link_signs_in_once_and_leads_on(site: Site) -> None:
    browser = site.client()
    answer = browser.get(_link(site), params={"next": "/ada/digits"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/ada/digits")
    session = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(SESSION_COOKIE))
    assert "HttpOnly" in session
    assert "samesite=strict" in session.lower()
    assert LOCAL_KEY not in session
    assert browser.get(VIEWER).json()["name"] == "local"
    again = browser.get(_link(site), params={"next": "/x"})
    assert again.headers["location"] == "/x", "who is signed in is only led on"
    stranger = site.client().get(_link(site))
    assert stranger.status_code == 403
    assert "used already" in stranger.text


def test_a_used_link_stays_used_over_a_restart(tmp_path: Path) -> None:
    SpentLinks(tmp_path / "spent.json").spend(Link("a", 100.0), 1.0)
    again = SpentLinks(tmp_path / "spent.json")
    with pytest.raises(Forbidden):
        again.spend(Link("a", 100.0), 2.0)
    again.spend(Link("b", 300.0), 200.0)
    assert "a" not in (tmp_path / "spent.json").read_text(), "links that are over are forgotten"


def test_links_of_others_expired_or_altered_are_refused(site: Site) -> None:
    browser = site.client()
    for link in (_link(site, key="other" * 8), _link(site, ttl=-1), _link(site)[:-2] + "xx", "/-/link/%C3%A9.x"):
        answer = browser.get(link)
        assert answer.status_code == 403, link
        assert "set-cookie" not in answer.headers
    assert browser.get(VIEWER).status_code == 401


def test_unsafe_methods_of_a_session_need_the_token(site: Site) -> None:
    browser = site.client()
    browser.get(_link(site))
    token = browser.cookies[CSRF_COOKIE]
    url = f"{PROJECT}/runs/aaaaaaaa"
    assert browser.get(VIEWER).status_code == 200
    assert browser.put(url, json={}).status_code == 403
    assert browser.put(url, json={}, headers={"X-CSRF-Token": "0" * 64}).status_code == 403
    assert browser.put(url, json={}, headers={"X-CSRF-Token": token}).status_code == 201
    browser.cookies.set(CSRF_COOKIE, "planted")
    assert browser.put(url, json={}, headers={"X-CSRF-Token": "planted"}).status_code == 403


def test_altered_sessions_are_none(site: Site) -> None:
    browser = site.client()
    browser.get(_link(site))
    value = browser.cookies[SESSION_COOKIE]
    for bad in (value[:-3], "x" + value, value.replace(".", ""), "", "..", "é"):
        answer = site.client().get(VIEWER, headers={"Cookie": f"{SESSION_COOKIE}={bad}".encode()})
        assert answer.status_code == 401, bad
    site.clock.now += 31 * 86400
    assert browser.get(VIEWER).status_code == 401, "sessions end"


def test_the_form_signs_in_and_out(site: Site) -> None:
    browser = site.client()
    assert "<script" not in browser.get("/-/login").text
    wrong = browser.post("/-/login", data={"key": "nope", "next": "/a"})
    assert (wrong.status_code, 'value="/a"' in wrong.text) == (403, True)
    right = browser.post("/-/login", data={"key": site.keys["member"], "next": "//evil.example/"})
    assert (right.status_code, right.headers["location"]) == (303, "/")
    assert browser.get(VIEWER).json()["name"] == "member"
    browser.post("/-/logout")
    assert browser.get(VIEWER).status_code == 401


def test_forms_of_other_sites_are_refused(site: Site) -> None:
    for path in ("/-/login", "/-/logout"):
        answer = site.client().post(path, data={"key": "x"}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403


def test_many_wrong_keys_are_slowed_down(site: Site) -> None:
    browser = site.client()
    codes = [browser.post("/-/login", data={"key": f"wrong{i}"}).status_code for i in range(12)]
    assert codes == [403] * 10 + [429] * 2
    assert browser.post("/-/login", data={"key": site.keys["member"]}).status_code == 429


def test_failures_are_forgotten_in_time() -> None:
    now = 0.0
    failures = Failures(most=2, seconds=10.0, clock=lambda: now)
    failures.note("a")
    failures.note("a")
    assert not failures.allow("a")
    assert failures.allow("b")
    now = 11.0
    assert failures.allow("a")


@given(st.text(max_size=60))
def test_next_never_leaves_the_server(text: str) -> None:
    where = safe_next(text)
    assert where.startswith("/")
    assert not where.startswith("//")
    assert "\\" not in where
    assert "\n" not in where


@given(st.text(max_size=200))
def test_any_cookie_header_can_be_read(text: str) -> None:
    assert isinstance(cookies(text), dict)


def test_key_in_reads_basic_with_a_colon_in_the_key() -> None:
    assert key_in("Basic YXBpOmE6Yg==") == "a:b"


def test_host_names_of_others_are_refused_on_loopback(site: Site) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example:8484", "", "[::2]"):
        assert site.client().get("/api/v1/health", headers={"Host": host}).status_code == 400, host
    for host in ("127.0.0.1:1", "localhost", "LOCALHOST:8484", "[::1]:8484", "[::1]"):
        assert site.client().get("/api/v1/health", headers={"Host": host}).status_code == 200, host


def _signer(clock: Clock) -> Signer:
    return Signer(b"k" * 32, clock, 3600.0)


def test_signed_urls_read_one_file_until_they_end(site: Site) -> None:
    from support.server import save_file

    client = site.client("member")
    make_run(client)
    url = save_file(client, "a/b.txt", b"hello")["url"]
    stranger = site.client()
    assert stranger.get(url).content == b"hello"
    assert stranger.head(url).headers["content-length"] == "5"
    assert stranger.post(url).status_code == 405
    token = url.split("/")[-2]
    assert stranger.get(url.replace(token, token[:-4] + "AAAA")).status_code == 403
    assert stranger.get(url.replace("b.txt", "c.txt")).status_code == 403
    assert stranger.get(url.replace(token, "A" + token)).status_code == 403
    site.clock.now += 13 * 3600
    assert stranger.get(url).status_code == 403


def test_a_signed_url_stays_the_same_for_a_while() -> None:
    clock = Clock(7201.0)
    signer = _signer(clock)
    first = signer.file_url("blake3:" + "0" * 64, "a.png", 1)
    clock.now += 3500
    assert signer.file_url("blake3:" + "0" * 64, "a.png", 1) == first


def test_a_token_is_good_for_its_purpose_only() -> None:
    signer = _signer(Clock(0.0))
    token = signer.seal("session", {"k": "00"}, 10.0)
    assert signer.open("session", token)["k"] == "00"
    with pytest.raises(Forbidden):
        signer.open("file", token)


@given(st.text(max_size=300))
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(Forbidden):
        _signer(Clock(time.time())).open_file(text, "x")
