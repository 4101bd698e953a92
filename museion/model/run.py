"""A run: one execution, and what is known of it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    """Where a run stands. `crashed` is the server's word for a run that fell silent."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CRASHED = "crashed"
    KILLED = "killed"
    PREEMPTING = "preempting"

    @property
    def over(self) -> bool:
        return self not in (RunState.RUNNING, RunState.PREEMPTING)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the catalog knows it. Times are UTC seconds since the epoch.

    `forked_from` is the id of the run whose history it goes on from, after step `forked_at`; `rewound_to` the step that
    it was last taken back to.
    """

    entity: str
    project: str
    id: str
    name: str
    number: int
    state: RunState
    created_at: float
    updated_at: float
    heartbeat_at: float
    finished_at: float | None = None
    exit_code: int | None = None
    job_type: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[Mapping[str, Any], ...] = ()
    user: str | None = None
    forked_from: str | None = None
    forked_at: int | None = None
    rewound_to: int | None = None
    archived_at: float | None = None
    deleted_at: float | None = None
    stop_at: float | None = None

    @property
    def archived(self) -> bool:
        """Out of the way: lists leave it out unless they are asked for it."""
        return self.archived_at is not None

    @property
    def stop(self) -> bool:
        """Somebody asked it to stop; its next heartbeat is told so."""
        return self.stop_at is not None

    @property
    def color_index(self) -> int:
        """Stable for ever: neighbours in time get far-apart colours (reference: web UI, palette)."""
        return self.number - 1


ADJECTIVES = (
    "amber ancient autumn azure bold brave bright brisk calm careful cheerful clear clever cosmic crimson crisp "
    "curious daily dashing deep devoted distant eager early earnest easy electric fair fallen fancy fearless fine "
    "fluent fresh gallant gentle gilded glad golden graceful grateful hardy helpful honest hopeful humble jolly "
    "kind lasting laughing light likely lively logical lucky lunar major mellow misty modest morning noble olive "
    "patient peach playful polished polite prime proud quick quiet radiant rare ready revived rich robust rose "
    "ruby rural sage scarlet serene silver smooth solar spring stellar still sunny super sweet swift tidy true "
    "valiant vivid warm wild winter wise worthy young zesty"
).split()

NOUNS = (
    "aardvark album amphora aurora beacon bee bird bloom brook bush butterfly canyon cloud comet coral cosmos "
    "darkness dawn deer dew disco donkey dragon dream durian eagle elevator energy etude feather fern field fire "
    "firefly flower fog forest fountain frost galaxy garden gecko glade glitter grass harbor haze hill lake lantern "
    "lark leaf lion meadow mist monkey moon morning mountain muse night oath ocean papyrus paper pine planet plant "
    "pond puddle pyramid rain resonance river salad scroll sea serenity shadow shape silence sky smoke snow snowflake "
    "sound spaceship star statue sun sunset surf temple terrain thunder totem tree universe valley violet voice "
    "water waterfall wave wildflower wind wood yogurt"
).split()


def poetic_name_of(run: str) -> str:
    """The name that follows from a run's id: client and server come to the same one without asking each other."""
    return poetic_name(zlib.crc32(run.encode()))


def poetic_name(pick: int) -> str:
    """`sunny-smoke`, chosen by `pick`; the server appends the run's number in its project."""
    return f"{ADJECTIVES[pick % len(ADJECTIVES)]}-{NOUNS[pick // len(ADJECTIVES) % len(NOUNS)]}"
