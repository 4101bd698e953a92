import { useMemo, useRef } from "react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { plural } from "@/core/format";
import { EMPTY_GRAPH, isStack, type Graph, type GraphNode } from "@/core/lineage/graph";
import { nodeHref } from "@/core/lineage/hrefs";
import { reach } from "@/core/lineage/reach";
import type { ProjectRef } from "@/core/project";
import { ExportMenu } from "./export-menu";
import styles from "./graph.module.css";
import type { GraphSearch } from "./graph-search";
import { GraphView } from "./graph-view";
import { GraphList } from "./list";
import { TruncatedNotice } from "./notice";
import { Panel } from "./panel";
import { graphQuery } from "@/api/queries";
import { Toolbar } from "./toolbar";
import type { CameraControl } from "./use-camera";
import { useGraphSearch, type ChangeSearch } from "./use-graph-search";
import { usePicture, type Picture } from "./use-picture";

const PANEL_WIDTH = 360;

/** The lineage of a project: what was made from what, by which run. The address holds all that is seen. */
export function GraphPage({ project }: { project: ProjectRef }) {
  const [search, change, hrefOf] = useGraphSearch();
  const { data, error, isPlaceholderData } = useQuery(graphQuery(project, serverQuery(search)));
  const picture = usePicture(data, search);
  if (error && !data) return <Problem error={error} focused={search.root !== undefined} onShowAll={() => change({ root: undefined })} />;
  const isEmpty = data?.nodes.length === 0;
  return (
    <div className={styles.page} data-stale={isPlaceholderData || undefined}>
      <Toolbar search={search} graph={data ?? EMPTY_GRAPH} folded={picture.folded} onChange={change}>
        <button type="button" className={styles.button} aria-pressed={search.list} onClick={() => change({ list: !search.list })}>
          List
        </button>
        <ExportMenu project={project} picture={picture} />
      </Toolbar>
      {isEmpty ? <Empty /> : <Body project={project} search={search} change={change} hrefOf={hrefOf} server={data} picture={picture} />}
    </div>
  );
}

function serverQuery({ detail, root, dir, depth }: GraphSearch) {
  return { detail, ...(root ? { root, dir } : {}), ...(depth ? { depth } : {}) };
}

interface BodyProps {
  project: ProjectRef;
  search: GraphSearch;
  change: ChangeSearch;
  hrefOf: (change: Partial<GraphSearch>) => string;
  server: Graph | undefined;
  picture: Picture;
}

function Body({ project, search, change, hrefOf, server, picture }: BodyProps) {
  const router = useRouter();
  const camera = useRef<CameraControl>(null);
  const { graph, layout } = picture;
  const selected = graph.nodes.find((node) => node.id === search.sel) ?? null;
  const lit = useLit(graph, selected?.id ?? null, search.q);
  const hrefOfNode = (id: string): string => hrefOf(selectChange(id, graph));
  const unfold = (stack: string): void => change({ open: [...search.open, stack], fold: true, sel: undefined });
  const open = (node: GraphNode): void => {
    if (isStack(node)) unfold(node.id);
    else router.history.push(nodeHref(project, node));
  };
  const pick = (node: GraphNode | null): void => {
    if ((node?.id ?? null) !== (selected?.id ?? null)) change({ sel: node?.id });
  };
  return (
    <div className={styles.body}>
      {search.list ? (
        <GraphList graph={graph} lit={lit} selected={selected?.id ?? null} hrefOfNode={hrefOfNode} />
      ) : (
        <GraphView
          layout={layout}
          view={viewName(search, picture)}
          selected={selected?.id ?? null}
          lit={lit}
          inset={selected ? PANEL_WIDTH : 0}
          hrefOf={(node) => nodeHref(project, node)}
          onSelect={pick}
          onOpen={open}
          control={camera}
        />
      )}
      <Status search={search} picture={picture} server={server} change={change} matches={search.q ? (lit?.size ?? 0) : null} />
      {!search.list && <Zoom camera={camera} inset={selected ? PANEL_WIDTH : 0} />}
      {selected && (
        <Panel
          key={selected.id}
          project={project}
          graph={graph}
          node={selected}
          focus={{ root: search.root, dir: search.dir }}
          onFocus={(root, dir) => change({ root, dir, detail: "instances", open: [] })}
          onUnfold={unfold}
          onSelect={(id) => change({ sel: id ?? undefined })}
          hrefOfNode={hrefOfNode}
        />
      )}
    </div>
  );
}

