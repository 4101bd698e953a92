"""What is handed to `log`, made into a flat row of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from museion.errors import ValueInvalid
from museion.model.values import MAX_DEPTH, MAX_KEY, PLAIN, check_text, plain, scalar

RESERVED = ("_step", "_runtime")
LONG_ARRAY = 32


def check_key(key: Any, prefix: str = "") -> str:
    """`prefix.key` if it may name a series; raises ValueInvalid."""
    if not isinstance(key, str):
        raise ValueInvalid(f"The key {key!r} is a {type(key).__name__}.", advice="Keys of log() are text.")
    whole = f"{prefix}.{key}" if prefix else str.__str__(key)
    try:
        size = len(whole.encode())
    except UnicodeEncodeError:
        raise ValueInvalid(f"The key {whole!r} is not valid Unicode.") from None
    if not 1 <= size <= MAX_KEY or "\0" in whole:
        raise ValueInvalid(f"The key {whole[:60]!r} is not valid.", advice=f"Use 1 to {MAX_KEY} bytes, without NUL.")
    if whole in RESERVED:
        raise ValueInvalid(f"{whole!r} is set by Museion for each row.", advice="Log it under another name.")
    return whole


def flatten(data: Mapping[Any, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Nested dicts joined with dots, keys checked, values as they were."""
    if depth > MAX_DEPTH:
        raise ValueInvalid(f"{prefix!r} is nested deeper than {MAX_DEPTH} levels.", advice="Make it flatter.")
    flat: dict[str, Any] = {}
    for key, value in data.items():
        whole = check_key(key, prefix)
        if isinstance(value, Mapping) and value and "_type" not in value:
            flat |= flatten(value, whole, depth + 1)
        else:
            flat[whole] = value
    return flat


def storable(run: Any, key: str, value: Any, step: int) -> Any:
    """`value` as the history keeps it; media leave their bytes with `run`. Raises ValueInvalid naming the key."""
    got = scalar(value)
    if type(got) in PLAIN:
        return check_text(got, repr(key)) if type(got) is str else got
    from museion.sdk.media import as_media

    if (media := as_media(got)) is not None:
        return media._keep(run, key, step)
    if isinstance(got, (list, tuple)) and got and any(as_media(item) is not None for item in got):
        return [storable(run, f"{key}_{i}", item, step) for i, item in enumerate(got)]
    if _is_long_array(got):
        from museion.sdk.media import Histogram

        return Histogram(got)._keep(run, key, step)
    return plain(got, repr(key))


def _is_long_array(value: Any) -> bool:
    """An array of numbers that is read as a distribution, as W&B does."""
    shape = getattr(value, "shape", None)
    if not shape or not hasattr(value, "tolist"):
        return False
    count = 1
    for length in shape:
        count *= int(length)
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    return count > LONG_ARRAY and kind in "biuf"
