import type { Table } from "./table";

/**
 * Read RFC 4180 text: quoted cells may hold separators, line ends and doubled quotes. The first row names the columns.
 * `cut` says that the text is only the beginning of the file, so that its last row is not trusted.
 */
export function parseCsv(text: string, { most = 1000, cut = false } = {}): Table {
  const records = readRecords(text.replace(/^\uFEFF/, ""), separatorOf(text), most + 2);
  if (cut && records.length > 1) records.pop();
  const [columns = [], ...rows] = records;
  return { columns, rows: rows.slice(0, most), truncated: cut || rows.length > most };
}

/** The separator that the first line has most of. */
export function separatorOf(text: string): string {
  const line = text.slice(0, text.search(/[\r\n]|$/));
  const count = (separator: string): number => line.split(separator).length;
  return [",", "\t", ";", "|"].reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

function readRecords(text: string, separator: string, most: number): string[][] {
  const records: string[][] = [];
  let at = 0;
  while (at < text.length && records.length < most) {
    const record: string[] = [];
    at = readRecord(text, at, separator, record);
    if (record.length > 1 || record[0] !== "") records.push(record);
  }
  return records;
}

/** Read one record into `record`; gives the place after its line end. */
function readRecord(text: string, start: number, separator: string, record: string[]): number {
  let at = start;
  for (;;) {
    const cell = text[at] === '"' ? readQuoted(text, at) : readPlain(text, at, separator);
    record.push(cell.text);
    at = cell.end;
    if (text[at] !== separator) return afterLineEnd(text, at);
    at += 1;
  }
}

interface Cell {
  text: string;
  end: number;
}

function readPlain(text: string, start: number, separator: string): Cell {
  let end = start;
  while (end < text.length && text[end] !== separator && text[end] !== "\n" && text[end] !== "\r") end++;
  return { text: text.slice(start, end), end };
}

function readQuoted(text: string, start: number): Cell {
  let at = start + 1;
  let value = "";
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { text: value + text.slice(at), end: text.length };
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { text: value, end: quote + 1 };
    value += '"';
    at = quote + 2;
  }
}

function afterLineEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && text[end] !== "\n" && text[end] !== "\r") end++;
  return text[end] === "\r" && text[end + 1] === "\n" ? end + 2 : end + 1;
}
