"""What a run is called, where it is, and how far it is: everything that can be asked of it without logging."""

from __future__ import annotations

import html
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from museion.model.names import check_tag, check_title

if TYPE_CHECKING:
    from museion.sdk.config import Config
    from museion.sdk.delivery import Delivery
    from museion.sdk.rundir import RunDir, Writer
    from museion.sdk.settings import Settings

Json = dict[str, Any]


class RunIdentity(msgspec.Struct, frozen=True):
    """What a run is called. `poetic` is our pick for a run without a name; the server adds a number to it."""

    entity: str
    project: str
    id: str
    name: str | None = None
    poetic: str = ""
    job_type: str | None = None
    group: str | None = None


class Status(dict[str, Any]):
    """How far the uploader is; the two counts W&B has are attributes."""

    @property
    def sync_items_total(self) -> int:
        """Rows on the server and bytes on the way, as W&B counts: only whether it grows means something."""
        return int(self.get("rows", 0)) + self.sync_items_pending

    @property
    def sync_items_pending(self) -> int:
        """Bytes of the journal that are not on the server; 0 when all is."""
        return 0 if self.get("done") else int(self.get("bytes_left", 0))


class Facts:
    """The part of `Run` that only says what is known."""

    config: Config
    resumed: bool = False
    """Whether the run was there before: resumed, or rewound."""
    _identity: RunIdentity
    _settings: Settings
    _folder: RunDir | None
    _writer: Writer | None
    _delivery: Delivery | None
    _named: str | None
    _job_type: str | None
    _group: str | None
    _tags: tuple[str, ...]
    _notes: str | None
    _step: int
    _first_step: int
    _started: float

    def _record(self, kind: str, body: Json) -> None:
        raise NotImplementedError

    @property
    def id(self) -> str:
        return self._identity.id

    @property
    def entity(self) -> str:
        return self._identity.entity

    @property
    def project(self) -> str:
        return self._identity.project

    def project_name(self) -> str:
        return self.project

    @property
    def path(self) -> str:
        """`entity/project/id`"""
        return f"{self.entity}/{self.project}/{self.id}"

    @property
    def mode(self) -> str:
        """`online`, `offline` or `disabled`."""
        return self._settings.mode

    @property
    def offline(self) -> bool:
        return self.mode == "offline"

    @property
    def disabled(self) -> bool:
        return self.mode == "disabled"

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def name(self) -> str:
        """The display name; until the server numbered it, the name without its number."""
        if self._named is None and self._folder and (numbered := self._folder.status.get("name")):
            self._named = str(numbered)
        return self._named or self._identity.poetic

    @name.setter
    def name(self, value: str) -> None:
        self._named = check_title(value, "run name")
        self._record("run", {"name": self._named})

    @property
    def display_name(self) -> str:
        return self.name

    @property
    def job_type(self) -> str | None:
        return self._job_type

    @property
    def group(self) -> str | None:
        return self._group

    @property
    def tags(self) -> tuple[str, ...]:
        return self._tags

    @tags.setter
    def tags(self, value: Iterable[str]) -> None:
        self._tags = check_tags(value)
        self._record("run", {"tags": list(self._tags)})

    @property
    def notes(self) -> str | None:
        return self._notes

    @notes.setter
    def notes(self, value: str) -> None:
        self._notes = value
        self._record("run", {"notes": value})

    @property
    def step(self) -> int:
        """The step that the next `log()` without a step gets."""
        return self._step

    @property
    def starttime(self) -> float:
        """UTC seconds since the epoch."""
        return self._started

    start_time = starttime

    @property
    def dir(self) -> str:
        """A folder of the run; what lies in it when the run finishes is kept with it."""
        return str(self._folder.files) if self._folder else tempfile.gettempdir()

    @property
    def folder(self) -> Path | None:
        """Where the journal is; None if the run is disabled."""
        return self._folder.path if self._folder else None

    @property
    def url(self) -> str | None:
        """The page of the run; None if it is offline or disabled."""
        base = self._delivery.base_url() if self._delivery and self.mode == "online" else None
        return f"{base}/{self.entity}/{self.project}/runs/{self.id}" if base else None

    def get_url(self) -> str | None:
        return self.url

    @property
    def project_url(self) -> str | None:
        return self.url and self.url.rpartition("/runs/")[0]

    @property
    def config_static(self) -> Json:
        """A plain copy of the config."""
        return self.config.as_dict()

    @property
    def starting_step(self) -> int:
        """The step at which this process began: more than 0 if the run was resumed, forked or rewound."""
        return self._first_step

    @property
    def sweep_id(self) -> str | None:
        """`MUSEION_SWEEP_ID`: a word that the trials of one search have in common."""
        return self._settings.sweep_id

    @property
    def sweep_url(self) -> str | None:
        """None: Museion has no page for sweeps."""
        return None

    @property
    def sync_dir(self) -> str | None:
        """The run's folder on this machine: what `museion sync` takes."""
        return str(self.folder) if self.folder else None

    def status(self) -> Status:
        """How far the uploader is: `bytes_left` of the journal, rows stored, what was refused, the last error."""
        return Status(self._delivery.status(self._writer) if self._delivery and self._writer else {})

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """The run's page in a frame, for a notebook."""
        if self.url is None:
            return f"<p>The run {html.escape(self.name)} is {self.mode}: it has no page.</p>"
        style = f"border:none;width:100%;height:{int(height)}px"
        frame = f'<iframe src="{html.escape(self.url, quote=True)}" style="{style}"></iframe>'
        return f"<details><summary>{html.escape(self.name)}</summary>{frame}</details>" if hidden else frame

    _repr_html_ = to_html

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show the run's page in a notebook; False outside of one."""
        module = sys.modules.get("IPython.display")
        if module is None or "IPython" not in sys.modules or sys.modules["IPython"].get_ipython() is None:
            return False
        module.display(module.HTML(self.to_html(height, hidden)))
        return True

    def __repr__(self) -> str:
        return f"<museion.Run {self.path} ({self.mode})>"


def check_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Each checked, in order, none twice."""
    if isinstance(tags, str):
        tags = (tags,)
    return tuple(dict.fromkeys(check_tag(tag) for tag in tags))
