import { useQuery } from "@tanstack/react-query";
import { demand, request } from "@/api/client";
import type { FileMedia, HistogramMedia, Media } from "@/core/media";
import { HistogramPlot } from "../plots/histogram-plot";
import { LoggedPlot } from "../plots/logged-plot";
import { PlotlyFigure } from "../plots/plotly-figure";
import { PointCloud } from "../plots/point-cloud";
import { LoggedTablePreview } from "../files/previews";
import styles from "./panels.module.css";

const WIDE: ReadonlySet<string> = new Set(["table", "html", "plotly", "cloud"]);

interface MediaItemProps {
  media: Media;
  /** Where the bytes are; unused by a histogram. */
  url: string;
  /** A small copy, shown in its place and leading to it. */
  small?: string | undefined;
  name: string;
}

export function MediaItem({ media, url, small, name }: MediaItemProps) {
  if (media.kind === "plot") return <div className={styles.wide}><LoggedPlot plot={media} url={url} name={name} /></div>;
  if (media.kind === "histogram") return <Histogram histogram={media} name={name} />;
  return (
    <figure className={`${styles.shot ?? ""} ${WIDE.has(media.kind) ? (styles.wide ?? "") : ""}`}>
      <Content media={media} url={url} small={small} name={name} />
      {media.caption && <figcaption>{media.caption}</figcaption>}
    </figure>
  );
}

function Content({ media, url, small, name }: { media: FileMedia; url: string; small: string | undefined; name: string }) {
  const { kind, width, height, caption } = media;
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
  if (kind === "table") return <div className={styles.rows}><LoggedTable url={url} /></div>;
  if (kind === "plotly") return <PlotlyFigure url={url} name={name} />;
  if (kind === "cloud") return <PointCloud url={url} name={name} />;
  return <a href={url} download>{media.path.split("/").at(-1)}</a>;
}

function ratio(width: number | undefined, height: number | undefined): string | undefined {
  return width && height ? `${String(width)} / ${String(height)}` : undefined;
}

function LoggedTable({ url }: { url: string }) {
  const { data, error } = useQuery({
    queryKey: ["logged-table", url],
    queryFn: async () => (await demand(await request(url))).text(),
    staleTime: Infinity,
  });
  if (error) return <p role="alert">{error.message}</p>;
  return data === undefined ? null : <LoggedTablePreview text={data} />;
}

function Histogram({ histogram: { bins, values }, name }: { histogram: HistogramMedia; name: string }) {
  return (
    <figure className={styles.shot} aria-label={`histogram ${name}`}>
      <HistogramPlot drawing={{ kind: "histogram", bins, values }} />
    </figure>
  );
}
