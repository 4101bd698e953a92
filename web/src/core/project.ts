/** The two names that say which project is meant. */
export interface ProjectRef {
  readonly entity: string;
  readonly project: string;
}
