/** Weight samples of one egress IP as stacked lanes for drawing. */
import type { WeightSample } from '../live/feed.ts';

export interface LaneStack {
  readonly lanes: readonly string[];
  /** Seconds, UTC. */
  readonly times: readonly number[];
  /** Per lane, on top of the lanes before it; null where there was no report. */
  readonly tops: readonly (readonly (number | null)[])[];
  readonly limit: number;
}

export const egressNames = (samples: readonly WeightSample[]): string[] => [
  ...new Set(samples.flatMap((sample) => sample.weights.map((weight) => weight.egress))),
];

/** Two samples further apart than this have a hole between them, s. */
const HOLE_S = 5;

export function laneStack(samples: readonly WeightSample[], egress: string): LaneStack {
  const lanes: string[] = [];
  const times: number[] = [];
  const columns: (Map<string, number> | null)[] = [];
  let limit = 0;
  for (const sample of samples) {
    const time = Math.floor(sample.time / 1000);
    const last = times.at(-1);
    if (last !== undefined && time <= last) continue;
    if (last !== undefined && time - last > HOLE_S) {
      times.push(last + 1);
      columns.push(null);
    }
    const weight = sample.weights.find((one) => one.egress === egress);
    times.push(time);
    limit = weight?.limit ?? limit;
    for (const lane of weight?.lanes ?? []) if (!lanes.includes(lane.lane)) lanes.push(lane.lane);
    const used = weight === undefined || weight.used === null ? null : weight.lanes;
    columns.push(used === null ? null : new Map(used.map((lane) => [lane.lane, lane.used])));
  }
  const below = times.map(() => 0);
  const tops = lanes.map((lane) =>
    columns.map((column, index) => {
      if (column === null) return null;
      const top = (below[index] ?? 0) + (column.get(lane) ?? 0);
      below[index] = top;
      return top;
    }),
  );
  return { lanes, times, tops, limit };
}
