/** A trader's record as it is stored, and as it is read again. Pure. */
import { deflateSync, inflateSync } from 'node:zlib';
import type { Episode } from '../domain/episodes/episode.ts';
import { loadDayRow, type StoredDayRow, storeDayRow } from '../domain/metrics/day.ts';
import { type CoinCosts, type HistorySnapshot, TraderHistory } from '../domain/metrics/history.ts';
import { windowOf } from '../domain/metrics/window.ts';
import type { DailySeries } from '../store/trader_records.ts';
import { type CopyTerms, copySeries } from './copy_returns.ts';

/** Of what `packRecord` writes; a record of another one is read from the venue again. */
export const RECORD_FORMAT = 2;

export interface TraderRecord {
  readonly history: TraderHistory;
  /** Collateral without positions at the end of the record, micro-USD: the next part must begin with it. */
  readonly cash: number;
}

interface Packed {
  readonly snapshot: HistorySnapshot;
  readonly days: readonly StoredDayRow[];
  readonly cash: number;
}

export function packRecord({ history, cash }: TraderRecord): Buffer {
  const packed: Packed = {
    snapshot: history.snapshot(),
    days: [...history.days.values()].map(storeDayRow),
    cash,
  };
  return deflateSync(JSON.stringify(packed));
}

export function unpackRecord(
  bytes: Buffer,
  costs: CoinCosts,
  onEpisode?: (episode: Episode) => void,
): TraderRecord {
  const { snapshot, days, cash } = JSON.parse(inflateSync(bytes).toString('utf8')) as Packed;
  const options = { ...costs, ...(onEpisode === undefined ? {} : { onEpisode }) };
  return { history: TraderHistory.restore(options, snapshot, days.map(loadDayRow)), cash };
}

/** The days whose fills are known up to and including `today`. */
export function dailySeries(history: TraderHistory, today: number, terms: CopyTerms): DailySeries {
  const window = windowOf(history, Number.NEGATIVE_INFINITY, today);
  const copy = copySeries(window, terms);
  const at = new Map(window.series.day.map((day, i) => [day, i]));
  const own = (column: readonly number[]) => copy.day.map((day) => column[at.get(day) ?? -1] ?? 0);
  return {
    days: copy.day,
    ownReturn: own(window.series.net),
    copyReturn: copy.net,
    pnl: own(window.series.pnl).map(Math.round),
    equity: own(window.series.equity).map(Math.round),
  };
}
