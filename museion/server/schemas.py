"""The JSON of `/api/v1`: what comes in and what goes out. The TypeScript types are generated from these.

Times are UTC seconds since the epoch, sizes are bytes, digests are `blake3:<hex>`. Numbers in config, summary and
metadata that JSON lacks travel as the strings "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from museion.model.run import RunState
from museion.model.view import ViewPage

JsonObject = dict[str, Any]
LAYERS = 10_000
STEPS = 2**53 - 1


class In(BaseModel):
    """A request body: unknown fields are refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """A response body, made from the dataclasses of `museion.model`."""

    model_config = ConfigDict(from_attributes=True, ser_json_inf_nan="strings")


class Problem(Out):
    """Every error has this body. `code` is stable; `request` is the id under which the server's log has it."""

    code: str
    message: str
    advice: str = ""
    details: JsonObject = Field(default_factory=dict)
    request: str = ""


class Limits(Out):
    """The largest of everything, in bytes or counts."""

    body: int
    batch: int
    pack: int
    manifest_entries: int
    page: int


class Health(Out):
    status: Literal["ok"]
    version: str
    api: int
    ui: bool
    limits: Limits


class Viewer(Out):
    """Who the key or the cookie belongs to."""

    name: str
    entity: str
    role: Literal["viewer", "member", "admin"]


class ProjectOut(Out):
    entity: str
    name: str
    description: str | None
    created_at: float
    updated_at: float
    runs: int
    running: int
    artifacts: int
    size: int


class RunUpsert(In):
    """Create a run or change it; a field left out is left alone.

    `config` and `summary` are merged at their top level; a key listed in `remove` of them goes. `resume` decides what
    happens to a run that is there: None joins it (many writers into one run are normal), "never" answers 409,
    "must" answers 404 if it is not there.
    """

    name: str | None = None
    job_type: str | None = None
    group: str | None = None
    tags: list[str] | None = None
    notes: str | None = None
    config: JsonObject | None = None
    summary: JsonObject | None = None
    metadata: JsonObject | None = None
    metrics: list[JsonObject] | None = None
    state: RunState | None = None
    exit_code: int | None = None
    created_at: float | None = None
    finished_at: float | None = None
    resume: Literal["allow", "must", "never"] | None = None
    remove_config: list[str] = Field(default_factory=list)
    remove_summary: list[str] = Field(default_factory=list)


class RunOut(Out):
    entity: str
    project: str
    id: str
    name: str
    number: int
    color_index: int
    state: RunState
    created_at: float
    updated_at: float
    heartbeat_at: float
    finished_at: float | None
    exit_code: int | None
    job_type: str | None
    group: str | None
    tags: list[str]
    notes: str | None
    user: str | None
    config: JsonObject
    summary: JsonObject
    metadata: JsonObject
    metrics: list[JsonObject]
    forked_from: str | None
    forked_at: int | None
    rewound_to: int | None
    archived: bool
    deleted_at: float | None
    stop: bool


class RunPage(Out):
    runs: list[RunOut]
    total: int
    next: str | None


class RunPatch(In):
    """Edit the papers of a run. What is left out stays; null takes notes, group or job type away.

    `add_tags` and `remove_tags` follow after `tags`.
    """

    name: str | None = None
    notes: str | None = None
    group: str | None = None
    job_type: str | None = None
    tags: list[str] | None = Field(default=None, max_length=1_000)
    add_tags: list[str] = Field(default_factory=list, max_length=1_000)
    remove_tags: list[str] = Field(default_factory=list, max_length=1_000)


class RunsIn(In):
    """Change many runs at once: those named in `runs`, or all that `filter` means (archived ones are left out, unless
    it speaks of `archived`).

    With `dry_run` the answer says what would happen, and nothing does. `edit` belongs to the action "edit",
    `artifacts` to "delete": the versions these runs made go with them, but for those with aliases of their own.
    Deleted runs are restored by their ids.
    """

    action: Literal["edit", "archive", "restore", "delete", "stop"]
    runs: list[str] | None = Field(default=None, max_length=10_000)
    filter: str | None = Field(default=None, max_length=16_384)
    edit: RunPatch | None = None
    artifacts: bool = False
    dry_run: bool = False


class RunsChanged(Out):
    """How many runs, and for "delete" how many versions and the bytes that this frees once the trash is emptied."""

    runs: int
    versions: int = 0
    freed: int = 0


