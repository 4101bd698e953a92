r"""Patterns in filters: matched in time linear in the text, whatever the pattern, so that none can hold the server up.

What is understood: literals, `.`, `[…]` with ranges and `^`, `\d \w \s \D \W \S`, `\t \n`, escaped signs, groups
`(…)` and `(?:…)`, `|`, `* + ? {m,n}` (also lazy, which means the same here), `^` and `$` for the ends of the text, and
`(?i)` in front for any case. There are no back-references and no look-around: these are what cannot be matched so.

A pattern becomes a machine of at most `MAX_STATES` states; all of its states are followed at once (Thompson), and the
sets of states met on the way are kept as a table (a lazy DFA), which is dropped when it grows too large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NoReturn

from museion.errors import ValueInvalid

MAX_PATTERN = 500
MAX_STATES = 1_000
MAX_REPEAT = 200
MAX_TABLE = 20_000
MAX_GROUPS = 50

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Start:
    """Only at the beginning of the text."""


@dataclass(frozen=True, slots=True)
class End:
    """Only at the end of the text."""


@dataclass(frozen=True, slots=True)
class One:
    """One character that passes the test."""

    test: Test


@dataclass(frozen=True, slots=True)
class Row:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`most` is None for no end."""

    part: Node
    least: int
    most: int | None


Node = Start | End | One | Row | Either | Repeat


@lru_cache(maxsize=256)
def compile(pattern: str) -> Pattern:  # noqa: A001 - as in `re`
    """The machine of a pattern; raises ValueInvalid, saying where, for one that is not understood or is too large."""
    return Pattern(pattern)


class Pattern:
    """A compiled pattern. `found_in` is safe to call from several threads: the table only ever gains the same facts."""

    def __init__(self, pattern: str) -> None:
        ignore_case = pattern.startswith("(?i)")
        self._fold: Callable[[str], str] = str.casefold if ignore_case else str
        node = _Reader(pattern, 4 if ignore_case else 0, ignore_case).whole()
        self._machine = _Machine(node)

    @property
    def effort(self) -> int:
        """States looked at since it was compiled."""
        return self._machine.effort

    def found_in(self, text: str) -> bool:
        """Whether the pattern matches somewhere in `text`."""
        return self._machine.search(self._fold(text))


