"""References into object stores: `s3://`, `gs://`, `az://`, by the user's own credentials, which the environment has
(`AWS_*`, `GOOGLE_*`, `AZURE_*`, as every tool of the provider reads them)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from museion.errors import BlobCorrupt, Denied, NotFound, ServerUnreachable, TooLarge, ValueInvalid
from museion.model.manifest import Reference

SCHEMES = ("s3", "gs", "az", "azure", "abfs", "abfss", "adl")
_PIECE = 1 << 20
_SEEN = "Use checksum=False to record it unseen."


def resolve(uri: str, name: str | None, checksum: bool, limit: int) -> dict[str, Reference]:
    """The object at `uri`, or, if there is none, every object below it; each with its ETag and version.

    Raises NotFound, Denied, ServerUnreachable, TooLarge for more than `limit` objects.
    """
    place, key, version = _parts(uri)
    path = name or key.rstrip("/").rpartition("/")[2]
    if not checksum:
        if not path:
            raise ValueInvalid(f"The reference {uri!r} has no file name.", advice="Give a name.")
        return {path: Reference(uri, version=version)}
    store = _store(place)
    if key and not key.endswith("/") and (found := _head(store, uri, key, version)) is not None:
        return {path: found}
    below = _below(store, place, key, limit, uri)
    if not below:
        raise NotFound(f"The reference {uri} leads to nothing.", advice=_SEEN)
    return {f"{name}/{inner}" if name else inner: reference for inner, reference in below.items()}


def pieces(path: str, reference: Reference) -> Iterator[bytes]:
    """The object's bytes; BlobCorrupt if it has changed since it was added (a version that is kept does not)."""
    import obstore
    from obstore.exceptions import PreconditionError

    place, key, version = _parts(reference.uri)
    version = reference.version or version
    etag = (reference.checksum or "").removeprefix("etag:") if (reference.checksum or "").startswith("etag:") else ""
    options: dict[str, Any] = {"version": version} if version else {"if_match": etag} if etag else {}
    with _said(reference.uri):
        try:
            answer = obstore.get(_store(place), key, options=options)  # type: ignore[arg-type]
        except PreconditionError:
            raise _changed(path, reference) from None
        if etag and answer.meta.get("e_tag") not in (None, etag):
            raise _changed(path, reference)
        for piece in answer.stream(min_chunk_size=_PIECE):
            yield bytes(piece)


def _changed(path: str, reference: Reference) -> BlobCorrupt:
    what = f"{reference.uri}, which {path!r} refers to, has changed since it was added."
    return BlobCorrupt(what, advice="Add the reference again, as the next version.")


def _head(store: Any, uri: str, key: str, version: str | None) -> Reference | None:
    import obstore

    with _said(uri):
        try:
            options: dict[str, Any] = {"head": True, **({"version": version} if version else {})}
            meta = obstore.get(store, key, options=options).meta  # type: ignore[arg-type]
        except FileNotFoundError:
            return None
    return _reference(uri, meta, version)


def _below(store: Any, place: str, prefix: str, limit: int, uri: str) -> dict[str, Reference]:
    import obstore

    folder = f"{prefix.rstrip('/')}/" if prefix else ""
    found: dict[str, Reference] = {}
    with _said(uri):
        for batch in obstore.list(store, prefix=prefix.rstrip("/") or None):
            for meta in batch:
                if not meta["path"].startswith(folder):
                    continue
                if len(found) >= limit:
                    raise TooLarge(f"{uri} holds more than {limit:,} objects.", advice="Raise max_objects.")
                found[meta["path"][len(folder) :]] = _reference(f"{place}/{meta['path']}", meta, None)
    return found


def _reference(uri: str, meta: Any, version: str | None) -> Reference:
    etag = meta.get("e_tag")
    return Reference(uri, f"etag:{etag}" if etag else None, meta["size"], version or meta.get("version"))


def _parts(uri: str) -> tuple[str, str, str | None]:
    """`s3://bucket/a/b?versionId=x` (`gs://bucket/a#generation`) → its place, its key, its version."""
    parts = urlsplit(uri)
    version = parse_qs(parts.query).get("versionId", [None])[0] or parts.fragment or None
    return f"{parts.scheme}://{parts.netloc}", unquote(parts.path.lstrip("/")), version


def _store(place: str) -> Any:
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    try:
        # Plain http only ever goes to an endpoint that the user's environment names so.
        return from_url(place, client_options={"timeout": "60s", "connect_timeout": "10s", "allow_http": True})
    except (BaseError, ValueError) as error:
        raise ValueInvalid(f"{place} cannot be opened: {error}.", advice="Set the provider's variables.") from None


@contextmanager
def _said(uri: str) -> Iterator[None]:
    """What went wrong at the provider, in our words."""
    from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

    try:
        yield
    except FileNotFoundError:
        raise NotFound(f"{uri} is not there.", advice=_SEEN) from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise Denied(
            f"{uri} may not be read with these credentials.", advice="Check the provider's variables."
        ) from None
    except BaseError as error:
        text = str(error).partition("\n")[0][:300]
        raise ServerUnreachable(f"{uri} does not answer: {text}.", advice=_SEEN) from None