class GroupOut(Out):
    """Runs that agree in the fields they are grouped by. `filter` gives them as `filter` of the list of runs."""

    values: list[Any]
    count: int
    running: int
    newest: float
    aggregates: dict[str, float | None]
    filter: str


class GroupPage(Out):
    """`total` counts the groups, `runs` the runs in them; ask again with `start=next`."""

    groups: list[GroupOut]
    total: int
    runs: int
    next: int | None


class ColumnOut(Out):
    """A column of the run table. `part` is run, config or summary; `kinds` counts its numbers, texts, lists, bools.

    `count` and `differs` are null for columns of which only the name is known (too many to hold). `values` are some
    of its texts.
    """

    name: str
    part: Literal["run", "config", "summary"]
    count: int | None
    kinds: dict[str, int]
    differs: bool | None
    min: float | None
    max: float | None
    values: list[Any]


class Beat(Out):
    """`stop`: somebody asked the run to stop."""

    stop: bool


class AlertIn(In):
    """Within `wait` seconds of the last alert with this title, it is not stored again. `uid` makes a retry no news."""

    title: str
    text: str = ""
    level: Literal["info", "warn", "error"] = "info"
    wait: float = Field(default=0.0, ge=0)
    uid: str | None = None


class AlertOut(Out):
    number: int
    run: str
    run_name: str
    title: str
    text: str
    level: Literal["info", "warn", "error"]
    created_at: float


class AlertPage(Out):
    """The last first; ask again with `before=next`."""

    alerts: list[AlertOut]
    next: int | None


class Accepted(Out):
    """A batch is stored, fsync'd and visible. `next_seq` is the sequence number expected next from this writer."""

    next_seq: int


class ConsoleLine(Out):
    """`stream` is stdout or stderr; `number` counts from 0 over the run."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")
    number: int
    time: float
    stream: Literal["stdout", "stderr"]
    text: str


class ConsoleIn(In):
    """Lines from one writer; `first` is the writer's own number of the first of them, so that a retry is no news."""

    writer: str
    first: int = Field(ge=0)
    lines: list[tuple[float, Literal["stdout", "stderr"], str]]


class ConsolePage(Out):
    lines: list[ConsoleLine]
    total: int


class KeyOut(Out):
    """One series of a run. `kind` says what its values are; min, max and last are None for what is not numeric."""

    key: str
    kind: Literal["number", "value"]
    count: int
    first_step: int
    last_step: int
    min: float | None
    max: float | None
    last: Any


class ValuePage(Out):
    """Values of one key that are not numbers (strings, media, tables), by step."""

    values: list[ValueOut]
    truncated: bool


class ValueOut(Out):
    step: int
    time: float
    value: Any


class HistoryPage(Out):
    """Rows in order of step: `_step`, `_timestamp`, `_runtime` and the logged keys."""

    rows: list[JsonObject]
    next: int | None


class SmoothingIn(In):
    """How to smooth: `ema` and `time_ema` (over x, as W&B's) by a strength from 0 up to 1, `gaussian` by a standard
    deviation and `mean` by a window, both in points."""

    kind: Literal["ema", "time_ema", "gaussian", "mean"]
    strength: float = Field(ge=0, le=1_000_000)


class SeriesIn(In):
    """Ask for curves. The answer is binary, see docs/FORMAT.md, "Series on the wire".

    `x` is `_step`, `_runtime` (seconds), `_timestamp`, or the key of another metric. `width` is the number of buckets
    wanted; each keeps its minimum and maximum with their true x. `start` and `stop` limit x. Smoothing and `outliers`
    (outside the 5th to 95th percentile, or more than 3 interquartile ranges beyond the quartiles) look at the whole
    series, whatever the range. With `groups` (name → run ids) the answer has the mean of each group and a band around
    it; `runs` may then be empty. `layer` is what a run showed before its rewind of that number, counted from 0.
    """

    runs: list[str] = Field(default_factory=list, max_length=1000)
    keys: list[str] = Field(max_length=1000)
    x: str = "_step"
    width: int = Field(default=750, ge=1, le=10_000)
    start: float | None = None
    stop: float | None = None
    smoothing: SmoothingIn | None = None
    outliers: Literal["percentile", "iqr"] | None = None
    groups: dict[str, list[str]] | None = Field(default=None, max_length=1000)
    band: Literal["std", "stderr", "minmax"] = "std"
    layer: int | None = Field(default=None, ge=0, le=LAYERS)


class KeysIn(In):
    """Ask for the keys of these runs put together; None is all runs of the project."""

    runs: list[str] | None = Field(default=None, max_length=100_000)


