"""`run.config`: what the run was told to do. A mapping whose keys are attributes too."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from museion.errors import FileMissing, UsageError, ValueInvalid
from museion.model.values import plain

Changed = Callable[[dict[str, Any], list[str]], None]
_OWN = ("_values", "_changed", "_locked")


class Nested(MutableMapping[str, Any]):
    """A dict whose keys can be read and set as attributes, and which tells when it was changed."""

    def __init__(self, values: dict[str, Any], changed: Callable[[], None]) -> None:
        object.__setattr__(self, "_values", values)
        object.__setattr__(self, "_changed", changed)

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        return Nested(value, self._changed) if type(value) is dict else value

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[str(key)] = plain(value, str(key))
        self._changed()

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        self._changed()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"There is no key {name!r}.") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return repr(self._values)

    def __eq__(self, other: object) -> bool:
        return bool(self._values == (other._values if isinstance(other, Nested) else other))

    __hash__ = None  # type: ignore[assignment]

    def as_dict(self) -> dict[str, Any]:
        """A plain copy, all the way down."""
        return plain(self._values)  # type: ignore[no-any-return]


class Config(Nested):
    """The top level. `changed(values, removed)` is told the keys that were set and removed, with their whole values."""

    def __init__(self, values: Mapping[str, Any] | None = None, changed: Changed | None = None) -> None:
        super().__init__({}, lambda: None)
        object.__setattr__(self, "_told", changed)
        if values:
            self.update(values)

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        return Nested(value, lambda: self._tell({key: value})) if type(value) is dict else value

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        self._tell({}, [key])

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            raise AttributeError(f"{name!r} cannot be set as an attribute.")
        self[name] = value

    def update(self, values: Any = (), /, allow_val_change: bool | None = None, **more: Any) -> None:
        """Set several keys: from a mapping, an argparse namespace, or a YAML file.

        `allow_val_change` is W&B's and changes nothing: values may always be changed here.
        """
        new = {**as_mapping(values), **more}
        if not new:
            return
        made = {str(k): plain(v, f"config.{k}") for k, v in new.items()}
        self._values.update(made)
        self._tell(made)

    def setdefaults(self, values: Any) -> None:
        """Set the keys of `values` that are not set yet."""
        self.update({k: v for k, v in as_mapping(values).items() if k not in self})

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self._values else default

    def _tell(self, values: dict[str, Any], removed: list[str] | None = None) -> None:
        told: Changed | None = self._told
        if told:
            told(values, removed or [])


def as_mapping(values: Any) -> dict[str, Any]:
    """A configuration as people hand it over: mapping, pairs, argparse or absl namespace, dataclass, path of YAML."""
    if values is None:
        return {}
    if isinstance(values, Mapping):
        return dict(values)
    if isinstance(values, (str, os.PathLike)):
        return _from_yaml(Path(values))
    if hasattr(values, "flag_values_dict"):
        return dict(values.flag_values_dict())
    if hasattr(values, "__dict__") and not isinstance(values, type):
        return {k: v for k, v in vars(values).items() if not k.startswith("_")}
    try:
        return dict(values)
    except (TypeError, ValueError):
        raise ValueInvalid(
            f"config is a {type(values).__name__}.", advice="Give a dict, an argparse namespace or a YAML file."
        ) from None


def _from_yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        body = yaml.safe_load(path.read_text())
    except OSError as error:
        raise FileMissing(f"The config file {path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise ValueInvalid(f"The config file {path} is not YAML: {error}.") from error
    if not isinstance(body, dict):
        raise ValueInvalid(f"The config file {path} holds no mapping.", advice="Write `key: value` lines.")
    described = all(isinstance(v, dict) and "value" in v and set(v) <= {"value", "desc"} for v in body.values())
    return {str(k): v["value"] if described and body else v for k, v in body.items() if k != "wandb_version"}


class ConfigBeforeInit:
    """Stands for `museion.config` until there is a run."""

    def __getattr__(self, name: str) -> Any:
        raise UsageError("There is no run.", advice="Call museion.init() before using museion.config.")

    def __getitem__(self, key: str) -> Any:
        return self.__getattr__(key)

    __setitem__ = __getitem__
