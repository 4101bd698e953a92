/**
 * Smoothing of the points the server sent. It is a seam: smoothing on the server over the full series will replace the
 * call, and with it this file, without a change to the charts.
 */

/**
 * Exponential moving average, `weight` in [0, 1), with the start-up bias taken out: a constant stays that constant and
 * the result never leaves the range of the input. Gaps (not finite) stay gaps and are not averaged over.
 */
export function smooth(ys: Float64Array, weight: number): Float64Array {
  if (weight <= 0) return ys;
  const out = new Float64Array(ys.length);
  let [sum, mass] = [0, 0];
  for (let i = 0; i < ys.length; i += 1) {
    const y = ys[i] ?? NaN;
    if (!Number.isFinite(y)) {
      out[i] = NaN;
      continue;
    }
    sum = sum * weight + y * (1 - weight);
    mass = mass * weight + (1 - weight);
    out[i] = sum / mass;
  }
  return out;
}
