/** The one door to the server: typed by its OpenAPI, with the session's CSRF header and one kind of error. */
import createClient, { type Middleware } from "openapi-fetch";
import type { ProjectRef } from "@/core/project";
import type { components, paths } from "./schema.gen";

export type Schemas = components["schemas"];

/** What the server says went wrong, or that it could not be reached (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly advice: string;
  readonly request: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Partial<Schemas["Problem"]>) {
    super(problem.message ?? `The server answered ${String(status)}.`);
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.advice = problem.advice ?? "";
    this.request = problem.request ?? "";
    this.details = problem.details ?? {};
  }
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export function cookie(name: string, jar: string = document.cookie): string | undefined {
  const found = jar.split("; ").find((part) => part.startsWith(`${name}=`));
  return found === undefined ? undefined : decodeURIComponent(found.slice(name.length + 1));
}

function csrfHeader(method: string): Record<string, string> {
  const token = SAFE.has(method) ? undefined : cookie("museion_csrf");
  return token === undefined ? {} : { "X-CSRF-Token": token };
}

function toLogin(): void {
  const here = location.pathname + location.search;
  location.assign(`/-/login?next=${encodeURIComponent(here)}`);
}

/** Fetch that turns "no network" into an `ApiError`, adds the CSRF header, and sends a stranger to the login page. */
export async function request(input: string | Request, init?: RequestInit): Promise<Response> {
  const asked = new Request(input, init);
  for (const [name, value] of Object.entries(csrfHeader(asked.method))) asked.headers.set(name, value);
  const answer = await fetch(asked).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, { code: "offline", message: "The server cannot be reached.", advice: "It is tried again by itself." });
  });
  if (answer.status === 401) toLogin();
  return answer;
}

async function problemOf(answer: Response): Promise<Partial<Schemas["Problem"]>> {
  const isJson = answer.headers.get("content-type")?.includes("json") ?? false;
  return isJson ? ((await answer.clone().json()) as Partial<Schemas["Problem"]>) : {};
}

/** Throws the server's problem if the answer is not a good one. */
export async function demand(answer: Response): Promise<Response> {
  if (!answer.ok) throw new ApiError(answer.status, await problemOf(answer));
  return answer;
}

const raise: Middleware = {
  onResponse: async ({ response }) => {
    await demand(response);
    return undefined;
  },
};

export const api = createClient<paths>({ baseUrl: "/", fetch: (asked) => request(asked) });
api.use(raise);

/** The body of an answer that `raise` has let through. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw new ApiError(0, { code: "empty", message: "The server sent no content." });
  return data;
}

/** The API's address of something in a project, for what is fetched without the typed client. */
export function apiHref(project: ProjectRef, ...parts: readonly string[]): string {
  return ["/api/v1/projects", ...[project.entity, project.project, ...parts].map(encodeURIComponent)].join("/");
}
