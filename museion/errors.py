"""Everything that can go wrong, in one tree.

    MuseionError
    ├── NameInvalid            ValueError         a name, alias, key or reference we cannot accept
    ├── ValueInvalid           ValueError         a value that cannot be stored (not JSON, wrong shape, too large)
    │   └── QueryInvalid                          a filter, an order or a group that cannot be read; says where
    ├── PathInvalid            ValueError         an entry path that could leave its folder
    ├── FileChanged            RuntimeError       a file was written to while it was being added
    ├── ArtifactFrozen         TypeError          a logged artifact cannot be changed
    ├── ArtifactUnlogged       ValueError         the artifact has no version yet
    ├── TypeMismatch           ValueError         the collection exists with another type
    ├── NotFound               LookupError
    │   ├── ProjectNotFound
    │   ├── RunNotFound
    │   ├── ArtifactNotFound
    │   ├── FileMissing        FileNotFoundError  a run file, an entry or a local file that is not there
    │   └── BlobNotFound
    ├── Conflict               RuntimeError
    │   ├── SequenceGap                           a batch came before the one it follows
    │   ├── BlobsMissing                          a commit names bytes the server does not have
    │   ├── RunExists                             resume="never" and the run is there
    │   └── RunDeleted                            the run is in the trash
    ├── Corrupt                ValueError         bytes that do not match their digest or their format
    │   ├── BlobCorrupt
    │   ├── PackCorrupt
    │   ├── BatchCorrupt
    │   └── JournalCorrupt
    ├── Denied                 PermissionError
    │   ├── Unauthenticated                       no key, or one the server does not know
    │   └── Forbidden                             a key whose role does not allow this
    ├── TooLarge               ValueError         a body, a count or a depth over the announced limit
    ├── StorageFull            OSError            no room left on the disk or in the quota
    ├── StorageFault           OSError            the object store refuses, or does not answer as it should
    ├── ServerUnreachable      ConnectionError    no answer; what was logged stays in the journal
    ├── ServerFault            RuntimeError       the server answered with 5xx or with something unreadable
    └── UsageError             RuntimeError       a call at the wrong moment (log before init, …)

Each is also the builtin a person would catch. `message` says what was wrong and where, `advice` what to do;
`code` is the stable word programs and the HTTP API use; `details` holds plain JSON for them.
"""

from __future__ import annotations

from typing import Any, ClassVar


class MuseionError(Exception):
    """The root: every error Museion raises on purpose is one of these."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    advice: str = ""

    def __init__(self, message: str, *, advice: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        if advice is not None:
            self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".rstrip()


class NameInvalid(MuseionError, ValueError):
    """A name, alias, key or reference we cannot accept."""

    code = "name_invalid"
    status = 400


class ValueInvalid(MuseionError, ValueError):
    """A value that cannot be stored: not JSON, of a wrong shape, or of a wrong type."""

    code = "value_invalid"
    status = 400


class QueryInvalid(ValueInvalid):
    """A filter, an order or a group that cannot be read; `details["at"]` counts the characters before the mistake."""

    code = "query_invalid"


class PathInvalid(MuseionError, ValueError):
    """An entry path that could leave its folder, or that no file system takes."""

    code = "path_invalid"
    status = 400
    advice = "Use a relative path with forward slashes and without '..'."


class FileChanged(MuseionError, RuntimeError):
    """A file was written to while it was being added."""

    code = "file_changed"
    status = 409
    advice = "Add it again once nothing writes to it."


class ArtifactFrozen(MuseionError, TypeError):
    """A logged artifact cannot be changed."""

    code = "artifact_frozen"
    status = 409
    advice = "Make a new Artifact with the same name: it becomes the next version."


class ArtifactUnlogged(MuseionError, ValueError):
    """The artifact has no version yet."""

    code = "artifact_unlogged"
    status = 409
    advice = "Log it first with run.log_artifact(artifact), and wait() for it."


class TypeMismatch(MuseionError, ValueError):
    """The collection exists with another type."""

    code = "type_mismatch"
    status = 409
    advice = "Use the type it has, or another name."


class NotFound(MuseionError, LookupError):
    """What was asked for is not there, or not visible to this key."""

    code = "not_found"
    status = 404


class ProjectNotFound(NotFound):
    """No such project."""

    code = "project_not_found"


class RunNotFound(NotFound):
    """No such run."""

    code = "run_not_found"


class ArtifactNotFound(NotFound):
    """No such artifact, version or alias."""

    code = "artifact_not_found"


class FileMissing(NotFound, FileNotFoundError):
    """A run file, an artifact's entry or a local file that is not there."""

    code = "file_not_found"

    def __str__(self) -> str:
        return MuseionError.__str__(self)


