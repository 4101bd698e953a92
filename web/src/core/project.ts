/** The two names that say which project is meant. */
export interface ProjectRef {
  readonly entity: string;
  readonly project: string;
}

/** Key of a project in maps and caches. */
export function projectKey({ entity, project }: ProjectRef): string {
  return `${entity}/${project}`;
}
