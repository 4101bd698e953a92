// Fails if the JavaScript that the first page needs, or any part fetched later, is larger than agreed (bytes, gzipped).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const INITIAL = 220_000;
const LATER = 120_000;
const PLOTLY = 520_000;

const root = process.argv[2] ?? "dist";
const size = (name) => gzipSync(readFileSync(join(root, "assets", name))).length;
const limit = (name) => (name.startsWith("plotly") ? PLOTLY : LATER);
const scripts = readdirSync(join(root, "assets")).filter((name) => name.endsWith(".js"));
const index = readFileSync(join(root, "index.html"), "utf8");

/** The entry, what the page names, and every page of the first screen (all but the lineage). */
const isLater = (name) => !index.includes(name) && /^(lineage-pages|ego-graph|plotly)/.test(name);
const initial = scripts.filter((name) => !isLater(name)).reduce((sum, name) => sum + size(name), 0);
const tooLarge = scripts.filter((name) => isLater(name) && size(name) > limit(name));

console.log(`initial JavaScript: ${(initial / 1000).toFixed(1)} kB gzipped of ${INITIAL / 1000} kB`);
for (const name of tooLarge) console.log(`${name} is ${(size(name) / 1000).toFixed(1)} kB gzipped; at most ${limit(name) / 1000} kB`);
process.exit(initial > INITIAL || tooLarge.length > 0 ? 1 : 0);
