/** How well a text answers what was typed: higher is better, 0 is not at all. Every word typed must be found. */
export function rank(text: string, typed: string): number {
  const [hay, words] = [text.toLowerCase(), typed.toLowerCase().split(/\s+/).filter(Boolean)];
  let score = 1;
  for (const word of words) {
    const at = hay.indexOf(word);
    if (at >= 0) score += at === 0 ? 4 : /[^a-z0-9]/.test(hay[at - 1] ?? "") ? 3 : 2;
    else if (isSubsequence(hay, word)) score += 0.5;
    else return 0;
  }
  return score + 1 / (2 + hay.length);
}

/** `twl` is in `twilight-lake`: the letters come in order. */
function isSubsequence(hay: string, word: string): boolean {
  let at = 0;
  for (const letter of word) {
    at = hay.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** The items that answer, the best first, those equal in their own order. */
export function ranked<T>(items: readonly T[], typed: string, textOf: (item: T) => string): T[] {
  return items
    .map((item, place) => ({ item, place, score: rank(textOf(item), typed) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .map(({ item }) => item);
}
