"""`python -m museion.server.openapi` prints the description of the API: always the same bytes for the same routes."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from museion.actions.stores import open_stores
from museion.server.app import create_app, description
from museion.server.settings import Settings


def describe() -> str:
    """OpenAPI as JSON text, ending in a newline."""
    with tempfile.TemporaryDirectory() as folder:
        stores = open_stores(Path(folder))
        try:
            body = description(create_app(stores, Settings(Path(folder), b"")).state.context)
        finally:
            stores.close()
    return json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(describe())
