type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** `a.b` in `{a: {b: 1}}` and in `{"a.b": 1}` is 1, as the server reads it. */
export function lookUp(values: unknown, path: string): unknown {
  if (!isFields(values)) return undefined;
  if (path in values) return values[path];
  for (let end = path.indexOf("."); end > 0; end = path.indexOf(".", end + 1)) {
    const found = path.slice(0, end) in values ? lookUp(values[path.slice(0, end)], path.slice(end + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The value of a field of a run: `state`, `config.lr`, `summary.val/acc`. */
export function valueAt(run: object, field: string): unknown {
  const dot = field.indexOf(".");
  const part = dot < 0 ? "" : field.slice(0, dot);
  const fields = run as Fields;
  return part === "config" || part === "summary" ? lookUp(fields[part], field.slice(dot + 1)) : fields[field];
}
