/** How far the price ran a trader's way after its changes of position, as `explain` answers it. */
import type { LeaderboardExplanation } from '../contract/leaderboard.ts';
import { alphaDecay, DECAY_OFFSETS_MS, type DecayFill } from '../domain/metrics/copy_costs.ts';
import type { Queryable } from '../store/database.ts';
import { type PricedChange, readPricedChanges } from '../store/read_drift.ts';

const CHANGES = 200;
/** Trades of the last offset may still be on their way. */
const SETTLED_MS = 5_000;

interface PricedFill extends DecayFill {
  readonly prices: PricedChange['prices'];
}

/** The parts of a change: what it closed and what it opened; both when it turned the position over. */
export function decayFills({ time, sizeBefore, sizeAfter, notional, prices }: PricedChange): PricedFill[] {
  const [before, after] = [Math.abs(sizeBefore), Math.abs(sizeAfter)];
  const flipped = sizeBefore * sizeAfter < 0;
  const closed = flipped ? before : Math.max(0, before - after);
  const opened = flipped ? after : Math.max(0, after - before);
  const part = (size: number, of: number, opens: boolean): PricedFill[] =>
    size === 0
      ? []
      : [
          {
            time,
            direction: of > 0 ? 1 : -1,
            opens,
            notional: (notional * size) / (closed + opened),
            prices,
          },
        ];
  return [...part(closed, sizeBefore, false), ...part(opened, sizeAfter, true)];
}

/** Of the newest changes whose trades are kept; `now` in ms. One question to the database. */
export async function measuredDecayOf(
  db: Queryable,
  traderId: number,
  now: number,
): Promise<LeaderboardExplanation['measuredDecay']> {
  const changes = await readPricedChanges(db, {
    traderId,
    until: now - Math.max(...DECAY_OFFSETS_MS) - SETTLED_MS,
    offsets: DECAY_OFFSETS_MS,
    limit: CHANGES,
  });
  const at = [0, ...DECAY_OFFSETS_MS];
  const points = alphaDecay(
    changes.flatMap(decayFills),
    (fill, time) => fill.prices[at.findIndex((offset) => fill.time + offset === time)] ?? null,
  );
  return points.map(({ offsetMs, driftBp, n }) => ({
    offsetMs,
    driftBp: driftBp === null ? null : Number(driftBp.toFixed(3)),
    n,
  }));
}