class _Reader:
    """Pattern → nodes, by recursive descent."""

    def __init__(self, pattern: str, place: int, ignore_case: bool) -> None:
        if len(pattern) > MAX_PATTERN:
            raise ValueInvalid(f"The pattern has {len(pattern)} characters, more than {MAX_PATTERN}.")
        self._text = pattern
        self._place = place
        self._fold = ignore_case
        self._groups = 0

    def whole(self) -> Node:
        found = self._either()
        if self._place < len(self._text):
            self._fail("This bracket closes nothing", "Write \\) for the sign itself.")
        return found

    def _either(self) -> Node:
        parts = [self._row()]
        while self._take("|"):
            parts.append(self._row())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _row(self) -> Node:
        parts: list[Node] = []
        while self._place < len(self._text) and self._text[self._place] not in "|)":
            parts.append(self._repeated(self._atom()))
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _repeated(self, node: Node) -> Node:
        again = 0
        while (bounds := self._bounds()) is not None:
            node = Repeat(node, *bounds)
            self._take("?")  # lazy or not: whether something is found is the same
            again += 1
            if again > 1:
                self._fail("Two repetitions in a row", "Write (…)* around what is repeated already.", back=1)
        return node

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        close = self._text.find("}", self._place)
        if self._text[self._place : self._place + 1] != "{" or close < 0:
            return None
        least, comma, most = self._text[self._place + 1 : close].partition(",")
        if not (least.isdecimal() and least.isascii()) or (most and not (most.isdecimal() and most.isascii())):
            return None
        low, high = int(least), int(most) if most else (None if comma else int(least))
        if max(low, high or 0) > MAX_REPEAT or (high is not None and high < low):
            self._fail(f"A repetition counts from 0 to {MAX_REPEAT}, upwards", "Write a{2,5}.")
        self._place = close + 1
        return low, high

    def _atom(self) -> Node:
        sign = self._text[self._place]
        if sign in "*+?":
            self._fail(f"{sign!r} repeats nothing", f"Write \\{sign} for the sign itself.")
        self._place += 1
        match sign:
            case "(":
                return self._group()
            case "[":
                return One(self._class())
            case "^":
                return Start()
            case "$":
                return End()
            case ".":
                return One(lambda letter: letter != "\n")
            case "\\":
                return One(self._escape())
            case _:
                return One(self._literal(sign))

    def _group(self) -> Node:
        if self._take("?") and not self._take(":"):
            self._fail("Of the groups with `?` only (?:…) is understood", "(?i) may stand at the very beginning.")
        self._groups += 1
        if self._groups > MAX_GROUPS:
            self._fail(f"More than {MAX_GROUPS} groups", "Make the pattern simpler.")
        found = self._either()
        if not self._take(")"):
            self._fail("A group is not closed", "Write \\( for the sign itself.")
        return found

    def _literal(self, sign: str) -> Test:
        if not self._fold:
            return sign.__eq__
        # The text is folded before it is searched; a sign may fold to several letters (ß → ss) and then fits none.
        folded = sign.casefold()
        return folded.__eq__

    def _escape(self) -> Test:
        if self._place >= len(self._text):
            self._fail("The pattern ends in a backslash", "Write \\\\ for the sign itself.")
        sign = self._text[self._place]
        self._place += 1
        if sign in _CLASSES:
            return _CLASSES[sign]
        if sign in _CONTROLS:
            return _CONTROLS[sign].__eq__
        if sign.isalnum():
            self._fail(
                f"\\{sign} is not understood", "Use \\d \\w \\s \\D \\W \\S, or leave the backslash out.", back=1
            )
        return self._literal(sign)

    def _class(self) -> Test:
        negated = self._take("^")
        tests: list[Test] = []
        first = True
        while first or not self._take("]"):
            if self._place >= len(self._text):
                self._fail("A `[` is not closed", "Write \\[ for the sign itself.")
            tests.append(self._member())
            first = False
        return _none_of(tests) if negated else _any_of(tests)

    def _member(self) -> Test:
        sign = self._text[self._place]
        self._place += 1
        if sign == "\\":
            escaped = self._text[self._place : self._place + 1]
            if escaped in _CLASSES or escaped in _CONTROLS or not escaped or escaped.isalnum():
                return self._escape()
            self._place += 1
            sign = escaped
        after = self._text[self._place : self._place + 2]
        if len(after) < 2 or after[0] != "-" or after[1] == "]":
            return self._literal(sign)
        self._place += 2
        last = after[1]
        if last == "\\":
            last = self._text[self._place : self._place + 1] or "\\"
            self._place += 1
        if last < sign:
            self._fail(f"The range {sign}-{last} is empty", "Write the smaller end first.", back=1)
        return _between(sign, last, self._fold)

    def _take(self, sign: str) -> bool:
        if self._text.startswith(sign, self._place):
            self._place += 1
            return True
        return False

    def _fail(self, what: str, advice: str, back: int = 0) -> NoReturn:
        at = self._place - back + 1
        raise ValueInvalid(
            f"The pattern {self._text!r} is not understood at its character {at}: {what}.", advice=advice
        )


def _word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


_CLASSES: dict[str, Test] = {
    "d": str.isdecimal,
    "D": lambda letter: not letter.isdecimal(),
    "w": _word,
    "W": lambda letter: not _word(letter),
    "s": str.isspace,
    "S": lambda letter: not letter.isspace(),
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}


def _any_of(tests: list[Test]) -> Test:
    return lambda letter: any(test(letter) for test in tests)


def _none_of(tests: list[Test]) -> Test:
    return lambda letter: not any(test(letter) for test in tests)


def _between(low: str, high: str, fold: bool) -> Test:
    if not fold:
        return lambda letter: low <= letter <= high
    return lambda letter: low <= letter <= high or low <= letter.upper() <= high