class SharedKeyOut(Out):
    """One key of many runs: how many have it, and its last step, least and greatest number in any of them."""

    key: str
    kind: Literal["number", "value"]
    runs: int
    last_step: int
    min: float | None
    max: float | None


class ForkIn(In):
    """Make the run go on from `parent`: it shows the parent's history up to `step`, and then its own."""

    parent: str
    step: int = Field(ge=-STEPS, le=STEPS)


class RewindIn(In):
    """Hide what comes after `step`; it stays readable as a layer, and the run goes on from there."""

    step: int = Field(ge=-STEPS, le=STEPS)


class SpanOut(Out):
    """Rows of `run` up to step `stop` (None: all); `run` is None for a run that is gone."""

    run: str | None
    stop: int | None


class LayerOut(Out):
    """What a run showed before its rewind number `layer` + 1, counted from 0; the last layer is what it shows."""

    layer: int
    spans: list[SpanOut]


class FileIn(In):
    path: str
    digest: str
    size: int = Field(ge=0)


class FilesIn(In):
    """Name uploaded content as files of a run. `upload` is the lease under which it came."""

    upload: str
    files: list[FileIn]


class FileOut(Out):
    """`url` is signed, needs no key and expires."""

    path: str
    size: int
    digest: str | None
    url: str
    type: str
    updated_at: float | None = None
    uri: str | None = None


class FilePage(Out):
    files: list[FileOut]
    total: int
    size: int
    next: str | None


class UploadOut(Out):
    """A lease: what it sends or asks for is not collected until `expires`. `staging` is device:inode of the folder
    whose packs this server takes over by name, if it is on the client's machine. `direct`: whether packs may be sent
    straight into the server's bucket, by signed URLs."""

    upload: str
    expires: float
    max_pack: int
    staging: str | None = None
    direct: bool = False


class PackOffer(Out):
    """Send the pack with `method` and `headers` to `url` before `expires`, then say that `name` came."""

    name: str
    url: str
    expires: float
    method: str
    headers: dict[str, str]


class RecipeIn(In):
    """How a file is put together from chunks: pairs of hex hash and length in bytes."""

    digest: str
    size: int = Field(ge=0)
    chunks: list[tuple[str, int]]


class RecipesIn(In):
    files: list[RecipeIn] = Field(max_length=10_000)


class PackAccepted(Out):
    pack: str
    chunks: int
    new: int


class UsageOut(Out):
    """`files` with `size` bytes of content take `stored` bytes in packs; of these, `unique` are needed by nothing else
    (they are freed with it), and `shared` are."""

    files: int
    size: int
    stored: int
    unique: int
    shared: int


class QuotaIn(In):
    """The most bytes a project may hold; null: no limit."""

    bytes: int | None = Field(ge=0, le=2**53 - 1)


class QuotaOut(Out):
    bytes: int | None
    held: int


class GarbageIn(In):
    """`grace`: leave alone what was touched within this many seconds."""

    dry_run: bool = False
    grace: float = Field(default=3600.0, ge=0, le=1e9, allow_inf_nan=False)
    empty_trash: bool = False


class GarbageOut(Out):
    """What was deleted, or would be: files, packs, the bytes that gives back; `repacked` packs were written anew."""

    files: int
    packs: int
    bytes: int
    repacked: int


class PartIn(In):
    """Bytes `[start, stop)` of the file at `path`; to its end without `stop`."""

    path: str
    start: int = Field(default=0, ge=0)
    stop: int | None = Field(default=None, ge=0)


class BundleIn(In):
    """Files of a version to read in one answer, in this order."""

    files: list[PartIn] = Field(max_length=10_000)


class ArtifactIn(In):
    """Commit a version. Content that the newest version already has gives that version and moves the aliases."""

    name: str
    type: str
    manifest: JsonObject
    description: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    aliases: list[str] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)
    run: str | None = None
    step: int | None = None
    upload: str | None = None
    incremental: bool = False
    ttl: int | None = None
    client_id: str | None = None


class VersionOut(Out):
    """`ttl` in seconds: null as the collection has it, 0 for ever; `expires_at` is what comes of it. `source` names the
    version itself where this one is a registry's link to it."""

    entity: str
    project: str
    name: str
    type: str
    version: str
    number: int
    digest: str
    size: int
    files: int
    created_at: float
    updated_at: float
    description: str | None
    metadata: JsonObject
    aliases: list[str]
    tags: list[str]
    made_by: str | None
    step: int | None
    id: int
    ttl: int | None
    expires_at: float | None
    source: str | None


