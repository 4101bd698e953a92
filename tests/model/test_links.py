"""The one-time link, and names of runs and versions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museion.errors import Forbidden
from museion.model.artifact import Version
from museion.model.links import Link, mint, verify
from museion.model.run import ADJECTIVES, NOUNS, RunState, poetic_name

KEY = "k" * 43


@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=40), st.integers(0, 2**40))
def test_what_was_minted_is_read(nonce: str, expires: int) -> None:
    assert verify(KEY, mint(KEY, nonce, expires), expires) == Link(nonce, expires)


def test_the_bytes_of_a_token() -> None:
    head, tail = mint(KEY, "abc", 12.5).split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"k": "link", "n": "abc", "e": 12.5}
    seal = hmac.new(KEY.encode(), head.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(tail + "=") == seal
    assert "=" not in head + tail


@given(st.data())
def test_an_altered_token_is_refused(data: st.DataObject) -> None:
    token = mint(KEY, "abc", 100.0)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(codec="ascii").filter(lambda c: c != token[at]))
    altered = token[:at] + letter + token[at + 1 :]
    try:
        link = verify(KEY, altered, 0.0)
    except Forbidden:
        return
    # The last letter of a base64 text has bits that nothing reads: the token is then the same one.
    assert (at, link) == (len(token) - 1, Link("abc", 100.0))


@given(st.text(max_size=100))
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(Forbidden):
        verify(KEY, text, 0.0)


def test_other_keys_expired_ones_and_other_kinds() -> None:
    with pytest.raises(Forbidden, match="not one of this server"):
        verify("other", mint(KEY, "a", 10.0), 0.0)
    with pytest.raises(Forbidden, match="expired"):
        verify(KEY, mint(KEY, "a", 10.0), 10.5)
    head = base64.urlsafe_b64encode(b'{"k":"file","n":"a","e":9e9}').rstrip(b"=").decode()
    seal = hmac.new(KEY.encode(), head.encode(), hashlib.sha256).digest()
    forged = f"{head}.{base64.urlsafe_b64encode(seal).rstrip(b'=').decode()}"
    with pytest.raises(Forbidden, match="cannot be read"):
        verify(KEY, forged, 0.0)


def test_poetic_names_are_many_and_plain() -> None:
    names = {poetic_name(pick) for pick in range(len(ADJECTIVES) * len(NOUNS))}
    assert len(names) == len(ADJECTIVES) * len(NOUNS) > 10_000
    assert len(set(ADJECTIVES)) == len(ADJECTIVES)
    assert all(name.isascii() and name.count("-") == 1 for name in names)


def test_states_and_versions() -> None:
    assert [state for state in RunState if not state.over] == [RunState.RUNNING, RunState.PREEMPTING]
    version = Version("me", "p", "data", "dataset", 3, "blake3:" + "0" * 64, 1, 1, 0.0, 0.0)
    assert (version.version, version.qualified) == ("v3", "me/p/data:v3")