_ACCEPT = 0
"""The number of the state in which the pattern was found."""


@dataclass(slots=True)
class _State:
    """Either reads one character (`test`), or stands at an end, or forks to `out` without reading."""

    out: list[int] = field(default_factory=list)
    test: Test | None = None
    edge: type[Start] | type[End] | None = None


class _Set:
    """States that are followed at the same time, and the sets that follow by each character met so far."""

    __slots__ = ("accepts", "following", "states")

    def __init__(self, states: frozenset[int], accepts: bool) -> None:
        self.states = states
        self.accepts = accepts
        self.following: dict[str, _Set] = {}


class _Machine:
    """States, and the table of sets of states met so far."""

    def __init__(self, node: Node) -> None:
        self.effort = 0
        self._states: list[_State] = [_State()]
        self._begin = self._build(node, _ACCEPT)
        self._anywhere = self._closed((self._begin,), at_start=False)
        self._sets: dict[frozenset[int], _Set] = {}
        self._steps = 0
        self._start = self._set(self._closed((self._begin,), at_start=True))

    def search(self, text: str) -> bool:
        now = self._start
        for letter in text:
            if now.accepts:
                return True
            now = now.following.get(letter) or self._step(now, letter)
        return now.accepts or self._ends(now.states)

    def _step(self, now: _Set, letter: str) -> _Set:
        self.effort += len(now.states) + 1
        reached: list[int] = []
        for number in now.states:
            state = self._states[number]
            if state.test is not None and state.test(letter):
                reached += state.out
        self._steps += 1
        if self._steps > MAX_TABLE:
            self._forget()
        found = self._set(self._closed(reached, at_start=False) | self._anywhere)
        now.following[letter] = found
        return found

    def _set(self, states: frozenset[int]) -> _Set:
        found = self._sets.get(states)
        if found is None:
            found = self._sets[states] = _Set(states, _ACCEPT in states)
        return found

    def _forget(self) -> None:
        """Begin a new table; whoever is in the middle of a text goes on with the old sets."""
        self._sets, self._steps = {}, 0
        self._start = self._set(self._start.states)

    def _ends(self, now: frozenset[int]) -> bool:
        ending = [number for number in now if self._states[number].edge is End]
        return bool(ending) and _ACCEPT in self._closed(ending, at_start=False, at_end=True)

    def _closed(self, numbers: Iterable[int], *, at_start: bool, at_end: bool = False) -> frozenset[int]:
        """`numbers` and all that is reached from them without reading."""
        seen: set[int] = set()
        waiting = list(numbers)
        while waiting:
            number = waiting.pop()
            if number in seen:
                continue
            seen.add(number)
            state = self._states[number]
            if state.test is None and (
                state.edge is None or (at_start and state.edge is Start) or (at_end and state.edge is End)
            ):
                waiting += state.out
        return frozenset(seen)

    def _add(self, state: _State) -> int:
        if len(self._states) >= MAX_STATES:
            raise ValueInvalid(
                f"The pattern is too large: it needs more than {MAX_STATES:,} states.", advice="Repeat less of it."
            )
        self._states.append(state)
        return len(self._states) - 1

    def _build(self, node: Node, then: int) -> int:
        """Add states for `node`, followed by `then`; returns where it begins."""
        match node:
            case One(test):
                return self._add(_State([then], test=test))
            case Start() | End():
                return self._add(_State([then], edge=type(node)))
            case Row(parts):
                for part in reversed(parts):
                    then = self._build(part, then)
                return then
            case Either(parts):
                return self._add(_State([self._build(part, then) for part in parts]))
            case Repeat(part, least, most):
                return self._build_repeat(part, least, most, then)

    def _build_repeat(self, part: Node, least: int, most: int | None, then: int) -> int:
        if most is None:
            loop = self._add(_State())
            self._states[loop].out = [self._build(part, loop), then]
            then = loop
        else:
            after = then
            for _ in range(most - least):
                then = self._add(_State([self._build(part, then), after]))
        for _ in range(least):
            then = self._build(part, then)
        return then
