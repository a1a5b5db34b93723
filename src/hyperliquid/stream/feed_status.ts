/** The state of the feed as metrics, the service's report and people see it. */
import type { ListedCoin } from '../../domain/listed_coin.ts';
import type { TradeColumns } from '../../domain/trade_columns.ts';
import type { ConnectionState, FeedConnection } from './connection.ts';

/** One watched coin inside the feed. */
export interface CoinState {
  readonly coin: ListedCoin;
  readonly connection: FeedConnection;
  /** `replay`: subscribed, the first frame is still to come. `closing`: asks what was missed, holds back the rest. */
  phase: 'down' | 'replay' | 'closing' | 'live';
  since: number;
  held: TradeColumns | undefined;
  /** Exchange time (ms) up to which nothing can be missing, for a coin of which no trade is remembered. */
  coveredUntil: number | undefined;
}

export interface FeedCounts {
  trades: number;
  duplicates: number;
  tooOld: number;
  malformed: number;
  gaps: number;
  gapsClosed: number;
  refused: number;
}

export const noCounts = (): FeedCounts => ({
  trades: 0,
  duplicates: 0,
  tooOld: 0,
  malformed: 0,
  gaps: 0,
  gapsClosed: 0,
  refused: 0,
});

export interface ConnectionStatus {
  readonly state: ConnectionState;
  readonly since: number;
  readonly coins: number;
  readonly confirmed: number;
  readonly reconnects: number;
  readonly frames: number;
  /** Wall clock, ms; of the last live trades frame; null if none yet. */
  readonly lastDataAt: number | null;
  /** Why the last socket ended; '' if none has. */
  readonly lastReason: string;
}

export interface FeedStatus extends Readonly<FeedCounts> {
  readonly connections: readonly ConnectionStatus[];
  readonly coins: number;
  /** Coins whose trades arrive without a hole right now. */
  readonly coinsLive: number;
  readonly refusedCoins: readonly string[];
  /** Listed coins that do not fit the venue's subscription limit. */
  readonly unwatchedCoins: readonly string[];
  readonly reconnects: number;
  readonly slowFrames: number;
  readonly lastDataAt: number | null;
}

/** The venue does not let us follow this coin, while others go on. */
export const isRefused = ({ coin, connection }: CoinState): boolean =>
  connection.subscriptions.isRefused(coin.symbol);

/**
 * Exchange time (ms) up to which every coin is whole, but for those that the venue refuses; undefined while one is not
 * live or nothing came yet.
 */
export function wholeUntil(
  coins: Iterable<CoinState>,
  connections: readonly FeedConnection[],
): number | undefined {
  let until = Number.POSITIVE_INFINITY;
  for (const state of coins) if (state.phase !== 'live' && !isRefused(state)) return undefined;
  for (const { subscriptions, latestTime } of connections) {
    if (subscriptions.refused.length === subscriptions.wanted.size) continue;
    if (latestTime === undefined) return undefined;
    until = Math.min(until, latestTime);
  }
  return Number.isFinite(until) ? until : undefined;
}

/** The latest time (ms) that any connection makes of the venue's frames; undefined before any came. */
export function venueNow(connections: readonly FeedConnection[]): number | undefined {
  const told = connections.filter(({ latestTime }) => latestTime !== undefined);
  return told.length === 0 ? undefined : Math.max(...told.map((one) => one.venueNow()));
}

export function feedStatus(
  connections: readonly FeedConnection[],
  coins: Iterable<CoinState>,
  unwatchedCoins: readonly string[],
  counts: FeedCounts,
  slowFrames: number,
): FeedStatus {
  const states = [...coins];
  const dataTimes = connections.flatMap((one) => (one.lastDataAt === undefined ? [] : [one.lastDataAt]));
  return {
    ...counts,
    slowFrames,
    unwatchedCoins,
    connections: connections.map((one) => ({
      state: one.state,
      since: one.stateSince,
      coins: one.subscriptions.wanted.size,
      confirmed: one.subscriptions.confirmed.size,
      reconnects: one.reconnects,
      frames: one.frames,
      lastDataAt: one.lastDataAt ?? null,
      lastReason: one.lastReason,
    })),
    coins: states.length,
    coinsLive: states.filter((one) => one.phase === 'live').length,
    refusedCoins: connections.flatMap((one) => one.subscriptions.refused),
    reconnects: connections.reduce((sum, one) => sum + one.reconnects, 0),
    lastDataAt: dataTimes.length === 0 ? null : Math.max(...dataTimes),
  };
}
