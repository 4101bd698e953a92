import type { Graph, GraphEdge, GraphNode } from "./graph";

/** A made-up pipeline of about `size` nodes for tests and benchmarks: ingest → preprocess → train → evaluate. */
export function samplePipeline(size: number, seed = 1): Graph {
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  const random = generator(seed);
  const versions = new Map<string, number>();
  const made: Record<string, string[]> = { raw: [], train: [], ckpt: [], report: [] };

  function addRun(job: string, inputs: string[], output: string, type: string): void {
    const run = instance("run", job, `${job}-${nodes.length}`, nodes.length);
    nodes.push(run);
    for (const input of inputs) edges.push({ source: input, target: run.id, role: "used", count: 1 });
    const version = versions.get(output) ?? 0;
    versions.set(output, version + 1);
    const artifact = instance("artifact", type, output, nodes.length, version);
    nodes.push(artifact);
    made[output]?.push(artifact.id);
    edges.push({ source: run.id, target: artifact.id, role: "made", count: 1 });
  }

  function pick(output: string): string[] {
    const list = made[output] ?? [];
    const id = list[Math.floor(random() * list.length)];
    return id ? [id] : [];
  }

  addRun("ingest", [], "raw", "dataset");
  addRun("preprocess", pick("raw"), "train", "dataset");
  addRun("train", pick("train"), "ckpt", "model");
  while (nodes.length < size) {
    const roll = random();
    if (roll < 0.03) addRun("ingest", [], "raw", "dataset");
    else if (roll < 0.1) addRun("preprocess", pick("raw"), "train", "dataset");
    else if (roll < 0.6) addRun("train", [...pick("train"), ...(random() < 0.2 ? pick("ckpt") : [])], "ckpt", "model");
    else addRun("evaluate", [...pick("ckpt"), ...pick("train")], "report", "predictions");
  }
  return { nodes, edges, truncated: false, total: nodes.length };
}

function instance(kind: GraphNode["kind"], type: string, name: string, time: number, version?: number): GraphNode {
  const run = kind === "run";
  return {
    id: run ? `run:${name}` : `artifact:${name}:v${version}`,
    kind,
    type,
    name,
    label: run ? `${type}:${name}` : `${type}:${name}:v${String(version)}`,
    time,
    version: run ? null : `v${version}`,
    state: run ? "finished" : null,
    aliases: [],
    count: 1,
  };
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
