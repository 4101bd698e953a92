"""How much a preview may read, hold and show."""

from __future__ import annotations

MAX_READ = 64 << 20
"""Bytes of one file that are read at most."""

MAX_HEADER = 32 << 20
"""Bytes of a header (safetensors, a pickle, a JSON document) that are parsed at most."""

MAX_TEXT = 64 << 10
"""Characters of text that are shown."""

MAX_ROWS = 100
"""Rows of a table that are shown."""

SAMPLE_ROWS = 20_000
"""Rows of a table that its statistics are made from."""

MAX_COLUMNS = 1_000
MAX_ITEMS = 5_000
"""Tensors, archive entries or values that are listed."""

MAX_CELL = 300
"""Characters of one cell."""
