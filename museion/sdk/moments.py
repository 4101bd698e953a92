"""A moment of a run, `id?_step=N`, and what to begin there: a fork of it, or the run itself once more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from museion.errors import MuseionError, NotFound, RunNotFound, UsageError, ValueInvalid

if TYPE_CHECKING:
    from museion.sdk.facts import RunIdentity
    from museion.sdk.settings import Settings

_FORM = re.compile(r"(?P<run>[^?]+)\?_step=(?P<step>\d{1,18})")


@dataclass(frozen=True)
class Moment:
    """`kind` is `fork` (a new run that goes on from there) or `rewind` (the run itself goes back to there)."""

    kind: str
    run: str
    step: int

    def header(self) -> dict[str, Any]:
        """What the journal's header says of it: the uploader asks the server for it before the first row."""
        return {self.kind: {"step": self.step} | ({"parent": self.run} if self.kind == "fork" else {})}

    def check(self, child: RunIdentity, settings: Settings) -> None:
        """Raises RunNotFound if the server says that the run is not there; a server that is away is not waited for."""
        if self.kind == "fork" and child.id == self.run:
            raise UsageError("A run cannot be forked from itself.", advice="Use resume_from, or another id.")
        if settings.mode == "online":
            _ask(self.run, child, settings)


def _ask(run: str, child: RunIdentity, settings: Settings) -> None:
    from museion.sdk.connect import connect
    from museion.sdk.transport import run_path

    transport = connect(settings)
    try:
        transport.request("GET", run_path(child.entity, child.project, run), timeout=settings.init_timeout)
    except NotFound:
        raise RunNotFound(f"There is no run {run!r} in {child.entity}/{child.project} to go on from.") from None
    except MuseionError:
        pass  # the uploader will ask again, for as long as it takes
    finally:
        transport.close()


def moment(fork_from: str | None, resume_from: str | None, resume: Any, run_id: str | None) -> Moment | None:
    """What `init` was asked for; raises ValueInvalid for another form, UsageError for two wishes at once."""
    if sum(map(bool, (fork_from, resume_from, resume))) > 1:
        raise UsageError("init() was given two of fork_from, resume_from and resume.", advice="Give one of them.")
    text = fork_from or resume_from
    if not text:
        return None
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueInvalid(f"A moment of a run is not written {text!r}.", advice="Write 'run-id?_step=100'.")
    made = Moment("fork" if fork_from else "rewind", found["run"], int(found["step"]))
    if made.kind == "rewind" and run_id not in (None, made.run):
        raise UsageError(f"init() was given the id {run_id!r} and resume_from {text!r}.", advice="Leave out the id.")
    return made
