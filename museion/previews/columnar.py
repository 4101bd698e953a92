"""Parquet and Arrow files: schema, the first rows, statistics of a sample."""

from __future__ import annotations

from typing import Any, BinaryIO

from museion.previews.answer import Answer, cell
from museion.previews.limits import MAX_COLUMNS, MAX_ROWS, SAMPLE_ROWS
from museion.previews.reading import reading


def preview_parquet(file: BinaryIO, path: str) -> Answer:
    """A table, with the file's row groups and who wrote it."""
    import pyarrow.parquet as pq

    with reading("Parquet"):
        found = pq.ParquetFile(file, memory_map=False, pre_buffer=False)
        names = found.schema_arrow.names[:MAX_COLUMNS]
        batch = next(found.iter_batches(batch_size=SAMPLE_ROWS, columns=names, use_threads=False), None)
        facts = {"row_groups": found.metadata.num_row_groups, "written_by": found.metadata.created_by}
        table = _table(found.schema_arrow, batch, found.metadata.num_rows)
    return {"kind": "table", "format": "parquet", "facts": facts, **table}


def preview_arrow(file: BinaryIO, path: str) -> Answer:
    """A table of an Arrow or Feather file, or of a stream."""
    import pyarrow as pa

    with reading("Arrow"):
        try:
            reader = pa.ipc.open_file(file)
            batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
        except pa.ArrowInvalid:
            file.seek(0)
            reader = pa.ipc.open_stream(file)
            batches = iter(reader)
        batch = next(batches, None)
        more = next(batches, None) is not None
        total = None if more else (batch.num_rows if batch is not None else 0)
        return {"kind": "table", "format": "arrow", **_table(reader.schema, batch, total)}


def _table(schema: Any, batch: Any, total: int | None) -> dict[str, Any]:
    rows = batch.num_rows if batch is not None else 0
    sample = batch.slice(0, SAMPLE_ROWS) if batch is not None else None
    fields = list(schema)[:MAX_COLUMNS]
    columns = [
        {"name": field.name, "type": str(field.type), **(_statistics(sample.column(i)) if sample is not None else {})}
        for i, field in enumerate(fields)
    ]
    head = sample.slice(0, MAX_ROWS).to_pylist() if sample is not None else []
    return {
        "columns": columns,
        "rows": [[cell(row[field.name]) for field in fields] for row in head],
        "total_rows": total,
        "total_columns": len(schema),
        "sampled_rows": min(rows, SAMPLE_ROWS),
        "truncated": total is None or total > MAX_ROWS or len(schema) > MAX_COLUMNS,
    }


def _statistics(values: Any) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    found: dict[str, Any] = {"missing": values.null_count}
    kind = values.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        values = pc.cast(values, pa.float64(), safe=False)
        values = values.filter(pc.is_finite(values))
        if len(values) > values.null_count:
            bounds = pc.min_max(values).as_py()
            found |= {"min": bounds["min"], "max": bounds["max"]}
            found |= {"mean": pc.mean(values).as_py(), "std": pc.stddev(values).as_py()}
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind):
        counts = sorted(pc.value_counts(values.drop_null()).to_pylist(), key=lambda item: -item["counts"])
        found["distinct"] = len(counts)
        found["top"] = [[str(cell(item["values"])), item["counts"]] for item in counts[:5]]
    return {name: value if isinstance(value, list) else cell(value) for name, value in found.items()}
