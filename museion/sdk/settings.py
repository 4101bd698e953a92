"""What a run is told at its start: an argument, else the environment, else what this machine knows, else a default."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from museion.errors import UsageError, ValueInvalid
from museion.model.names import user_entity

MODES = ("online", "offline", "disabled")
DEFAULT_PROJECT = "uncategorized"
_PREFIX = "MUSEION_"
_CALLED = {"run_name": "NAME", "run_job_type": "JOB_TYPE", "run_notes": "NOTES", "run_tags": "TAGS"}
_ALSO = frozenset(
    """
    console disable_git entity mode project resume run_group run_id run_job_type run_name run_notes run_tags save_code
    silent sweep_id
    """.split()
)
"""Settings that are read from W&B's variables too, where ours are not set: what a run is, never where it is sent."""


@dataclass(frozen=True)
class Settings:
    """`base_url` None means the server of this user on this machine. Durations are seconds."""

    home: Path
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    entity: str | None = None
    project: str | None = None
    mode: str = "online"
    dir: Path | None = None
    silent: bool = False
    console: str = "wrap"
    finish_timeout: float = 30.0
    init_timeout: float = 30.0
    system_interval: float = 10.0
    save_code: bool = False
    disable_git: bool = False
    journal_rows: int | None = None
    run_id: str | None = None
    run_name: str | None = None
    run_group: str | None = None
    run_job_type: str | None = None
    run_notes: str | None = None
    run_tags: tuple[str, ...] = ()
    resume: str | None = None
    sweep_id: str | None = None

    @property
    def runs(self) -> Path:
        """The folder of all run folders."""
        return self.dir or self.home / "runs"


def home() -> Path:
    """`$MUSEION_HOME`, by default `~/.museion`."""
    return Path(os.environ.get("MUSEION_HOME") or "~/.museion").expanduser().absolute()


def from_environment(env: Mapping[str, str] | None = None) -> Settings:
    """Settings as the environment and this machine's files have them; raises ValueInvalid for an unknown mode."""
    env = os.environ if env is None else env
    found = Settings(home=Path(env.get("MUSEION_HOME") or "~/.museion").expanduser().absolute())
    said = {name: text for name in _names() if (text := _in_environment(name, env))}
    settings = changed(found, said)
    return settings if settings.api_key else replace(settings, api_key=key_of(settings.home, settings.base_url))


def _in_environment(name: str, env: Mapping[str, str]) -> str | None:
    word = _CALLED.get(name, name.upper())
    return env.get(_PREFIX + word) or (env.get(f"WANDB_{word}") if name in _ALSO else None)


def changed(settings: Settings, said: Mapping[str, Any]) -> Settings:
    """`settings` with what `said` gives, texts converted; settings that only W&B has are passed over."""
    new = {name: _typed(name, value) for name, value in said.items() if name in _names() and value is not None}
    result = replace(settings, **new)
    if result.mode not in MODES:
        raise ValueInvalid(f"The mode is {result.mode!r}.", advice=f"Use one of {', '.join(MODES)}.")
    return result


def _names() -> set[str]:
    return {f.name for f in fields(Settings)} - {"home"}


def _typed(name: str, value: Any) -> Any:
    if name in ("silent", "save_code", "disable_git"):
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes", "on")
    if name in ("finish_timeout", "init_timeout", "system_interval"):
        return _seconds(name, value)
    if name == "journal_rows":
        return _count(name, value)
    if name == "dir":
        return Path(value).expanduser().absolute()
    if name == "base_url":
        return str(value).rstrip("/")
    if name == "run_tags":
        return tuple(filter(None, value.split(","))) if isinstance(value, str) else tuple(value)
    if name == "resume":
        return {"true": "auto", "false": None}.get(str(value).lower(), str(value))
    if name == "console":
        return _console(str(value))
    if name == "mode":
        return {"shared": "online", "dryrun": "offline", "run": "online"}.get(str(value), str(value))
    return value if isinstance(value, str) else str(value)


def _console(word: str) -> str:
    found = {"auto": "wrap", "wrap_raw": "wrap", "wrap_emu": "wrap"}.get(word, word)
    if found not in ("wrap", "redirect", "off"):
        raise ValueInvalid(f"The setting console is {word!r}.", advice="Use 'wrap', 'redirect' or 'off'.")
    return found


def _seconds(name: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise ValueInvalid(f"The setting {name} is {value!r}.", advice="Give it in seconds.") from None
    if not seconds >= 0:
        raise ValueInvalid(f"The setting {name} is {value!r}.", advice="Give it in seconds, not below 0.")
    return seconds


def _count(name: str, value: Any) -> int:
    try:
        count = int(value)
    except (TypeError, ValueError):
        count = -1
    if not 0 <= count <= 100_000:
        raise ValueInvalid(f"The setting {name} is {value!r}.", advice="Give a whole number from 0 to 100000.")
    return count


def credentials(home: Path) -> dict[str, str]:
    """URL → API key, as `museion login` left them."""
    try:
        body = json.loads((home / "credentials.json").read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        where = home / "credentials.json"
        raise UsageError(f"{where} cannot be read: {error}.", advice="Remove it and log in again.") from error
    return {str(url).rstrip("/"): key for url, key in body.items() if isinstance(key, str)}


def key_of(home: Path, url: str | None) -> str | None:
    """The API key kept for `url`."""
    return credentials(home).get(url.rstrip("/")) if url else None


def write_private(path: Path, body: Any) -> None:
    """Replace `path` by JSON that only this user can read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as file:
        json.dump(body, file)
    os.replace(temporary, path)


def keep_credential(home: Path, url: str, key: str) -> None:
    """Remember `key` for `url`, in a file only this user can read."""
    write_private(home / "credentials.json", {**credentials(home), url.rstrip("/"): key})


def local_entity() -> str:
    """The entity of this user on the server of this machine: the user's name, sanitised, else `local`."""
    import getpass

    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return "local"
    return user_entity(name)
