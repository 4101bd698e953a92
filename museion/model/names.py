"""What things may be called, and how a reference to an artifact is read.

Names of projects, entities, runs and types follow what W&B accepts, so that a script moves over unchanged: any
printable text of 1 to 128 characters without `/ \\ # ? % :`. Artifact names are narrower (letters, digits, `._-`),
because they become folders.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from museion.errors import NameInvalid

MAX_NAME = 128
LARGEST_VERSION = 2**62
"""What every larger number is taken for: databases have no place for more, and no collection so many versions."""
RUN_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
RUN_ID_LENGTH = 8

_FORBIDDEN = re.compile(r"[/\\#?%:]")
_ARTIFACT = re.compile(r"[A-Za-z0-9._-]{1,128}")
_VERSION = re.compile(r"v(0|[1-9][0-9]*)")
_DIGEST_PREFIX = re.compile(r"[0-9a-f]{8,64}")


def new_run_id(choose: Callable[[str], str]) -> str:
    """A fresh run id, 8 × [a-z0-9]; `choose` picks one character (`random.choice`, `secrets.choice`)."""
    return "".join(choose(RUN_ID_ALPHABET) for _ in range(RUN_ID_LENGTH))


def check_name(text: object, what: str) -> str:
    """Return `text` if it may name a project, an entity, a run, a type or a group; `what` is used in the error."""
    if not isinstance(text, str) or not text.strip():
        raise NameInvalid(f"The {what} is empty.", advice="Give it a name of 1 to 128 characters.")
    if len(text) > MAX_NAME:
        raise NameInvalid(f"The {what} has {len(text)} characters, more than {MAX_NAME}.", advice="Shorten it.")
    if found := _FORBIDDEN.search(text):
        raise NameInvalid(f"The {what} {text!r} has {found.group()!r} in it.", advice="Leave out / \\ # ? % and :.")
    if not text.isprintable() or text != text.strip() or text in (".", "..") or text == "-":
        raise NameInvalid(f"The {what} {text!r} is not a plain name.", advice="Use letters, digits, '.', '_', '-'.")
    return text


def check_title(text: object, what: str) -> str:
    """Return `text` if it may be shown as the name of a run, a group or a job type: these are no part of any address,
    so any 1 to 128 printable characters will do. `what` is used in the error."""
    if not isinstance(text, str) or not text.strip():
        raise NameInvalid(f"The {what} is empty.", advice="Give it a name of 1 to 128 characters.")
    if len(text) > MAX_NAME:
        raise NameInvalid(f"The {what} has {len(text)} characters, more than {MAX_NAME}.", advice="Shorten it.")
    if not text.isprintable():
        raise NameInvalid(f"The {what} {text!r} has characters that cannot be shown.", advice="Use plain text.")
    return text


def check_artifact_name(text: object) -> str:
    """Return `text` if it may name an artifact collection: 1–128 of letters, digits, dots, underscores, dashes."""
    if not isinstance(text, str) or not _ARTIFACT.fullmatch(text) or text in (".", ".."):
        raise NameInvalid(
            f"The artifact name {text!r} is not valid.",
            advice="Use 1 to 128 letters, digits, dots, underscores and dashes.",
        )
    return text


def check_alias(text: object) -> str:
    """Return `text` if it may be an alias: a plain name that does not look like a version (`v3`)."""
    alias = check_name(text, "alias")
    if _VERSION.fullmatch(alias):
        raise NameInvalid(f"The alias {alias!r} looks like a version.", advice="Versions are given by the server.")
    return alias


def check_tag(text: object) -> str:
    """Return `text` if it may be a tag: 1 to 64 printable characters."""
    if not isinstance(text, str) or not 1 <= len(text) <= 64 or not text.isprintable():
        raise NameInvalid(f"The tag {text!r} is not valid.", advice="Use 1 to 64 printable characters.")
    return text


def user_entity(user: str) -> str:
    """The entity of a user of this machine: their name as the system has it, made plain, else `local`.

    The SDK and the local server must come to the same one without asking each other.
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", user).strip("-")[:64] or "local"


def version_number(text: str) -> int | None:
    """`"v3"` → 3; None if `text` is not a version."""
    return min(int(text[1:40]), LARGEST_VERSION) if _VERSION.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class ArtifactRef:
    """A reference as people write it: `name`, `name:alias`, `project/name:v3`, `entity/project/name:best`.

    `pointer` is an alias, a version (`v3`) or a digest prefix; it is `latest` where none was given.
    """

    name: str
    pointer: str = "latest"
    project: str | None = None
    entity: str | None = None

    @classmethod
    def parse(cls, text: str) -> ArtifactRef:
        """Read `text`, or raise NameInvalid saying which part is wrong."""
        if not isinstance(text, str):
            raise NameInvalid(f"An artifact is named by text, not by {type(text).__name__}.")
        path, _, pointer = text.partition(":")
        parts = path.split("/")
        if len(parts) > 3:
            raise NameInvalid(f"{text!r} has too many '/'.", advice="Write entity/project/name:alias.")
        name = check_artifact_name(parts[-1])
        project = check_name(parts[-2], "project") if len(parts) > 1 else None
        entity = check_name(parts[-3], "entity") if len(parts) > 2 else None
        return cls(name, check_name(pointer, "alias") if pointer else "latest", project, entity)

    def __str__(self) -> str:
        return "/".join(p for p in (self.entity, self.project, f"{self.name}:{self.pointer}") if p)


def is_digest_prefix(text: str) -> bool:
    """Whether `text` may be the beginning (≥ 8 hex digits) of a digest."""
    return bool(_DIGEST_PREFIX.fullmatch(text))
