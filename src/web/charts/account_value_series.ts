/**
 * Samples of an account's value as a curve and its drawdown. Statistics: float64, never money that is acted on.
 * A gap between samples stays a gap; nothing is drawn where nothing was seen.
 */

export interface AccountValueSample {
  /** ms, UTC. */
  readonly time: number;
  /** USD, decimal. */
  readonly accountValueUsd: string;
}

/** A point of a curve; without a value it breaks the line. `time` in whole seconds, UTC. */
export interface CurvePoint {
  readonly time: number;
  readonly value?: number;
}

export interface AccountValueCurve {
  readonly values: readonly CurvePoint[];
  /** Share below the highest value before, 0 or negative. */
  readonly drawdown: readonly CurvePoint[];
  /** The deepest of them; null without samples. */
  readonly worst: { readonly time: number; readonly share: number } | null;
  readonly samples: number;
  readonly gaps: number;
}

/** A pause this many times longer than the usual one between samples is a gap. */
const GAP_FACTOR = 4;
/** Most empty points in one gap. */
const MOST_EMPTY = 400;

function usualPause(times: readonly number[]): number {
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? time));
  pauses.sort((a, b) => a - b);
  return pauses[Math.floor(pauses.length / 2)] ?? 0;
}

/** Times inside a gap, so that it is as wide on the axis as it was long. */
function emptyTimes(from: number, to: number, usual: number): number[] {
  const count = Math.max(1, Math.min(MOST_EMPTY, Math.floor((to - from) / Math.max(1, usual)) - 1));
  const step = (to - from) / (count + 1);
  return Array.from({ length: count }, (_, index) => Math.round(from + step * (index + 1)));
}

/** Runs of points without a break, each with the empty points that follow it. */
export function unbrokenRuns(curve: readonly CurvePoint[]): CurvePoint[][] {
  const runs: CurvePoint[][] = [];
  let empty = true;
  for (const point of curve) {
    const run = runs.at(-1);
    if (run === undefined || (empty && point.value !== undefined)) runs.push([point]);
    else run.push(point);
    empty = point.value === undefined;
  }
  return runs;
}

/** One sample a second, the last of it, in order of time. */
function bySecond(samples: readonly AccountValueSample[]): [number, number][] {
  const seconds = new Map<number, number>();
  const sorted = [...samples].sort((a, b) => a.time - b.time);
  for (const sample of sorted) seconds.set(Math.floor(sample.time / 1000), Number(sample.accountValueUsd));
  return [...seconds];
}

export function accountValueCurve(samples: readonly AccountValueSample[]): AccountValueCurve {
  const points = bySecond(samples);
  const usual = usualPause(points.map(([time]) => time));
  const gap = usual * GAP_FACTOR;
  const values: CurvePoint[] = [];
  const drawdown: CurvePoint[] = [];
  let peak = Number.NEGATIVE_INFINITY;
  let before: number | null = null;
  let worst: AccountValueCurve['worst'] = null;
  let gaps = 0;
  for (const [time, value] of points) {
    if (before !== null && points.length > 2 && time - before > gap) {
      gaps += 1;
      for (const empty of emptyTimes(before, time, usual)) {
        values.push({ time: empty });
        drawdown.push({ time: empty });
      }
    }
    peak = Math.max(peak, value);
    const share = peak > 0 ? value / peak - 1 : 0;
    if (worst === null || share < worst.share) worst = { time, share };
    values.push({ time, value });
    drawdown.push({ time, value: share });
    before = time;
  }
  return { values, drawdown, worst, samples: points.length, gaps };
}