class BlobNotFound(NotFound):
    """No bytes are stored under this digest."""

    code = "blob_not_found"


class Conflict(MuseionError, RuntimeError):
    """The request is fine, the present state does not allow it."""

    code = "conflict"
    status = 409


class SequenceGap(Conflict):
    """A batch came before the one it follows; `details["next_seq"]` is the one expected."""

    code = "sequence_gap"


class BlobsMissing(Conflict):
    """A commit names bytes the server does not have; `details["missing"]` lists them."""

    code = "blobs_missing"
    advice = "Upload the missing ones and commit again."


class RunExists(Conflict):
    """The run is there and was not to be."""

    code = "run_exists"
    advice = 'Choose another id, or resume="allow".'


class RunDeleted(Conflict):
    """The run was deleted, and is in the trash."""

    code = "run_deleted"
    advice = "Restore it with `museion run restore`, or choose another id."


class Corrupt(MuseionError, ValueError):
    """Bytes that do not match their digest or their format."""

    code = "corrupt"
    status = 422


class BlobCorrupt(Corrupt):
    """Stored or received bytes do not hash to their digest."""

    code = "blob_corrupt"
    advice = "Run `museion doctor`; uploading the same content again replaces the bad bytes."


class PackCorrupt(Corrupt):
    """A pack whose footer or trailer does not hold together."""

    code = "pack_corrupt"


class BatchCorrupt(Corrupt):
    """A history batch that cannot be decoded."""

    code = "batch_corrupt"


class JournalCorrupt(Corrupt):
    """A journal that cannot be read at all (a torn tail alone is skipped, not an error)."""

    code = "journal_corrupt"


class Denied(MuseionError, PermissionError):
    """Not allowed."""

    code = "denied"
    status = 403

    def __str__(self) -> str:
        return MuseionError.__str__(self)


class Unauthenticated(Denied):
    """No key, or one the server does not know."""

    code = "unauthenticated"
    status = 401
    advice = "Run `museion login`, or set MUSEION_API_KEY."


class Forbidden(Denied):
    """A key whose role does not allow this."""

    code = "forbidden"
    advice = "Ask an admin of the entity for the role."


class TooLarge(MuseionError, ValueError):
    """A body, a count or a depth over the announced limit."""

    code = "too_large"
    status = 413


class StorageFull(MuseionError, OSError):
    """No room left on the disk or in the quota; nothing was half-written."""

    code = "storage_full"
    status = 507
    advice = "Free some space and try again; what was logged is still in the journal."

    def __str__(self) -> str:
        return MuseionError.__str__(self)


class StorageFault(MuseionError, OSError):
    """The object store behind the server refuses, or does not answer as it should; nothing was half-written."""

    code = "storage_fault"
    status = 503
    advice = "Try again; if it stays, look at the server's log and at the store."

    def __str__(self) -> str:
        return MuseionError.__str__(self)


class ServerUnreachable(MuseionError, ConnectionError):
    """No answer from the server; what was logged stays in the journal."""

    code = "server_unreachable"
    status = 503
    advice = "Start it with `museion up`; `museion sync` sends what is waiting."

    def __str__(self) -> str:
        return MuseionError.__str__(self)


class ServerFault(MuseionError, RuntimeError):
    """The server answered with 5xx, or with something unreadable."""

    code = "server_fault"
    status = 502


class UsageError(MuseionError, RuntimeError):
    """A call at the wrong moment."""

    code = "usage"
    status = 400


def every_error() -> dict[str, type[MuseionError]]:
    """All errors by `code`; the SDK turns an HTTP error body back into the class with it."""
    found: dict[str, type[MuseionError]] = {}
    waiting: list[type[MuseionError]] = [MuseionError]
    while waiting:
        kind = waiting.pop()
        found[kind.code] = kind
        waiting.extend(kind.__subclasses__())
    return found
