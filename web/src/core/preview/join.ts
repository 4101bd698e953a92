import { MOST_ROWS, textOf, type Cell, type Table } from "./table";

/**
 * Two tables side by side: a row for each pair of rows whose keys are equal, and for each row that has no partner.
 * Columns that both have stand beside each other, with `_1` and `_2` behind their names. Null if a key is missing.
 */
export function joined(left: Table, right: Table, [leftKey, rightKey]: readonly [string, string]): Table | null {
  const [at1, at2] = [left.columns.indexOf(leftKey), right.columns.indexOf(rightKey)];
  if (at1 < 0 || at2 < 0) return null;
  const columns = besides(left.columns, right.columns, at1, at2);
  const rows: Cell[][] = [];
  for (const [one, other] of pairs(left, right, at1, at2)) {
    if (rows.length > MOST_ROWS) break;
    rows.push([one?.[at1] ?? other?.[at2] ?? "", ...columns.map(({ side, at }) => (side === 1 ? one : other)?.[at] ?? "")]);
  }
  return {
    columns: [leftKey, ...columns.map(({ name }) => name)],
    rows: rows.slice(0, MOST_ROWS),
    truncated: left.truncated || right.truncated || rows.length > MOST_ROWS,
  };
}

interface Source {
  readonly name: string;
  readonly side: 1 | 2;
  readonly at: number;
}

function besides(left: readonly string[], right: readonly string[], at1: number, at2: number): Source[] {
  const twinOf = (name: string): number => right.findIndex((one, i) => one === name && i !== at2);
  const mine = left.flatMap((name, at): Source[] => {
    if (at === at1) return [];
    const twin = twinOf(name);
    return twin < 0 ? [{ name, side: 1, at }] : [{ name: `${name}_1`, side: 1, at }, { name: `${name}_2`, side: 2, at: twin }];
  });
  const taken = new Set(mine.filter(({ side }) => side === 2).map(({ at }) => at));
  const theirs = right.flatMap((name, at): Source[] => (at === at2 || taken.has(at) ? [] : [{ name, side: 2, at }]));
  return [...mine, ...theirs];
}

type Row = readonly Cell[];

function* pairs(left: Table, right: Table, at1: number, at2: number): Generator<[Row | undefined, Row | undefined]> {
  const partners = new Map<string, Row[]>();
  for (const row of right.rows) {
    const key = textOf(row[at2]);
    const known = partners.get(key);
    if (known) known.push(row);
    else partners.set(key, [row]);
  }
  const met = new Set<string>();
  for (const row of left.rows) {
    const key = textOf(row[at1]);
    met.add(key);
    for (const partner of partners.get(key) ?? [undefined]) yield [row, partner];
  }
  for (const row of right.rows) if (!met.has(textOf(row[at2]))) yield [undefined, row];
}
