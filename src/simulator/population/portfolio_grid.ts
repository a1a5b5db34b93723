/** The times at which the portfolio answer has points when the world begins, and in which window each one shows. */
import { DAY_MS, HOUR_MS } from './market_history.ts';

export const WINDOWS = ['day', 'week', 'month', 'allTime'] as const;
const QUARTER_MS = HOUR_MS / 4;
/** Spacing as the venue serves it, and how far back. */
const SPACING: Readonly<Record<(typeof WINDOWS)[number], readonly [everyMs: number, points: number]>> = {
  day: [(7 / 3) * HOUR_MS, 11],
  week: [2.625 * HOUR_MS, 64],
  month: [16 * HOUR_MS, 45],
  allTime: [7 * DAY_MS, 1000],
};

export interface PortfolioGrid {
  /** Ascending, ms, whole quarters of an hour. */
  readonly times: readonly number[];
  /** Bit i: shown in WINDOWS[i]. */
  readonly shown: readonly number[];
}

export function portfolioGrid(start: number, end: number): PortfolioGrid {
  const shown = new Map<number, number>();
  WINDOWS.forEach((window, bit) => {
    const [everyMs, points] = SPACING[window];
    for (let k = 0; k < points; k++) {
      const time = Math.floor((end - k * everyMs) / QUARTER_MS) * QUARTER_MS;
      if (time < start) break;
      shown.set(time, (shown.get(time) ?? 0) | (1 << bit));
    }
  });
  const times = [...shown.keys()].sort((a, b) => a - b);
  return { times, shown: times.map((time) => shown.get(time) ?? 0) };
}
