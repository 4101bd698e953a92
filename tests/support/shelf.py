"""A place where media objects leave their bytes, for tests."""

from __future__ import annotations

import json
from io import BytesIO

from museion.model.digest import digest_bytes
from museion.sdk.media import from_json


class Shelf:
    """Keeps what media objects hand over, by path."""

    def __init__(self):
        self.files = {}

    def _keep_bytes(self, path, data):
        self.files[path] = data
        return {"digest": digest_bytes(data), "size": len(data)}

    def _keep_file(self, path, source):
        return self._keep_bytes(path, source.read_bytes())

    def open(self, path):
        """The bytes at `path`."""
        return BytesIO(self.files[path])


def there_and_back(media):
    """What comes back of `media` after it was kept as JSON and bytes."""
    shelf = Shelf()
    body = json.loads(json.dumps(media._keep(shelf, "key", 1), allow_nan=False))
    return from_json(body, shelf.open)
