/**
 * How a run looks, everywhere and for ever: the server numbers runs (`color_index`), and the number chooses one of
 * 12 hues and 4 dash patterns. The hues were computed apart in OKLab under normal, protan, deutan and tritan sight.
 */
const LIGHT = [
  "#3445d7", "#7ba011", "#ad0445", "#b37aae", "#7a487c", "#b4685c",
  "#465400", "#89691b", "#3d72a6", "#239382", "#aa4964", "#868604",
] as const;
const DARK = [
  "#6e8af0", "#b3dc5e", "#ee5377", "#f0b3ea", "#b17db4", "#f19f91",
  "#798940", "#c1a057", "#73a9e1", "#66ccba", "#e8809a", "#bdbe53",
] as const;
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [9, 3, 2, 3]];

export type Theme = "light" | "dark";
export const PALETTES: Readonly<Record<Theme, readonly string[]>> = { light: LIGHT, dark: DARK };

export interface Stroke {
  readonly colour: string;
  readonly dash: readonly number[];
}

/** The stroke of a run; after 48 runs the styles repeat. */
export function strokeOf(index: number, theme: Theme): Stroke {
  const hues = PALETTES[theme];
  const place = Math.max(0, Math.trunc(index)) || 0;
  const dash = DASHES[Math.trunc(place / hues.length) % DASHES.length];
  return { colour: hues[place % hues.length] ?? hues[0] ?? "#3445d7", dash: dash ?? [] };
}

function channel(hex: string, at: number): number {
  const value = parseInt(hex.slice(at, at + 2), 16) / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function luminance(hex: string): number {
  return 0.2126 * channel(hex, 1) + 0.7152 * channel(hex, 3) + 0.0722 * channel(hex, 5);
}

/** WCAG contrast ratio of two `#rrggbb` colours, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}
