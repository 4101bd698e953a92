/** Terminal colours in log lines, as spans with class names; other control sequences are dropped. */
export interface Span {
  readonly text: string;
  readonly classes: string;
}

interface Pen {
  colour: string;
  bold: boolean;
  dim: boolean;
}

// eslint-disable-next-line no-control-regex -- the escape character is what this is about
const ESCAPE = /\u001b(?:\[([0-9;]*)m|\[[0-9;?]*[A-Za-z]|\][^\u0007]*\u0007?|[@-Z\\-_])/g;
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const PLAIN: Pen = { colour: "", bold: false, dim: false };

function colourOf(code: number): string | undefined {
  const base = code >= 90 ? code - 90 : code - 30;
  return (code >= 30 && code <= 37) || (code >= 90 && code <= 97) ? NAMES[base] : undefined;
}

function turn(pen: Pen, code: number): Pen {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...pen, bold: true };
  if (code === 2) return { ...pen, dim: true };
  if (code === 22) return { ...pen, bold: false, dim: false };
  if (code === 39) return { ...pen, colour: "" };
  return { ...pen, colour: colourOf(code) ?? pen.colour };
}

/** 256-colour and true-colour sequences carry their numbers along; they must not be read as codes. */
function withoutExtended(codes: number[]): number[] {
  const at = codes.findIndex((code) => code === 38 || code === 48);
  if (at < 0) return codes;
  const length = codes[at + 1] === 5 ? 3 : 5;
  return [...codes.slice(0, at), ...withoutExtended(codes.slice(at + length))];
}

function classesOf(pen: Pen): string {
  return [pen.colour && `ansi-${pen.colour}`, pen.bold && "ansi-bold", pen.dim && "ansi-dim"].filter(Boolean).join(" ");
}

export function parseAnsi(line: string): Span[] {
  const spans: Span[] = [];
  let pen = PLAIN;
  let from = 0;
  const push = (to: number): void => {
    if (to > from) spans.push({ text: line.slice(from, to), classes: classesOf(pen) });
  };
  for (const found of line.matchAll(ESCAPE)) {
    push(found.index);
    from = found.index + found[0].length;
    if (found[1] !== undefined) pen = withoutExtended(found[1].split(";").map(Number)).reduce(turn, pen);
  }
  push(line.length);
  return spans;
}

/** What a terminal would show of a line with carriage returns (progress bars): the last non-empty overwrite. */
export function lastOverwrite(line: string): string {
  const parts = line.split("\r").filter((part) => part !== "");
  return parts.at(-1) ?? "";
}
