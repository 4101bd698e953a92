import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { demand, request } from "@/api/client";
import { strokeOf } from "@/core/palette";
import { readCloud, seen, type Cloud } from "@/core/plots/cloud";
import { useTheme } from "../theme";
import styles from "./plots.module.css";

interface View {
  readonly yaw: number;
  readonly pitch: number;
  readonly zoom: number;
}

const START: View = { yaw: 0.7, pitch: 0.45, zoom: 1 };
const TURN = 0.15;
const KEYS: Readonly<Record<string, (view: View) => View>> = {
  ArrowLeft: (view) => ({ ...view, yaw: view.yaw - TURN }),
  ArrowRight: (view) => ({ ...view, yaw: view.yaw + TURN }),
  ArrowUp: (view) => ({ ...view, pitch: Math.min(1.57, view.pitch + TURN) }),
  ArrowDown: (view) => ({ ...view, pitch: Math.max(-1.57, view.pitch - TURN) }),
  "+": (view) => ({ ...view, zoom: view.zoom * 1.2 }),
  "-": (view) => ({ ...view, zoom: view.zoom / 1.2 }),
};

/** Points in space; dragging or the arrow keys turn them, + and - zoom. */
export function PointCloud({ url, name }: { url: string; name: string }) {
  const { data, error } = useQuery({
    queryKey: ["cloud", url],
    queryFn: async () => (await demand(await request(url))).json() as Promise<unknown>,
    staleTime: Infinity,
  });
  const cloud = useMemo(() => (data === undefined ? undefined : readCloud(data)), [data]);
  if (error) return <p role="alert">{error.message}</p>;
  if (cloud === undefined) return null;
  if (cloud === null) return <a href={url} download>Download the scene</a>;
  return <Scene cloud={cloud} name={name} />;
}

function Scene({ cloud, name }: { cloud: Cloud; name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [view, setView] = useState(START);
  const theme = useTheme();
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      if (canvas.current) paint(canvas.current, cloud, view, (index) => strokeOf(Math.max(0, index), theme).colour);
    });
    return () => { cancelAnimationFrame(frame); };
  }, [cloud, view, theme]);
  const drag = (event: PointerEvent): void => {
    if (!event.buttons) return;
    setView((old) => ({ ...old, yaw: old.yaw + event.movementX / 120, pitch: Math.max(-1.57, Math.min(1.57, old.pitch + event.movementY / 120)) }));
  };
  const press = (event: KeyboardEvent): void => {
    const turn = KEYS[event.key];
    if (!turn) return;
    event.preventDefault();
    setView(turn);
  };
  return (
    <canvas ref={canvas} className={styles.scene} role="img" tabIndex={0} onPointerMove={drag} onKeyDown={press}
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); }}
      aria-label={`${name}: ${cloud.points.length.toLocaleString("en")} points in space; arrow keys turn, plus and minus zoom`} />
  );
}

function paint(canvas: HTMLCanvasElement, cloud: Cloud, view: View, hue: (index: number) => string): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  context.scale(ratio, ratio);
  const size = (Math.min(width, height) / 2.1) * view.zoom;
  const place = (point: Cloud["points"][number]): [number, number] => {
    const [x, y] = seen(point, cloud, view.yaw, view.pitch);
    return [width / 2 + x * size, height / 2 - y * size];
  };
  const dot = cloud.points.length > 5000 ? 1.5 : 3;
  cloud.points.forEach((point, i) => {
    const colour = cloud.colours[i] ?? -1;
    context.fillStyle = typeof colour === "string" ? colour : hue(colour);
    const [x, y] = place(point);
    context.fillRect(x - dot / 2, y - dot / 2, dot, dot);
  });
  for (const { from, to, colour } of cloud.lines) {
    context.strokeStyle = colour;
    context.beginPath();
    context.moveTo(...place(from));
    context.lineTo(...place(to));
    context.stroke();
  }
}
