import { Link, useParams, type ErrorComponentProps } from "@tanstack/react-router";
import { Failure } from "@/ui/parts";

/** No page has this address. It offers the nearest that has one. */
export function NotFound() {
  const { entity, project } = useParams({ strict: false });
  return (
    <section className="empty">
      <h1>There is no such page</h1>
      <p><code>{location.pathname}</code> leads nowhere: it may have been deleted, or the address has a slip in it.</p>
      {entity !== undefined && project !== undefined && (
        <Link to="/$entity/$project" params={{ entity, project }} className="button" style={{ alignSelf: "flex-start" }}>Open {entity}/{project}</Link>
      )}
      <Link to="/" className="button" style={{ alignSelf: "flex-start" }}>All projects</Link>
    </section>
  );
}

/** A page broke while it was drawn: the frame stays, and one can try again. */
export function Problem({ error, reset }: ErrorComponentProps) {
  return <Failure error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />;
}
