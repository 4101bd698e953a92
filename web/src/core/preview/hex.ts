/** Sixteen bytes a line: offset, hex and what of it is readable. */
export interface HexLine {
  offset: string;
  hex: string;
  text: string;
}

const WIDTH = 16;

export function hexLines(bytes: Uint8Array, most = 256): HexLine[] {
  const lines: HexLine[] = [];
  for (let at = 0; at < Math.min(bytes.length, most * WIDTH); at += WIDTH) {
    const part = [...bytes.slice(at, at + WIDTH)];
    lines.push({ offset: at.toString(16).padStart(8, "0"), hex: part.map(twoDigits).join(" "), text: part.map(readable).join("") });
  }
  return lines;
}

function twoDigits(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function readable(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·";
}
