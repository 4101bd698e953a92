import { Empty } from "./parts";
import { Snippet } from "./files/snippet";

interface FirstRunProps {
  title: string;
  project?: string;
}

/** What to write to see something here. It turns into the page by itself when the first run begins. */
export function FirstRun({ title, project = "my-project" }: FirstRunProps) {
  const code = [
    "import museion",
    `with museion.init(project="${project}") as run:`,
    '    run.log({"loss": 0.5})',
  ].join("\n");
  return (
    <Empty title={title}>
      <p>A run that is logged to this server appears here at once, without a reload.</p>
      <Snippet label="Python" code={code} />
      <Snippet label="From another machine" code={`export MUSEION_BASE_URL=${location.origin}\nexport MUSEION_API_KEY=…`} />
      <p>Waiting for the first run…</p>
    </Empty>
  );
}
