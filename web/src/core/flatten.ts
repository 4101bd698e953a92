/** Leaves of nested objects under dotted keys; `skip` leaves a value out. Lists are leaves. */
export function flatten(value: Readonly<Record<string, unknown>>, skip: (value: unknown) => boolean = () => false): [string, unknown][] {
  const found: [string, unknown][] = [];
  const walk = (object: Readonly<Record<string, unknown>>, prefix: string): void => {
    for (const [name, inner] of Object.entries(object)) {
      if (skip(inner)) continue;
      if (isObject(inner) && Object.keys(inner).length > 0) walk(inner, `${prefix}${name}.`);
      else found.push([prefix + name, inner]);
    }
  };
  walk(value, "");
  return found;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
