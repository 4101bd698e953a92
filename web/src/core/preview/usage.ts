/** What a snippet needs to know of a version. */
export interface Usable {
  entity: string;
  project: string;
  name: string;
  version: string;
  type: string;
}

export interface Snippets {
  python: string;
  wandb: string;
  cli: string;
  curl: string;
}

/** How to get a version, ready to copy. `pointer` may be an alias, then the code follows it. */
export function usageSnippets(version: Usable, origin: string, pointer = version.version): Snippets {
  const short = `${version.name}:${pointer}`;
  const full = `${version.entity}/${version.project}/${short}`;
  return {
    python: python("museion", version, short),
    wandb: python("wandb", version, short),
    cli: `museion artifact get ${quoted(full)} --root ${version.name}`,
    curl: `curl -H "Authorization: Bearer $MUSEION_API_KEY" \\\n  ${apiUrl(version, pointer, origin)}`,
  };
}

function python(library: string, { project, name }: Usable, short: string): string {
  return [
    `import ${library}`,
    "",
    `with ${library}.init(project=${JSON.stringify(project)}, job_type="use-${name}") as run:`,
    `    artifact = run.use_artifact(${JSON.stringify(short)})`,
    "    folder = artifact.download()",
  ].join("\n");
}

function apiUrl({ entity, project, name }: Usable, pointer: string, origin: string): string {
  const [e, p, n, v] = [entity, project, name, pointer].map(encodeURIComponent) as [string, string, string, string];
  return `${origin}/api/v1/projects/${e}/${p}/artifacts/${n}/${v}/files`;
}

/** A word for a shell: quoted only if it has to be. */
function quoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
