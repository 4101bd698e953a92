"""Packs in an object store: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage.

A pack is one object, `<prefix>/packs/ab/<id>`, written once with If-None-Match: two servers that send the same pack do
not harm each other. Credentials come from where the store's own tools look: the environment, or the machine's role.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from museion.blobs.pack import MAX_PACK
from museion.blobs.packs import Folder, Packs, Span
from museion.errors import MuseionError, StorageFault, TooLarge, UsageError

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore, S3Store

    Store = S3Store | GCSStore | AzureStore

SCHEMES = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss")
RETRIES: dict[str, Any] = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
_OPTIONS = ("direct", "endpoint", "region", "skip_signature", "virtual_hosted_style_request", "account_name")
_ID = re.compile(r"packs/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_TIMEOUT = "60s"
_SENT_WITH = {"If-None-Match": "*", "x-ms-blob-type": "BlockBlob"}  # Azure wants the second; others know it not


def open_packs(root: Path, storage: str | None) -> Packs:
    """The packs of a server: under `root`, or where the URL `storage` says (`s3://bucket/prefix`, `gs://…`, `az://…`).

    After a `?` the URL may name an `endpoint` and a `region`; secrets are never in it. With `direct=yes`, clients get
    signed URLs to send packs straight into the bucket, whose endpoint they must reach then. Raises UsageError.
    """
    if storage is None:
        return Folder(root)
    scheme = urlsplit(storage).scheme
    if scheme == "file":
        return Folder(Path(urlsplit(storage).path))
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}://" for name in SCHEMES[:4])
        raise UsageError(f"The storage {storage!r} is not one we know.", advice=f"Use a folder, {known}.")
    url, _, query = storage.partition("?")
    direct = dict(parse_qsl(query)).get("direct", "no")
    if direct not in ("yes", "no"):
        raise UsageError(f"The storage says direct={direct[:20]!r}.", advice="Write direct=yes, or leave it out.")
    return Bucket(_open_store(storage), url, direct=direct == "yes")


def _open_store(storage: str) -> Store:
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    url, _, query = storage.partition("?")
    options = dict(parse_qsl(query))
    if unknown := set(options) - set(_OPTIONS):
        raise UsageError(f"The storage has the options {sorted(unknown)}.", advice=f"Known are {', '.join(_OPTIONS)}.")
    plain = options.get("endpoint", "").startswith("http://")
    options.pop("direct", None)
    try:
        client = {"allow_http": plain, "timeout": _TIMEOUT}
        chosen: Any = {"config": options, "client_options": client, "retry_config": RETRIES}
        store: Any = from_url(url, **chosen)
    except (BaseError, ValueError, TypeError) as error:
        raise UsageError(f"The storage {url!r} cannot be opened: {error}.") from None
    found: Store = store
    return found


class Bucket:
    """Packs as objects. Threads may share it."""

    run = 8 << 20
    ahead = 4
    shared = True

    def __init__(self, store: Store, name: str = "the bucket", *, direct: bool = False) -> None:
        self._store = store
        self._name = name
        self.direct = direct

    def read(self, span: Span) -> bytes:
        import obstore

        key = _key(span.pack)
        with self._clear(span.pack):
            try:
                return bytes(obstore.get_range(self._store, key, start=span.offset, length=span.length))
            except FileNotFoundError:
                raise
            except obstore.exceptions.GenericError:
                size = int(obstore.head(self._store, key)["size"])  # the range may lie behind the end
                left = min(span.length, size - span.offset)
                if left == span.length:
                    raise
                return bytes(obstore.get_range(self._store, key, start=span.offset, length=left)) if left > 0 else b""

    def put(self, pack: str, path: Path, fd: int) -> None:
        import obstore

        with self._clear(pack):
            body = os.pread(fd, os.fstat(fd).st_size, 0)
            try:
                obstore.put(self._store, _key(pack), body, mode="create", use_multipart=False)
            except obstore.exceptions.AlreadyExistsError:
                # What is there was verified once. It comes again when a chunk of it was found damaged: this mends it.
                obstore.put(self._store, _key(pack), body, mode="overwrite", use_multipart=False)

    def delete(self, pack: str) -> None:
        import obstore

        with self._clear(pack):
            try:
                obstore.delete(self._store, _key(pack))
            except FileNotFoundError:
                return

    def each(self) -> Iterator[tuple[str, int]]:
        import obstore

        with self._clear("the list of packs"):
            for page in obstore.list(self._store, prefix="packs"):
                for entry in page:
                    if found := _ID.fullmatch(str(entry["path"])):
                        yield found.group(2), int(entry["size"])

    def put_aside(self, pack: str) -> None:
        import obstore

        with self._clear(pack):
            obstore.copy(self._store, _key(pack), f"quarantine/{pack}")
            obstore.delete(self._store, _key(pack))

    def sign(self, key: str, seconds: float) -> tuple[str, dict[str, str]]:
        import obstore

        with self._clear(key):
            url = obstore.sign(self._store, "PUT", key, timedelta(seconds=seconds))
        return url, _SENT_WITH

    def lay_aside(self, key: str, aside: str) -> None:
        import obstore

        with self._clear(key):
            size = int(obstore.head(self._store, key)["size"])
            if size <= MAX_PACK:
                obstore.copy(self._store, key, _aside(aside))
            obstore.delete(self._store, key)
        if size > MAX_PACK:
            raise TooLarge(f"A pack may have {MAX_PACK:,} bytes, this one has {size:,}.", limit=MAX_PACK)

    def fetch(self, aside: str) -> Iterator[bytes]:
        import obstore

        left = MAX_PACK  # a longer one may have been sent after we looked
        with self._clear(aside):
            for piece in obstore.get(self._store, _aside(aside)).stream(self.run):
                left -= len(piece)
                if left < 0:
                    raise TooLarge(f"A pack may have {MAX_PACK:,} bytes, this one has more.", limit=MAX_PACK)
                yield bytes(piece)

    def settle(self, aside: str, pack: str) -> None:
        import obstore

        with self._clear(pack):
            obstore.copy(self._store, _aside(aside), _key(pack))

    def discard(self, aside: str) -> None:
        import obstore

        with self._clear(aside), suppress(FileNotFoundError):
            obstore.delete(self._store, _aside(aside))

    def clear_sent(self, before: float) -> None:
        import obstore

        with self._clear("what was sent to it"):
            for prefix in ("incoming", "aside"):
                for page in obstore.list(self._store, prefix=prefix):
                    for entry in page:
                        if entry["last_modified"].timestamp() < before:
                            obstore.delete(self._store, str(entry["path"]))

    def close(self) -> None:
        """Nothing stays open."""

    @contextmanager
    def _clear(self, what: str) -> Iterator[None]:
        """Failures of the store as one error that says what to do."""
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

        try:
            yield
        except (FileNotFoundError, MuseionError):
            raise
        except (PermissionDeniedError, UnauthenticatedError) as error:
            advice = "Check the server's credentials, their rights on the bucket, and that its clock is right."
            raise StorageFault(f"{self._name} refuses {what}: {_short(error)}.", advice=advice) from error
        except (BaseError, OSError) as error:
            raise StorageFault(f"{self._name} does not answer as it should for {what}: {_short(error)}.") from error


def _aside(name: str) -> str:
    return f"aside/{name}"


def _key(pack: str) -> str:
    return f"packs/{pack[:2]}/{pack}"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:300]
