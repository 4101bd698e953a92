"""Pickles, read as a list of instructions: what they would build and what they would call. Nothing is imported or
called; the machine below only moves names and plain values about (opcodes: Python's module `pickletools`)."""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from museion.errors import Corrupt, TooLarge
from museion.previews.answer import Answer, cell
from museion.previews.limits import MAX_HEADER, MAX_ITEMS
from museion.previews.reading import reading

_MAX_STEPS = 3_000_000
_MAX_VISITS = 200_000

_HARMLESS = (
    "collections.OrderedDict collections.defaultdict torch.Size torch.device torch.Tensor torch.dtype numpy.ndarray "
    "numpy.dtype builtins.set builtins.frozenset builtins.slice builtins.complex builtins.bytearray builtins.range "
    "_codecs.encode datetime.datetime datetime.date datetime.timedelta decimal.Decimal fractions.Fraction uuid.UUID "
    "argparse.Namespace pathlib.PosixPath pathlib.PurePosixPath __builtin__.set copy_reg._reconstructor "
    "copyreg._reconstructor builtins.object __builtin__.object types.SimpleNamespace"
).split()
_HARMLESS_BEGIN = ("torch._utils._rebuild_", "numpy.core.multiarray.", "numpy._core.multiarray.", "numpy.core.numeric.")
_STORAGE = ("torch.", "torch.storage.", "torch.cuda.")
_DANGEROUS_ROOMS = (
    "os posix nt subprocess sys shutil socket runpy importlib ctypes pty webbrowser code commands multiprocessing "
    "threading asyncio pickle _pickle marshal types functools operator timeit pdb bdb cProfile profile http urllib "
    "requests smtplib ftplib telnetlib tempfile glob signal platform pip builtins __builtin__"
).split()


@dataclass(slots=True, eq=False)
class Thing:
    """A global by its name, or what calling it would give. `state` is what it would be filled with."""

    name: str
    arguments: Any = None
    state: Any = None


@dataclass(slots=True)
class Reading:
    """What one pickle would build, and the names it would call."""

    value: Any = None
    calls: dict[str, int] = field(default_factory=dict)


def preview_pickle(file: BinaryIO, path: str) -> Answer:
    """`calls`: every name it would call, each `harmless`, `unknown` or `dangerous`; `values`: its plain parts."""
    found = read_pickle(_whole(file))
    return {"kind": "pickle", "format": "pickle", "calls": judged(found.calls), "values": plain_parts(found.value)}


def _whole(file: BinaryIO) -> bytes:
    data = file.read(MAX_HEADER + 1)
    if len(data) > MAX_HEADER:
        raise TooLarge(
            f"The pickle takes more than {MAX_HEADER:,} bytes.", advice="Download it; do not load it blindly."
        )
    return data


def read_pickle(source: bytes | BinaryIO) -> Reading:
    """Run the symbolic machine to the STOP of one pickle; raises Corrupt, TooLarge."""
    with reading("a pickle"):
        return _Machine().run(source)


def judged(calls: dict[str, int]) -> list[dict[str, Any]]:
    """The names with how often they would be called and what to think of them, the worst first."""
    order = ("dangerous", "unknown", "harmless")
    found = [{"name": str(cell(name)), "count": count, "verdict": verdict(name)} for name, count in calls.items()]
    return sorted(found, key=lambda call: (order.index(call["verdict"]), call["name"]))[:MAX_ITEMS]


def verdict(name: str) -> str:
    """`harmless`: it only makes data. `dangerous`: it can run commands, open files or find such. Else `unknown`."""
    if name in _HARMLESS or name.startswith(_HARMLESS_BEGIN) or is_storage(name):
        return "harmless"
    return "dangerous" if name.partition(".")[0] in _DANGEROUS_ROOMS else "unknown"


def is_storage(name: str) -> bool:
    """Whether this is one of PyTorch's storage classes."""
    return name.startswith(_STORAGE) and name.endswith("Storage")


def plain_parts(value: Any) -> list[dict[str, Any]]:
    """Paths and values of what is plain in `value`, and the names of what is not."""
    found: list[dict[str, Any]] = []

    def see(path: str, item: Any) -> bool:
        if isinstance(item, Thing) and item.state is None:
            found.append({"path": path, "value": f"<{cell(item.name)}>"})
        elif not isinstance(item, dict | list | tuple | Thing):
            found.append({"path": path, "value": cell(item)})
        return len(found) < MAX_ITEMS

    walk(value, see)
    return found


def walk(root: Any, see: Callable[[str, Any], bool]) -> None:
    """Call `see(path, item)` for every item below `root`, each once, until it answers False."""
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", root)]
    while waiting and len(seen) < _MAX_VISITS:
        path, item = waiting.pop()
        if isinstance(item, dict | list | tuple | Thing):
            if id(item) in seen:
                continue
            seen.add(id(item))
        if not see(path, item):
            return
        waiting += reversed(_below(path, item))