class CommitOut(Out):
    """`existing` if the content was there already, so that no version was made."""

    artifact: VersionOut
    existing: bool


class VersionPatch(In):
    """What is left out stays. `tags` replaces all; `ttl` is in seconds, 0 for ever, -1 as the collection has it."""

    description: str | None = None
    metadata: JsonObject | None = None
    add_aliases: list[str] = Field(default_factory=list)
    remove_aliases: list[str] = Field(default_factory=list)
    tags: list[str] | None = None
    add_tags: list[str] = Field(default_factory=list)
    remove_tags: list[str] = Field(default_factory=list)
    ttl: int | None = None


class CollectionOut(Out):
    entity: str
    project: str
    name: str
    type: str
    versions: int
    size: int
    created_at: float
    updated_at: float
    description: str | None
    latest: str | None
    id: int
    kind: Literal["sequence", "portfolio"]
    tags: list[str]
    ttl: int | None


class CollectionPage(Out):
    collections: list[CollectionOut]
    total: int


class VersionPage(Out):
    collection: CollectionOut
    versions: list[VersionOut]
    total: int


class ManifestOut(Out):
    """Entries in order of path, a page at a time; `format` as in docs/FORMAT.md."""

    format: int
    entries: JsonObject
    total: int
    next: str | None


class UseIn(In):
    """`artifact` is `name:alias`, `project/name:v3` or `entity/project/name:alias`; `digest` pins the content,
    for a run that used it offline."""

    artifact: str
    type: str | None = None
    digest: str | None = None
    step: int | None = None


class RunArtifacts(Out):
    inputs: list[VersionOut]
    outputs: list[VersionOut]


class CollectionIn(In):
    """A sequence holds versions, a portfolio links to them: a place in a registry."""

    type: str
    kind: Literal["sequence", "portfolio"] = "sequence"


class CollectionPatch(In):
    """What is left out stays. `ttl` is how many seconds versions live that say nothing else; 0: for ever."""

    name: str | None = None
    type: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    add_tags: list[str] = Field(default_factory=list)
    remove_tags: list[str] = Field(default_factory=list)
    ttl: int | None = None


class GatheredOut(Out):
    """How far a version in the making is that several runs add to."""

    name: str
    distributed_id: str
    parts: int
    files: int
    size: int


class RecipeOut(Out):
    """How a file is put together from chunks: pairs of hex BLAKE3 and length in bytes."""

    digest: str
    size: int
    chunks: list[tuple[str, int]]


class LinkIn(In):
    """`target` is `name`, `project/name` or `entity/project/name` of a portfolio, made if it is not there."""

    target: str
    aliases: list[str] = Field(default_factory=list)


class LinkOut(Out):
    entity: str
    project: str
    name: str
    version: str
    aliases: list[str]
    created_at: float
    by: str | None


class EditOut(Out):
    """`changes`: field → [before, after]."""

    at: float
    by: str | None
    changes: JsonObject


class Aliases(In):
    aliases: list[str]


class SignatureIn(In):
    """An armored SSH signature over the canonical bytes of the manifest (docs/format/signature.md)."""

    signer: str
    body: str


class SignatureOut(Out):
    fingerprint: str
    signer: str
    body: str
    created_at: float
    by: str | None


class VersionSearch(Out):
    """`size` counts each version's bytes for itself."""

    versions: list[VersionOut]
    total: int
    size: int


class WantedIn(In):
    """Which versions are meant; `names` may have `*` in them, `keep` leaves out so many of the newest of each name.
    Versions with an alias other than `latest`, and versions that are linked, stay unless they are asked for."""

    names: list[str] = Field(default_factory=list, max_length=1000)
    type: str | None = None
    tags: list[str] = Field(default_factory=list, max_length=100)
    alias: str | None = None
    aliased: bool | None = None
    linked: bool | None = None
    run: str | None = None
    before: float | None = None
    after: float | None = None
    larger_than: int | None = Field(default=None, ge=0, le=2**53 - 1)
    q: str = ""
    keep: int = Field(default=0, ge=0, le=1_000_000)
    dry_run: bool = False


class BulkDeleted(Out):
    """`freed` counts the bytes that nothing else needs; `kept` are versions that stay for an alias or a link."""

    deleted: int
    freed: int
    versions: list[str]
    kept: list[str]


