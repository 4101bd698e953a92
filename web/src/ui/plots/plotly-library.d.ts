declare module "plotly.js-cartesian-dist-min" {
  const library: {
    newPlot: (node: HTMLElement, data: unknown, layout: unknown, config: unknown) => Promise<unknown>;
    purge: (node: HTMLElement) => void;
  };
  export default library;
}
