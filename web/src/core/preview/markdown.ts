/** A small, safe reading of Markdown: blocks with plain inline parts. Markup in the text stays text. */
export type Block =
  | { kind: "heading"; level: number; inline: Inline[] }
  | { kind: "paragraph"; inline: Inline[] }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "quote"; inline: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "rule" };

export type Inline = { kind: "text" | "code" | "strong" | "em"; text: string } | { kind: "link"; text: string; href: string };

export function parseMarkdown(text: string): Block[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) at = readBlock(lines, at, blocks);
  return blocks;
}

const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;
const STARTS = /^(#{1,6}\s|```|>|\s*(?:[-*+]|\d+[.)])\s|(?:-{3,}|\*{3,})\s*$)/;

function readBlock(lines: readonly string[], at: number, blocks: Block[]): number {
  const line = lineAt(lines, at);
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  if (!line.trim()) return at + 1;
  if (line.startsWith("```")) return readFence(lines, at, blocks);
  if (heading) return readHeading(heading, at, blocks);
  if (/^(-{3,}|\*{3,})\s*$/.test(line)) return push(blocks, { kind: "rule" }, at + 1);
  if (ITEM.test(line)) return readList(lines, at, blocks);
  return readParagraph(lines, at, blocks);
}

function lineAt(lines: readonly string[], at: number): string {
  return lines[at] ?? "";
}

function readHeading([, marks = "", text = ""]: RegExpExecArray, at: number, blocks: Block[]): number {
  return push(blocks, { kind: "heading", level: marks.length, inline: parseInline(text) }, at + 1);
}

function push(blocks: Block[], block: Block, next: number): number {
  blocks.push(block);
  return next;
}

function readFence(lines: readonly string[], at: number, blocks: Block[]): number {
  let end = at + 1;
  while (end < lines.length && !lineAt(lines, end).startsWith("```")) end++;
  return push(blocks, { kind: "code", text: lines.slice(at + 1, end).join("\n") }, end + 1);
}

function readList(lines: readonly string[], at: number, blocks: Block[]): number {
  let end = at;
  while (end < lines.length && ITEM.test(lineAt(lines, end))) end++;
  const items = lines.slice(at, end).map((line) => parseInline(line.replace(ITEM, "")));
  return push(blocks, { kind: "list", ordered: /^\s*\d/.test(lineAt(lines, at)), items }, end);
}

function readParagraph(lines: readonly string[], at: number, blocks: Block[]): number {
  let end = at + 1;
  while (end < lines.length && lineAt(lines, end).trim() && !STARTS.test(lineAt(lines, end))) end++;
  const text = lines.slice(at, end).join(" ");
  const quote = text.startsWith(">");
  return push(blocks, { kind: quote ? "quote" : "paragraph", inline: parseInline(quote ? text.replace(/^>\s?/, "") : text) }, end);
}

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|(?<![\w*])[*_]([^*_]+)[*_](?!\w)|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)/g;

/** Code, strong, emphasis and links to http(s); everything else is text. */
export function parseInline(text: string): Inline[] {
  const parts: Inline[] = [];
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > last) parts.push({ kind: "text", text: text.slice(last, match.index) });
    parts.push(inlineOf(match));
    last = match.index + match[0].length;
  }
  if (last < text.length) parts.push({ kind: "text", text: text.slice(last) });
  return parts;
}

function inlineOf([, code, strong, em, label, href]: RegExpMatchArray): Inline {
  if (code !== undefined) return { kind: "code", text: code };
  if (strong !== undefined) return { kind: "strong", text: strong };
  if (em !== undefined) return { kind: "em", text: em };
  return { kind: "link", text: label ?? "", href: href ?? "" };
}
