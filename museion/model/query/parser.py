"""The filter language: text → tree. Every error says where it is and what would be understood there.

filter     = any_of
any_of     = all_of { "or" all_of }
all_of     = one { "and" one }
one        = "not" one | "(" any_of ")" | "all(" [filters] ")" | "any(" [filters] ")" | comparison
comparison = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
           | field ("~" | "!~") pattern
           | field ["not"] "in" "(" value { "," value } ")"
           | field ["not"] "has" value
           | field "is" ["not"] "null"
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NoReturn

from museion.errors import QueryInvalid, ValueInvalid
from museion.model.query import regex
from museion.model.query.fields import Field, field_of
from museion.model.query.tree import (
    EVERYTHING,
    Among,
    And,
    Compare,
    Filter,
    Matches,
    Missing,
    Not,
    Or,
    Relation,
    Value,
)

MAX_LENGTH = 16_384
MAX_DEPTH = 50
MAX_VALUES = 2_000
WORDS = frozenset({"and", "or", "not", "in", "is", "has", "null", "none", "true", "false"})

Sort = Literal["word", "text", "sign", "end"]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<word>(?:[\w.:/@%$+\-]|(?<=\.)"(?:[^"\\]|\\.)*")+)
    | (?P<sign>==|!=|<>|<=|>=|!~|&&|\|\||[=<>~(),!])
    )""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_ESCAPES = {"n": "\n", "t": "\t"}
_SAME = {"==": "=", "<>": "!=", "&&": "and", "||": "or", "!": "not"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text; `at` is where it begins, in characters."""

    sort: Sort
    text: str
    at: int

    @property
    def lower(self) -> str:
        return self.text.lower() if self.sort == "word" else ""


def parse(text: str) -> Filter:
    """The tree of a filter; an empty text lets everything pass. Raises QueryInvalid, with `details["at"]`."""
    if len(text) > MAX_LENGTH:
        raise QueryInvalid(f"The filter has {len(text):,} characters, more than {MAX_LENGTH:,}.", at=MAX_LENGTH)
    tokens = list(_tokens(text))
    return _Parser(text, tokens).whole() if len(tokens) > 1 else EVERYTHING


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    place = 0
    while match := _TOKEN.match(text, place):
        sort: Sort = match.lastgroup  # type: ignore[assignment]
        found.append(_token(sort, match.group(sort), match.start(sort)))
        place = match.end()
    at = len(text) - len(text[place:].lstrip())
    if at < len(text):
        quote = text[at] in "\"'"
        what = "this text does not end" if quote else f"{text[at]!r} means nothing here"
        advice = "Close the quotes." if quote else 'Put texts with odd characters in quotes: name = "a#b".'
        raise QueryInvalid(f"At character {at + 1}: {what}.", advice=advice, at=at)
    found.append(Token("end", "", len(text)))
    return found


def _token(sort: Sort, text: str, at: int) -> Token:
    if sort == "sign":
        text = _SAME.get(text, text)
        return Token("word" if text.isalpha() else "sign", text, at)
    return Token(sort, text, at)


