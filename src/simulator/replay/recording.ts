/**
 * A recorded capture: one JSON object a line, `{received_wall_ns, channel, data}`, channels trades, l2Book and
 * bbo. Everything else about the market (its coins, their decimals) is derived from what was recorded.
 */
import { ConfigError } from '../../runtime/errors.ts';
import type { Bbo } from '../market/board.ts';
import type { CoinSpec, WireBook, WireTrade } from '../market/types.ts';
import { frameFields, isBboData, isBookData, isTradeList } from './shapes.ts';

export interface TradesEvent {
  readonly kind: 'trades';
  readonly symbol: string;
  readonly trades: readonly WireTrade[];
}
export interface BookEvent {
  readonly kind: 'l2Book';
  readonly symbol: string;
  readonly book: WireBook;
}
export interface BboEvent {
  readonly kind: 'bbo';
  readonly symbol: string;
  readonly time: number;
  readonly bbo: Bbo;
}
export type RecordedEvent = (TradesEvent | BookEvent | BboEvent) & {
  /** When the recorder received it, ms with fraction. */
  readonly at: number;
};

export interface Recording {
  /** Trades that each coin's subscription replayed first: they happened before the capture began. */
  readonly history: ReadonlyMap<string, readonly WireTrade[]>;
  /** Everything after that, in the order received. */
  readonly events: readonly RecordedEvent[];
  readonly coins: readonly CoinSpec[];
  /** Receive time of the first and last frame, ms. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Rows that a subscription replays. */
const REPLAYED_TRADES = 30;
/** Leverage shown for coins that are only known from a recording. */
const UNKNOWN_LEVERAGE = 10;
const MAX_PRICE_DECIMALS = 6;

const decimalsOf = (text: string): number =>
  text.replace(/\.0+$|(\.\d*?)0+$/, '$1').split('.')[1]?.length ?? 0;

/** szDecimals from what was seen: enough for every size, few enough for every price. */
class DecimalsSeen {
  #size = 0;
  #price = 0;

  add(px: string, sz: string): void {
    this.#price = Math.max(this.#price, decimalsOf(px));
    this.#size = Math.max(this.#size, decimalsOf(sz));
  }

  szDecimals(symbol: string): number {
    if (this.#size + this.#price > MAX_PRICE_DECIMALS)
      throw new ConfigError(
        'RECORDING_DECIMALS',
        `the recording's ${symbol} has sizes with ${this.#size} and prices with ${this.#price} decimals, which no perpetual has`,
      );
    return this.#size;
  }
}

/** Splits a frame of several block times into one frame per block, as a live feed sends them. */
function perBlock(trades: readonly WireTrade[]): WireTrade[][] {
  const blocks: WireTrade[][] = [];
  for (const trade of trades) {
    const last = blocks.at(-1);
    if (last?.[0]?.time === trade.time) last.push(trade);
    else blocks.push([trade]);
  }
  return blocks;
}

/** A trade's identity: unique over all coins and times. */
export const tradeKey = (trade: WireTrade): string => `${trade.coin} ${trade.time} ${trade.tid}`;

function parseLine(line: string, number: number): RecordedEvent | undefined {
  try {
    const { received, channel, data } = frameFields(line);
    const at = received / 1e6;
    if (channel === 'trades' && isTradeList(data)) {
      const symbol = data[0]?.coin;
      return symbol === undefined ? undefined : { at, kind: 'trades', symbol, trades: data };
    }
    if (channel === 'l2Book' && isBookData(data))
      return { at, kind: 'l2Book', symbol: data.coin, book: { time: data.time, levels: data.levels } };
    if (channel === 'bbo' && isBboData(data))
      return { at, kind: 'bbo', symbol: data.coin, time: data.time, bbo: data.bbo };
    return undefined;
  } catch (error) {
    throw new ConfigError(
      'RECORDING_FORMAT',
      `line ${number} of the recording is not {"received_wall_ns","channel","data"}: ${line.slice(0, 80)}`,
      { cause: error },
    );
  }
}

/** Reads a capture. Channels other than trades, l2Book and bbo are skipped. @throws ConfigError RECORDING_* */
export function parseRecording(text: string): Recording {
  const history = new Map<string, readonly WireTrade[]>();
  const events: RecordedEvent[] = [];
  const decimals = new Map<string, DecimalsSeen>();
  const seen = new Set<string>();
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const event = parseLine(line, index + 1);
    if (event === undefined) continue;
    const coin = decimals.get(event.symbol) ?? new DecimalsSeen();
    decimals.set(event.symbol, coin);
    for (const { px, sz } of pricesOf(event)) coin.add(px, sz);
    if (event.kind !== 'trades') events.push(event);
    else takeTrades(event, history, events, seen);
  }
  if (decimals.size === 0) throw new ConfigError('RECORDING_EMPTY', 'the recording has no market frame');
  return {
    history,
    events,
    coins: [...decimals].map(([symbol, found]) => ({
      symbol,
      szDecimals: found.szDecimals(symbol),
      maxLeverage: UNKNOWN_LEVERAGE,
    })),
    startedAt: events[0]?.at ?? 0,
    endedAt: events.at(-1)?.at ?? 0,
  };
}

/** A coin's first frame is what its subscription replayed; a later one of several blocks is a resubscription's. */
function takeTrades(
  event: TradesEvent & { readonly at: number },
  history: Map<string, readonly WireTrade[]>,
  events: RecordedEvent[],
  seen: Set<string>,
): void {
  const blocks = perBlock(event.trades);
  const first = !history.has(event.symbol);
  if (first && (blocks.length > 1 || event.trades.length === REPLAYED_TRADES)) {
    history.set(event.symbol, event.trades);
  } else {
    if (first) history.set(event.symbol, []);
    if (blocks.length === 1) events.push(event);
    else
      for (const block of blocks) {
        const trades = block.filter((trade) => !seen.has(tradeKey(trade)));
        if (trades.length > 0) events.push({ ...event, trades });
      }
  }
  for (const trade of event.trades) seen.add(tradeKey(trade));
}

function pricesOf(event: RecordedEvent): readonly { px: string; sz: string }[] {
  if (event.kind === 'trades') return event.trades;
  if (event.kind === 'l2Book') return event.book.levels.flat();
  return event.bbo.filter((level) => level !== null);
}