def _below(path: str, item: Any) -> list[tuple[str, Any]]:
    if isinstance(item, Thing):
        return [(path, item.state)] if item.state is not None else []
    if isinstance(item, dict):
        return [(f"{path}.{key}" if path else str(key), child) for key, child in item.items()]
    if isinstance(item, list | tuple):
        return [(f"{path}[{place}]", child) for place, child in enumerate(item)]
    return []


class _Machine:
    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.found = Reading()

    def run(self, source: bytes | BinaryIO) -> Reading:
        for steps, (opcode, argument, _) in enumerate(pickletools.genops(source)):
            if steps > _MAX_STEPS:
                raise TooLarge(f"The pickle has more than {_MAX_STEPS:,} instructions.")
            if opcode.name == "STOP":
                self.found.value = self.stack[-1] if self.stack else None
                return self.found
            self._step(opcode.name, argument)
        raise Corrupt("Not a pickle: it does not end.")

    def _step(self, name: str, argument: Any) -> None:
        if name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif (does := getattr(self, f"_{name.lower()}", None)) is not None:
            does(argument)
        elif name not in ("PROTO", "FRAME"):
            self.stack.append(argument)  # a literal: a number, text or bytes

    def _popped(self) -> list[Any]:
        at = self.marks.pop()
        items = self.stack[at:]
        del self.stack[at:]
        return items

    def _call(self, function: Any, arguments: Any) -> None:
        name = function.name if isinstance(function, Thing) else "?"
        self.found.calls[name] = self.found.calls.get(name, 0) + 1
        self.stack.append(Thing(name, arguments))

    def _mark(self, _: Any) -> None:
        self.marks.append(len(self.stack))

    def _pop(self, _: Any) -> None:
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.stack.pop()

    def _pop_mark(self, _: Any) -> None:
        self._popped()

    def _dup(self, _: Any) -> None:
        self.stack.append(self.stack[-1])

    def _global(self, argument: str) -> None:
        self.stack.append(Thing(argument.replace(" ", ".", 1)))

    def _stack_global(self, _: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(Thing(f"{module}.{name}"))

    def _inst(self, argument: str) -> None:
        self._call(Thing(argument.replace(" ", ".", 1)), tuple(self._popped()))

    def _obj(self, _: Any) -> None:
        kind, *arguments = self._popped()
        self._call(kind, tuple(arguments))

    def _reduce(self, _: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        self._call(function, arguments)

    _newobj = _reduce

    def _newobj_ex(self, _: Any) -> None:
        self.stack.pop()
        self._reduce(None)

    def _build(self, _: Any) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, Thing):
            both = isinstance(target.state, dict) and isinstance(state, dict)
            target.state = {**target.state, **state} if both else state

    def _put(self, argument: Any) -> None:
        self.memo[int(argument)] = self.stack[-1]

    _binput = _long_binput = _put

    def _memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _get(self, argument: Any) -> None:
        self.stack.append(self.memo[int(argument)])

    _binget = _long_binget = _get

    def _tuple1(self, _: Any) -> None:
        self.stack.append((self.stack.pop(),))

    def _tuple2(self, _: Any) -> None:
        last, first = self.stack.pop(), self.stack.pop()
        self.stack.append((first, last))

    def _tuple3(self, _: Any) -> None:
        third, second, first = self.stack.pop(), self.stack.pop(), self.stack.pop()
        self.stack.append((first, second, third))

    def _tuple(self, _: Any) -> None:
        self.stack.append(tuple(self._popped()))

    def _list(self, _: Any) -> None:
        self.stack.append(self._popped())

    _frozenset = _list

    def _dict(self, _: Any) -> None:
        items = self._popped()
        self.stack.append({})
        self._fill(items)

    def _append(self, _: Any) -> None:
        item = self.stack.pop()
        self._extend([item])

    def _appends(self, _: Any) -> None:
        self._extend(self._popped())

    _additems = _appends

    def _setitem(self, _: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._fill([key, value])

    def _setitems(self, _: Any) -> None:
        self._fill(self._popped())

    def _extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Thing):
            target.state = [*target.state, *items] if isinstance(target.state, list) else items
        else:
            target.extend(items)

    def _fill(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Thing):
            if not isinstance(target.state, dict):
                target.state = {}
            target = target.state
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key if isinstance(key, str | int) else str(cell(key))] = value

    def _persid(self, argument: Any) -> None:
        self.stack.append(Thing("persistent", argument))

    def _binpersid(self, _: Any) -> None:
        self.stack.append(Thing("persistent", self.stack.pop()))

    def _ext1(self, argument: Any) -> None:
        self.stack.append(Thing(f"extension {argument}"))

    _ext2 = _ext4 = _ext1

    def _next_buffer(self, _: Any) -> None:
        self.stack.append(Thing("buffer"))

    def _readonly_buffer(self, _: Any) -> None:
        """The buffer on top stays where it is."""


_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_SET": list,
    "EMPTY_TUPLE": tuple,
}
