"""What an import carries from one place to the other, wherever it was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Bytes = Callable[[], Iterator[bytes]]
Lines = Callable[[int], Iterator[str]]
"""The lines from a number on."""


def nothing(start: int) -> Iterator[str]:
    """No lines at all."""
    return iter(())


@dataclass(frozen=True, slots=True)
class FileCopy:
    """A file of a run; `md5` (base64) if its source told it."""

    path: str
    size: int
    read: Bytes
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class RunCopy:
    """A run. Times are UTC seconds since the epoch; `config` and `summary` are W&B's own texts; `rows` is how many
    lines of history there are, if that is known before they are read."""

    project: str
    id: str
    config: str = "{}"
    summary: str | None = None
    name: str | None = None
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    tags: Sequence[str] = ()
    sweep: str | None = None
    created_at: float | None = None
    finished_at: float | None = None
    exit_code: int | None = None
    state: str = "finished"
    rows: int | None = None
    history: Lines = nothing
    events: Lines = nothing
    console: Lines = nothing
    files: Sequence[FileCopy] = ()


@dataclass(frozen=True, slots=True)
class ArtifactCopy:
    """An artifact. `entries` are those of W&B's manifest; `read` gives the bytes of an entry that is stored,
    `size` is in bytes, if the source told it."""

    project: str
    type: str
    name: str
    digest: str
    entries: dict[str, Json]
    read: Callable[[str], Iterator[bytes]]
    run: str | None = None
    source_id: str | None = None
    version: int | None = None
    size: int | None = None
    description: str | None = None
    metadata: str | None = None
    aliases: Sequence[str] = ()
    tags: Sequence[str] = ()
    ttl: int | None = None
    algorithm: str = "MANIFEST_MD5"
    client_id: str | None = None
    sequence_client_id: str | None = None
    users: Sequence[tuple[str, str]] = ()
    """(project, run) of those that used it."""


@dataclass(frozen=True, slots=True)
class LinkCopy:
    """A version in a portfolio: `source_id` is the artifact's id at the source, `version` its number in there."""

    project: str
    portfolio: str
    source_id: str
    version: str
    aliases: Sequence[str] = ()


@dataclass(slots=True)
class Proof:
    """What there was and what is there now: `[source, here]` of each count and digest. `faults` say what could not be
    brought over; `notes` what is told otherwise than it was."""

    what: str
    compared: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether all of it is there, the same."""
        return not self.faults and all(there == here for there, here in self.compared.values())

    def to_json(self) -> Json:
        """Plain JSON."""
        compared = {name: list(pair) for name, pair in self.compared.items()}
        told = {"what": self.what, "equal": self.equal, "compared": compared}
        return {**told, "faults": list(self.faults), "notes": list(self.notes)}
