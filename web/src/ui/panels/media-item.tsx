import { useQuery } from "@tanstack/react-query";
import { fileUrl, textQuery } from "@/api/previews";
import type { FileMedia, HistogramMedia, Media } from "@/core/media";
import { HistogramPlot } from "../plots/histogram-plot";
import { LoggedPlot } from "../plots/logged-plot";
import { PlotlyFigure } from "../plots/plotly-figure";
import { PointCloud } from "../plots/point-cloud";
import { JoinedTable } from "../files/joined-table";
import { LoggedTablePreview } from "../files/previews";
import styles from "./panels.module.css";

const WIDE: ReadonlySet<string> = new Set(["table", "html", "plotly", "cloud"]);

interface MediaItemProps {
  media: Media;
  /** The API's address of the run that has the files. */
  base: string;
  /** A small copy, shown in its place and leading to it. */
  small?: string | undefined;
  name: string;
}

export function MediaItem({ media, base, small, name }: MediaItemProps) {
  if (media.kind === "plot") return <div className={styles.wide}><LoggedPlot plot={media} base={base} name={name} /></div>;
  if (media.kind === "join") return <div className={styles.wide}><div className={styles.rows}><JoinedTable join={media} base={base} /></div></div>;
  if (media.kind === "histogram") return <Histogram histogram={media} name={name} />;
  return (
    <figure className={`${styles.shot ?? ""} ${WIDE.has(media.kind) ? (styles.wide ?? "") : ""}`}>
      <Content media={media} base={base} small={small} name={name} />
      {media.caption && <figcaption>{media.caption}</figcaption>}
    </figure>
  );
}

function Content({ media, base, small, name }: { media: FileMedia; base: string; small: string | undefined; name: string }) {
  const { kind, width, height, caption } = media;
  const url = fileUrl(base, media.path);
  if (kind === "image") {
    const picture = <img src={small ?? url} alt={caption || name} loading="lazy" {...(width ? { width } : {})} {...(height ? { height } : {})} style={{ aspectRatio: ratio(width, height) }} />;
    return small ? <a href={url} target="_blank" rel="noreferrer">{picture}</a> : picture;
  }
  // eslint-disable-next-line jsx-a11y/media-has-caption -- what was logged has no captions track
  if (kind === "audio") return <audio controls preload="none" src={url} aria-label={name} />;
  // eslint-disable-next-line jsx-a11y/media-has-caption -- what was logged has no captions track
  if (kind === "video") return <video controls preload="metadata" src={url} aria-label={name} />;
  // Sandboxed without an origin, here and by the server's headers: what a run logged is never trusted.
  if (kind === "html") return <iframe className={styles.page} sandbox="allow-scripts" src={`${url}?page=1`} title={name} />;
  if (kind === "table") return <div className={styles.rows}><LoggedTable url={url} base={base} /></div>;
  if (kind === "plotly") return <PlotlyFigure url={url} name={name} />;
  if (kind === "cloud") return <PointCloud url={url} name={name} />;
  return <a href={url} download>{media.path.split("/").at(-1)}</a>;
}

function ratio(width: number | undefined, height: number | undefined): string | undefined {
  return width && height ? `${String(width)} / ${String(height)}` : undefined;
}

function LoggedTable({ url, base }: { url: string; base: string }) {
  const { data, error } = useQuery(textQuery(url));
  if (error) return <p role="alert">{error.message}</p>;
  return data === undefined ? null : <LoggedTablePreview text={data} base={base} />;
}

function Histogram({ histogram: { bins, values }, name }: { histogram: HistogramMedia; name: string }) {
  return (
    <figure className={styles.shot} aria-label={`histogram ${name}`}>
      <HistogramPlot drawing={{ kind: "histogram", bins, values }} />
    </figure>
  );
}
