/** Plotly in a part of its own, fetched when a figure is on the screen. */
import library from "plotly.js-cartesian-dist-min";

export const plotly = library;