/** Selecting something that is not in this picture goes to the level where it is. */
function selectChange(id: string, graph: Graph): Partial<GraphSearch> {
  if (graph.nodes.some((node) => node.id === id)) return { sel: id };
  const detail = id.startsWith("collection:") ? "collections" : "instances";
  return { sel: id, detail, root: undefined };
}

/** The picture is fitted again when another one is asked for; new data or a selection never moves it. */
function viewName({ detail, root, dir, depth, hide }: GraphSearch, { folded, graph }: Picture): string {
  return [detail, root, dir, depth, hide.join(), folded, graph.nodes.length > 0].join(" ");
}

/** What stays bright: the ancestors and descendants of the selected node, or what the search finds. */
function useLit(graph: Graph, selected: string | null, query: string | undefined): ReadonlySet<string> | null {
  return useMemo(() => {
    if (query) return found(graph, query);
    return selected ? new Set(reach(graph.edges, selected, "both").keys()) : null;
  }, [graph, selected, query]);
}

function found(graph: Graph, query: string): Set<string> {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (node: GraphNode): string => [node.label, node.state, ...node.aliases].join(" ").toLowerCase();
  const matches = (node: GraphNode): boolean => {
    const all = [node, ...(node.members ?? [])].map(text);
    return words.every((word) => all.some((one) => one.includes(word)));
  };
  return new Set(graph.nodes.filter(matches).map((node) => node.id));
}

interface StatusProps {
  search: GraphSearch;
  picture: Picture;
  server: Graph | undefined;
  change: ChangeSearch;
  matches: number | null;
}

/** How much is seen, and of how much; what the view is limited to. */
function Status({ search, picture, server, change, matches }: StatusProps) {
  const { graph, folded } = picture;
  const all = server?.nodes.length ?? 0;
  const word = search.detail === "instances" ? "node" : search.detail === "types" ? "type" : "group";
  return (
    <div className={styles.status}>
      <p className="num">
        {plural(graph.nodes.length, folded ? "node or stack" : word, folded ? "nodes and stacks" : undefined)}
        {folded && ` of ${all.toLocaleString("en-US")} instances`}
        {matches !== null && ` · ${String(matches)} found`}
      </p>
      {search.root && (
        <button type="button" className={styles.button} onClick={() => change({ root: undefined, dir: "both", depth: undefined })}>
          ✕ {directionWord(search.dir)} {search.root.slice(search.root.indexOf(":") + 1)}
        </button>
      )}
      {search.open.length > 0 && (
        <button type="button" className={styles.button} onClick={() => change({ open: [] })}>
          ✕ {plural(search.open.length, "unfolded stack")}
        </button>
      )}
      {server && <TruncatedNotice graph={server} />}
    </div>
  );
}

function directionWord(dir: GraphSearch["dir"]): string {
  return dir === "up" ? "ancestors of" : dir === "down" ? "descendants of" : "around";
}

function Zoom({ camera, inset }: { camera: React.RefObject<CameraControl | null>; inset: number }) {
  return (
    <div className={styles.zoom} role="group" aria-label="camera" style={{ right: 14 + inset }}>
      <button type="button" aria-label="zoom in" onClick={() => camera.current?.zoom(1.25)}>+</button>
      <button type="button" aria-label="zoom out" onClick={() => camera.current?.zoom(0.8)}>−</button>
      <button type="button" aria-label="fit everything" onClick={() => camera.current?.fitAll()}>⤢</button>
    </div>
  );
}

function Empty() {
  return (
    <div className={styles.empty}>
      <h2>No lineage yet</h2>
      <p>Runs and artifacts appear here as soon as a run logs or uses an artifact:</p>
      <pre>{'run.log_artifact("model.pt", name="trained-model", type="model")\nrun.use_artifact("mnist-raw:latest")'}</pre>
    </div>
  );
}

function Problem({ error, focused, onShowAll }: { error: Error; focused: boolean; onShowAll: () => void }) {
  return (
    <div className={styles.empty} role="alert">
      <h2>The graph cannot be shown</h2>
      <p>{error.message}</p>
      {focused && <button type="button" className={styles.button} onClick={onShowAll}>Show all</button>}
    </div>
  );
}
