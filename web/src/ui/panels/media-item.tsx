import { useQuery } from "@tanstack/react-query";
import { demand, request } from "@/api/client";
import { formatNumber } from "@/core/format";
import type { FileMedia, HistogramMedia, Media } from "@/core/media";
import { LoggedTablePreview } from "../files/previews";
import styles from "./panels.module.css";

interface MediaItemProps {
  media: Media;
  /** Where the bytes are; unused by a histogram. */
  url: string;
  name: string;
}

export function MediaItem({ media, url, name }: MediaItemProps) {
  if (media.kind === "histogram") return <Histogram histogram={media} name={name} />;
  return (
    <figure className={`${styles.shot ?? ""} ${media.kind === "table" || media.kind === "html" ? (styles.wide ?? "") : ""}`}>
      <Content media={media} url={url} name={name} />
      {media.caption && <figcaption>{media.caption}</figcaption>}
    </figure>
  );
}

function Content({ media, url, name }: { media: FileMedia; url: string; name: string }) {
  const { kind, width, height, caption } = media;
  if (kind === "image") {
    return <img src={url} alt={caption || name} loading="lazy" {...(width ? { width } : {})} {...(height ? { height } : {})} style={{ aspectRatio: ratio(width, height) }} />;
  }
  // eslint-disable-next-line jsx-a11y/media-has-caption -- what was logged has no captions track
  if (kind === "audio") return <audio controls preload="none" src={url} aria-label={name} />;
  // eslint-disable-next-line jsx-a11y/media-has-caption -- what was logged has no captions track
  if (kind === "video") return <video controls preload="metadata" src={url} aria-label={name} />;
  // Sandboxed without scripts and origin: what a run logged is never trusted.
  if (kind === "html") return <iframe className={styles.text} sandbox="" src={url} title={name} width="100%" height={260} />;
  if (kind === "table") return <LoggedTable url={url} />;
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

const [BARS_WIDTH, BARS_HEIGHT] = [300, 110];

function Histogram({ histogram: { bins, values }, name }: { histogram: HistogramMedia; name: string }) {
  const top = Math.max(1e-12, ...values);
  const width = BARS_WIDTH / Math.max(1, values.length);
  const [low, high] = [bins[0], bins.at(-1)].map((bin) => (bin === undefined ? "" : formatNumber(bin)));
  return (
    <figure className={styles.shot}>
      <svg viewBox={`0 0 ${String(BARS_WIDTH)} ${String(BARS_HEIGHT)}`} width="100%" role="img" aria-label={`histogram ${name}`}>
        {values.map((value, i) => {
          const height = (Math.max(0, value) / top) * BARS_HEIGHT;
          return <rect key={i} x={i * width} y={BARS_HEIGHT - height} width={Math.max(0.5, width - 0.6)} height={height} fill="var(--accent)" />;
        })}
      </svg>
      <figcaption className="num">{low} – {high}</figcaption>
    </figure>
  );
}
