/** A trader's record as its charts show it. Pure. */
import type { LeaderboardExplanation } from '../../../contract/leaderboard.ts';
import type { HistogramBin } from '../../charts/histogram.tsx';

const DAY_MS = 86_400_000;
type Series = LeaderboardExplanation['series'];
type Episode = LeaderboardExplanation['episodes'][number];

const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** Every day from the first to the last with the PnL since the first; null on days that are not known. */
export function pnlCurve(series: Series): { labels: string[]; pnl: (number | null)[] } {
  const at = new Map(series.day.map((day, index) => [day, series.pnlUsd[index] ?? 0]));
  const [first, last] = [series.day[0], series.day.at(-1)];
  const labels: string[] = [];
  const pnl: (number | null)[] = [];
  if (first === undefined || last === undefined) return { labels, pnl };
  let sum = 0;
  for (let day = first; day <= last; day++) {
    const value = at.get(day);
    labels.push(dayText(day));
    if (value !== undefined) sum += value;
    pnl.push(value === undefined ? null : sum);
  }
  return { labels, pnl };
}

/** Growth of 1 for the trader and for a follower, over the days that are known. */
export function growth(series: Series): { labels: string[]; own: number[]; copy: number[] } {
  const compounded = (returns: readonly number[]): number[] => {
    let value = 1;
    return returns.map((r) => {
      value *= 1 + Math.max(-1, r);
      return value;
    });
  };
  return {
    labels: series.day.map(dayText),
    own: compounded(series.ownReturn),
    copy: compounded(series.copyReturn),
  };
}

export interface CalendarDay {
  readonly label: string;
  /** USD; null: not known. */
  readonly pnl: number | null;
  /** -3 to 3: sign and size against the trader's own days. */
  readonly step: number;
}

/** Weeks from Monday to Sunday, oldest first, at most `weeks`. */
export function calendar(series: Series, weeks: number): CalendarDay[][] {
  const last = series.day.at(-1);
  if (last === undefined) return [];
  const at = new Map(series.day.map((day, index) => [day, series.pnlUsd[index] ?? 0]));
  const sizes = series.pnlUsd.map(Math.abs).sort((a, b) => a - b);
  const large = sizes[Math.floor(0.95 * (sizes.length - 1))] ?? 0;
  // 1970-01-01 was a Thursday: Monday of a day's week.
  const monday = (day: number): number => day - ((day + 3) % 7);
  const end = monday(last);
  const begin = Math.max(monday(series.day[0] ?? last), end - 7 * (weeks - 1));
  const out: CalendarDay[][] = [];
  for (let week = begin; week <= end; week += 7) {
    out.push(
      Array.from({ length: 7 }, (_, index) => {
        const pnl = at.get(week + index) ?? null;
        const share = pnl === null || large === 0 ? 0 : Math.min(1, Math.abs(pnl) / large);
        const step = pnl === null || pnl === 0 ? 0 : Math.sign(pnl) * Math.max(1, Math.ceil(share * 3));
        return { label: dayText(week + index), pnl, step };
      }),
    );
  }
  return out;
}

const HOLDS: readonly (readonly [string, number])[] = [
  ['< 2 min', 120_000],
  ['< 15 min', 900_000],
  ['< 1 h', 3_600_000],
  ['< 4 h', 14_400_000],
  ['< 1 d', DAY_MS],
  ['< 7 d', 7 * DAY_MS],
  ['longer', Number.POSITIVE_INFINITY],
];

/** How long closed positions were held. */
export function holdBins(episodes: readonly Episode[]): HistogramBin[] {
  const counts = HOLDS.map(() => 0);
  for (const { openTime, closeTime } of episodes) {
    const place = HOLDS.findIndex(([, most]) => closeTime - openTime < most);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return HOLDS.map(([label], index) => ({ label, count: counts[index] ?? 0 }));
}

export interface CoinResult {
  readonly coin: string;
  readonly closed: number;
  readonly won: number;
  readonly netUsd: number;
}

/** Closed positions by coin, the most traded first; those with a fault are left out. */
export function byCoin(episodes: readonly Episode[]): CoinResult[] {
  const coins = new Map<
    string,
    { coin: string; closed: number; won: number; netUsd: number; entry: number }
  >();
  for (const { dex, coin, netUsd, entryUsd, fault } of episodes) {
    if (fault !== null) continue;
    const name = dex === '' ? coin : `${dex}:${coin}`;
    const known = coins.get(name) ?? { coin: name, closed: 0, won: 0, netUsd: 0, entry: 0 };
    known.closed++;
    if (netUsd > 0) known.won++;
    known.netUsd += netUsd;
    known.entry += entryUsd;
    coins.set(name, known);
  }
  return [...coins.values()].sort((a, b) => b.entry - a.entry);
}