class ThrownOut(Out):
    """A deleted version that can be restored."""

    name: str
    type: str
    version: str
    digest: str
    deleted_at: float
    by: str | None


class RestoreIn(In):
    """`version` is `v3`; without it everything that was deleted under the name comes back."""

    name: str
    version: str | None = None


class InsideOut(Out):
    kind: str
    added: list[str]
    removed: list[str]
    changed: list[str]
    same: int


class DiffOut(Out):
    """What has to be done to `before` to make it `after`. `counts` are of all paths, at most 10,000 of each kind are
    listed. `metadata`: key → [before, after]. Bytes are of contents, each counted once."""

    before: VersionOut
    after: VersionOut
    added: list[str]
    removed: list[str]
    changed: list[str]
    same: int
    counts: dict[str, int]
    truncated: bool
    metadata: JsonObject
    inside: dict[str, InsideOut]
    shared_bytes: int
    new_bytes: int
    gone_bytes: int


class ReachedOut(Out):
    """All that lies up- or downstream of a version; the counts by type are of all, the lists are the newest."""

    versions: list[VersionOut]
    runs: list[RunOut]
    versions_by_type: dict[str, int]
    runs_by_type: dict[str, int]
    truncated: bool


class OutdatedOut(Out):
    """`version` depends on `input`, of which there is `newest` by now."""

    version: VersionOut
    input: VersionOut
    newest: VersionOut


class FreshnessOut(Out):
    outdated: list[OutdatedOut]
    truncated: bool


class VersionRuns(Out):
    """Who made a version, and who used it."""

    made_by: RunOut | None
    used_by: list[RunOut]


class NodeOut(Out):
    id: str
    kind: Literal["run", "artifact"]
    type: str
    name: str
    label: str
    time: float
    version: str | None
    state: str | None
    aliases: list[str]
    count: int


class EdgeOut(Out):
    source: str
    target: str
    role: Literal["made", "used"]
    count: int
    step: int | None


class GraphOut(Out):
    nodes: list[NodeOut]
    edges: list[EdgeOut]
    truncated: bool
    total: int


class ChangesOut(Out):
    """What is new since a cursor: ids of changed runs, names of changed collections. Ask again with `cursor`."""

    cursor: int
    runs: list[str]
    collections: list[str]


class Deleted(Out):
    """What a deletion took away; `freed` counts the bytes that no other version or run still needs."""

    deleted: int
    freed: int


class ViewIn(In):
    """How a page is looked at: `state` holds the fields of its address, as text."""

    page: ViewPage
    name: str = Field(max_length=1000)
    state: dict[str, str] = Field(max_length=1000)
    is_default: bool = False


class ViewOut(Out):
    id: int
    page: ViewPage
    name: str
    state: dict[str, str]
    is_default: bool
    user: str | None
    created_at: float
    updated_at: float


class PreviewColumn(Out):
    """A column of a table, and what a sample of it holds."""

    name: str
    type: str
    missing: int | None = None
    distinct: int | None = None
    top: list[tuple[str, int]] | None = None
    min: float | str | None = None
    max: float | str | None = None
    mean: float | str | None = None
    std: float | str | None = None


class PreviewTensor(Out):
    """A tensor in a file: `bytes` is None where the header does not tell."""

    name: str
    dtype: str
    shape: list[int]
    bytes: int | None = None


class PreviewCall(Out):
    """A name that unpickling the file would call, and what to think of it."""

    name: str
    count: int
    verdict: Literal["harmless", "unknown", "dangerous"]


class PreviewValue(Out):
    """A plain value at a path inside a file."""

    path: str
    value: Any = None


class PreviewEntry(Out):
    """A file in an archive; `packed` is its size in there."""

    path: str
    size: int
    packed: int | None = None


class Preview(Out):
    """What a file holds, told without running anything of it. Which fields there are goes by `kind`."""

    kind: Literal["text", "json", "table", "tensors", "image", "audio", "archive", "pickle", "binary"]
    format: str
    truncated: bool = False
    problem: str | None = None
    facts: dict[str, Any] | None = None
    text: str | None = None
    head: str | None = None
    outline: Any = None
    columns: list[PreviewColumn] | None = None
    rows: list[list[Any]] | None = None
    total_rows: int | None = None
    total_columns: int | None = None
    sampled_rows: int | None = None
    tensors: list[PreviewTensor] | None = None
    metadata: Any = None
    values: list[PreviewValue] | None = None
    calls: list[PreviewCall] | None = None
    entries: list[PreviewEntry] | None = None