class _Parser:
    """One pass over the tokens, from left to right."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def whole(self) -> Filter:
        found = self._any_of()
        if self._now.sort != "end":
            self._fail("The filter should end here", "Join conditions with `and` or `or`.")
        return found

    def _any_of(self) -> Filter:
        parts = [self._all_of()]
        while self._take("or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all_of(self) -> Filter:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Filter:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(f"More than {MAX_DEPTH} levels", "Write it flatter.")
        found = self._nested()
        self._depth -= 1
        return found

    def _nested(self) -> Filter:
        if self._take("not"):
            return Not(self._one())
        if self._now.lower in ("all", "any") and self._next.text == "(":
            return self._listed(And if self._now.lower == "all" else Or)
        if self._take("("):
            found = self._any_of()
            self._expect(")")
            return found
        return self._comparison()

    def _listed(self, kind: type[And] | type[Or]) -> Filter:
        """`all(…)` and `any(…)`: lists of any length, an empty one too."""
        self._place += 2
        parts: list[Filter] = []
        while not self._take(")"):
            parts.append(self._any_of())
            if self._now.text != ")":
                self._expect(",")
        return kind(tuple(parts))

    def _comparison(self) -> Filter:
        field = self._field()
        if self._take("is"):
            return self._null(field)
        negated = self._take("not")
        found = self._membership(field) if negated or self._now.lower in ("in", "has") else self._related(field)
        return Not(found) if negated else found

    def _null(self, field: Field) -> Filter:
        negated = self._take("not")
        if not (self._take("null") or self._take("none")):
            self._fail("After `is` comes `null` or `not null`", f"Write {field} is null.")
        return Not(Missing(field)) if negated else Missing(field)

    def _membership(self, field: Field) -> Filter:
        if self._take("in"):
            return Among(field, self._values(field))
        if self._take("has"):
            return Compare(field, "=", self._value(field))
        return self._fail("`in` or `has` is expected", f"Write {field} not in (a, b).")

    def _related(self, field: Field) -> Filter:
        sign = self._now
        if sign.sort != "sign" or sign.text in "(),":
            self._fail("A comparison is expected", f"Write {field} = …, <, >, ~, in (…), has … or is null.")
        self._place += 1
        if sign.text in ("~", "!~"):
            found: Filter = Matches(field, self._pattern())
            return Not(found) if sign.text == "!~" else found
        if self._take("null") or self._take("none"):
            if sign.text not in ("=", "!="):
                self._fail("Nothing is less or greater than null", f"Write {field} is null.", back=2)
            return Missing(field) if sign.text == "=" else Not(Missing(field))
        if sign.text == "!=":
            return Not(Compare(field, "=", self._value(field)))
        relation: Relation = sign.text  # type: ignore[assignment]
        return Compare(field, relation, self._value(field))

    def _field(self) -> Field:
        token = self._now
        if token.sort != "word" or token.lower in WORDS:
            self._fail("A field is expected", "Write state, name, config.lr, summary.loss …")
        self._place += 1
        try:
            return field_of(unquoted(token.text))
        except ValueInvalid as error:
            self._place -= 1
            return self._fail(error.message.rstrip("."), error.advice)

    def _values(self, field: Field) -> tuple[Value, ...]:
        self._expect("(")
        found: list[Value] = []
        while not self._take(")"):
            found.append(self._value(field))
            if len(found) > MAX_VALUES:
                self._fail(f"More than {MAX_VALUES:,} values", "Use several filters.")
            if self._now.text != ")":
                self._expect(",")
        return tuple(found)

    def _value(self, field: Field) -> Value:
        token = self._now
        if token.sort not in ("word", "text"):
            self._fail("A value is expected", 'Write a number, a word, or a text in "quotes".')
        self._place += 1
        try:
            return value_of(field, token)
        except ValueInvalid as error:
            return self._fail(error.message.rstrip("."), error.advice, back=1)

    def _pattern(self) -> str:
        token = self._now
        if token.sort not in ("word", "text"):
            self._fail("A pattern is expected", 'Write it in quotes: name ~ "sunny.*".')
        self._place += 1
        pattern = _string(token.text) if token.sort == "text" else token.text
        try:
            regex.compile(pattern)
        except ValueInvalid as error:
            self._fail(error.message.rstrip("."), error.advice, back=1)
        return pattern

    @property
    def _now(self) -> Token:
        return self._tokens[self._place]

    @property
    def _next(self) -> Token:
        return self._tokens[min(self._place + 1, len(self._tokens) - 1)]

    def _take(self, text: str) -> bool:
        token = self._now
        if token.lower == text or (token.sort == "sign" and token.text == text):
            self._place += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            self._fail(f"`{sign}` is expected", "")

    def _fail(self, what: str, advice: str, back: int = 0) -> NoReturn:
        token = self._tokens[self._place - back]
        found = f", not {token.text!r}" if token.sort != "end" and "expected" in what else ""
        raise QueryInvalid(f"At character {token.at + 1}: {what}{found}.", advice=advice, at=token.at)


def value_of(field: Field, token: Token) -> Value:
    """The value a token stands for, next to this field; raises ValueInvalid if the field cannot have it."""
    if token.sort == "text":
        return fitting(field, _string(token.text))
    lower = token.lower
    if lower in WORDS - {"true", "false"}:
        raise ValueInvalid(f"The word {token.text!r} is part of the language.", advice="Put it in quotes.")
    if field.kind in ("text", "list"):
        return token.text
    if lower in ("true", "false"):
        return fitting(field, lower == "true")
    if lower in ("nan", "inf", "-inf", "+inf", "infinity", "-infinity"):
        return fitting(field, float(lower))
    if _NUMBER.fullmatch(token.text):
        return fitting(field, _number(token.text))
    return fitting(field, token.text)


def fitting(field: Field, value: Value) -> Value:
    """`value` as this field has its values: times as seconds, texts of text fields as texts; raises ValueInvalid."""
    match field.kind:
        case "time":
            return _moment(field, value)
        case "text" | "list" if not isinstance(value, str):
            return str(value).lower() if isinstance(value, bool) else f"{value}"
        case "number" if isinstance(value, str | bool):
            raise ValueInvalid(f"{field} is a number, not {value!r}.", advice=f"Write {field} > 1.")
        case "bool" if not isinstance(value, bool):
            raise ValueInvalid(f"{field} is true or false, not {value!r}.", advice=f"Write {field} = true.")
    return value


def _moment(field: Field, value: Value) -> float | int:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            found = datetime.fromisoformat(value)
            return _seconds(found if found.tzinfo else found.replace(tzinfo=UTC))
        except ValueError:
            pass
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueInvalid(
        f"{field} is a time, not {value!r}.", advice=f"Write {field} > 2026-01-31 or 2026-01-31T12:00:00Z (UTC)."
    )


def _seconds(moment: datetime) -> float | int:
    passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return passed // timedelta(seconds=1) if not passed.microseconds else passed.total_seconds()


def _number(text: str) -> float | int:
    if re.fullmatch(r"[+-]?\d{1,300}", text):
        return int(text)
    found = float(text)
    if math.isinf(found):
        raise ValueInvalid(f"The number {text[:40]} is too large.", advice="Write inf.")
    return found


def _string(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1], flags=re.DOTALL)


def unquoted(path: str) -> str:
    """A path whose parts may be in quotes, without them: `config."a b"` is `config.a b`."""
    return re.sub(r'(?<=\.)"(?:[^"\\]|\\.)*"', lambda found: _string(found[0]), path, flags=re.DOTALL)
