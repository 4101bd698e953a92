"""`run.summary`: the last value of each key, or what `define_metric` asks for; can be set by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

from museion.model.summary import Fold
from museion.model.values import plain
from museion.sdk.config import Nested

Kept = Callable[[Any, str], Any]


class Summary(MutableMapping[str, Any]):
    """Reads a `Fold`; what is set here is recorded too. `keep(value, key)` makes a value storable."""

    def __init__(self, fold: Fold, record: Callable[[dict[str, Any]], None], keep: Kept) -> None:
        object.__setattr__(self, "_fold", fold)
        object.__setattr__(self, "_record", record)
        object.__setattr__(self, "_keep", keep)

    def __getitem__(self, key: str) -> Any:
        values: dict[str, Any] = self._fold.values
        if key in values:
            value = values[key]
            return Nested(value, lambda: self.update({key: value})) if type(value) is dict else value
        below = {k[len(key) + 1 :]: v for k, v in values.items() if k.startswith(f"{key}.")}
        if not below:
            raise KeyError(key)
        return below

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        if key not in self._fold.values:
            raise KeyError(key)
        self._fold.remove([key])
        self._record({"set": {}, "remove": [key]})

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._fold.values))

    def __len__(self) -> int:
        return len(self._fold.values)

    def __contains__(self, key: object) -> bool:
        return key in self._fold.values

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"The summary has no key {name!r}.") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def update(self, values: Any = (), /, **more: Any) -> None:
        """Set several keys, whatever was logged; a key that is logged again later follows the log."""
        given = values if isinstance(values, Mapping) else dict(values)
        new = {str(k): self._keep(v, str(k)) for k, v in {**given, **more}.items()}
        if new:
            self._fold.assign(new)
            self._record({"set": new, "remove": []})

    def __repr__(self) -> str:
        return repr(self._fold.values)

    def as_dict(self) -> dict[str, Any]:
        """A plain copy."""
        return plain(dict(self._fold.values))  # type: ignore[no-any-return]

    _as_dict = as_dict
