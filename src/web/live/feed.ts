/** Everything that moves by itself, in one place: the stores that pages watch, fed by the one WebSocket. */
import type { Stats, Weight } from '../../contract/stats.ts';
import type { TraderRow } from '../../contract/traders.ts';
import type { Trade } from '../../contract/trades.ts';
import type { ServerMessage, UPDATES_PATH, UPDATES_PROTOCOL } from '../../contract/updates.ts';
import { browserClock, browserRandom, onVisibility, openSocket, pageHidden, type Timer } from '../browser.ts';
import { Batcher } from './batcher.ts';
import { createStore } from './store.ts';
import { type Connection, UpdatesClient, type UpdatesSocket } from './updates_client.ts';

const PATH: typeof UPDATES_PATH = '/ws/v1/updates';
const PROTOCOL: typeof UPDATES_PROTOCOL = 'autotrade.v1';

/** Most trades kept on the tape. */
const TAPE_LENGTH = 200;
/** Samples kept for sparklines: one a second, five minutes. */
const HISTORY_LENGTH = 300;
/** A hidden page closes its connection after this long; shown again it resumes where it was. */
const HIDDEN_LIMIT_MS = 60_000;

type Hello = Extract<ServerMessage, { type: 'hello' }>;
type TraderFrame = Extract<ServerMessage, { type: 'traders' }>;

export interface StatsSample {
  readonly stats: Stats;
  /** Monotonic ms of this page when it came: ages are measured from here, whatever the wall clocks say. */
  readonly receivedAt: number;
}

export interface Tape {
  /** Newest first. */
  readonly trades: readonly Trade[];
  /** Trades that the view left out since the page was opened. */
  readonly skipped: number;
}

export interface History {
  readonly tradesPerSecond: readonly (number | null)[];
  readonly tradersPerMinute: readonly (number | null)[];
  readonly weights: readonly WeightSample[];
}

/** Weight of every egress IP at one moment. */
export interface WeightSample {
  /** ms UTC, the server's. */
  readonly time: number;
  readonly weights: readonly Weight[];
}

export const connection = createStore<Connection>({ state: 'stopped' });
export const hello = createStore<Hello | null>(null);
export const latestStats = createStore<StatsSample | null>(null);
export const tape = createStore<Tape>({ trades: [], skipped: 0 });
export const history = createStore<History>({
  tradesPerSecond: [],
  tradersPerMinute: [],
  weights: [],
});
export const paused = createStore(false);
/** Messages that wait because the reader paused. */
export const waiting = createStore(0);
/** Monotonic ms of the last message of any kind. */
export const lastMessageAt = createStore<number | null>(null);

const traderWatchers = new Set<(frame: TraderFrame) => void>();

/** Calls `run` for each frame of new and changed traders. @returns the way to stop. */
export function watchTraders(run: (frame: TraderFrame) => void): () => void {
  traderWatchers.add(run);
  const stop = client.subscribe('traders');
  return () => {
    traderWatchers.delete(run);
    stop();
  };
}

const append = (list: readonly (number | null)[], value: string | null): (number | null)[] =>
  [...list, value === null ? null : Number(value)].slice(-HISTORY_LENGTH);

export function acceptStats(stats: Stats, receivedAt: number): void {
  latestStats.set({ stats, receivedAt });
  const past = history.get();
  history.set({
    tradesPerSecond: append(past.tradesPerSecond, stats.trades.perSecond.v),
    tradersPerMinute: append(past.tradersPerMinute, stats.traders.perMinute.v),
    weights: [...past.weights, { time: stats.serverTime, weights: stats.weight }].slice(-HISTORY_LENGTH),
  });
}

const tradeKey = (trade: Trade): string => `${trade.coin}:${trade.time}:${trade.tradeId}`;

/** Newest first, each trade once, at most `TAPE_LENGTH`. */
export function addToTape(before: Tape, arrived: readonly Trade[], skipped: number): Tape {
  const seen = new Set(before.trades.map(tradeKey));
  const fresh: Trade[] = [];
  for (const trade of arrived) {
    const key = tradeKey(trade);
    if (seen.has(key)) continue;
    seen.add(key);
    fresh.push(trade);
  }
  fresh.reverse();
  return { trades: [...fresh, ...before.trades].slice(0, TAPE_LENGTH), skipped: before.skipped + skipped };
}

interface Arrival {
  readonly message: ServerMessage;
  readonly receivedAt: number;
}

/** One batch becomes at most one change of each store, so the page renders once. */
function apply(arrivals: readonly Arrival[]): void {
  let stats: Arrival | null = null;
  const trades: Trade[] = [];
  let skippedTrades = 0;
  const traders = new Map<string, TraderRow>();
  let frame: TraderFrame | null = null;
  let fresh = 0;
  let skipped = 0;
  for (const arrival of arrivals) {
    const { message } = arrival;
    if (message.type === 'stats') stats = arrival;
    else if (message.type === 'trades') {
      trades.push(...message.items);
      skippedTrades += message.skipped;
    } else if (message.type === 'traders') {
      frame = message;
      fresh += message.fresh;
      skipped += message.skipped;
      for (const row of message.items) traders.set(row.address, row);
    }
  }
  if (stats !== null && stats.message.type === 'stats') acceptStats(stats.message.data, stats.receivedAt);
  if (trades.length > 0 || skippedTrades > 0) tape.set(addToTape(tape.get(), trades, skippedTrades));
  if (frame !== null) {
    const merged: TraderFrame = { ...frame, items: [...traders.values()], fresh, skipped };
    for (const run of traderWatchers) run(merged);
  }
  waiting.set(0);
}

const batcher = new Batcher<Arrival>({
  clock: browserClock,
  limit: 2_000,
  apply: (items) => apply(items),
});

export const client = new UpdatesClient({
  open: () => openSocket(PATH, PROTOCOL) as UpdatesSocket,
  clock: browserClock,
  random: browserRandom,
  onConnection: (next) => connection.set(next),
  onMessage(message, receivedAt) {
    lastMessageAt.set(receivedAt);
    if (message.type === 'hello') {
      hello.set(message);
      return;
    }
    if (message.type === 'stats' || message.type === 'trades' || message.type === 'traders') {
      batcher.push({ message, receivedAt });
      if (paused.get()) waiting.set(batcher.waiting);
    }
  },
});

export function setPaused(next: boolean): void {
  paused.set(next);
  if (next) {
    batcher.pause();
    return;
  }
  batcher.resume();
  waiting.set(0);
}

/** Connects, and lets go of the connection while the page is hidden for long. @returns the way to stop it all. */
export function startLive(): () => void {
  let hiddenTimer: Timer | null = null;
  const stopStats = client.subscribe('stats');
  const look = () => {
    hiddenTimer?.cancel();
    hiddenTimer = null;
    if (pageHidden()) hiddenTimer = browserClock.after(HIDDEN_LIMIT_MS, () => client.stop());
    else client.start();
  };
  look();
  const stopLooking = onVisibility(look);
  return () => {
    stopLooking();
    hiddenTimer?.cancel();
    stopStats();
    client.stop();
  };
}
