/** What a frame of the venue is. Total: every byte sequence has an answer, none throws. */
import { parseAddress } from '../../domain/address.ts';
import type { AddressIndex } from '../../domain/address_index.ts';
import type { CoinTable } from '../../domain/listed_coin.ts';
import { parseLots, parseTicks } from '../../domain/money.ts';
import type { TradeColumns } from '../../domain/trade_columns.ts';
import { tradeSchema } from '../wire/market.ts';
import { anyFrameSchema, errorFrameSchema, subscriptionResponseSchema } from '../wire/stream.ts';
import { looksLikeTrades, TradeScanner } from './trade_scanner.ts';

export type Frame =
  /** Rows `from`..`columns.length` were appended. `coins` are the symbols whose trades could not be read. */
  | { readonly kind: 'trades'; readonly from: number; readonly unreadable: readonly string[] }
  | { readonly kind: 'pong' }
  | {
      readonly kind: 'ack';
      readonly method: 'subscribe' | 'unsubscribe';
      readonly type: string;
      readonly coin?: string;
    }
  | { readonly kind: 'error'; readonly text: string }
  /** A channel that is not ours. Harmless. */
  | { readonly kind: 'other'; readonly channel: string }
  /** Cannot be read. `lossy` if it was a trades frame: trades of an unknown coin are missing. */
  | { readonly kind: 'malformed'; readonly reason: string; readonly lossy: boolean };

/** Beyond this only trades frames are worth parsing. */
const MAX_CONTROL_BYTES = 1 << 20;
/** Enough of a frame to see the channel's name. */
const PREFIX_BYTES = 48;
const PONG = '{"channel":"pong"}';

export class FrameReader {
  readonly #coins: CoinTable;
  readonly #addresses: AddressIndex;
  readonly #scanner: TradeScanner;
  /** Frames that the fast way did not recognise, for metrics. */
  slowFrames = 0;

  constructor(coins: CoinTable, addresses: AddressIndex) {
    this.#coins = coins;
    this.#addresses = addresses;
    this.#scanner = new TradeScanner(coins, addresses);
  }

  /** @param columns where trades are appended. */
  read(bytes: Buffer, columns: TradeColumns, receivedAt: number): Frame {
    const from = columns.length;
    if (looksLikeTrades(bytes)) {
      if (this.#scanner.scan(bytes, columns, receivedAt) >= 0)
        return { kind: 'trades', from, unreadable: [] };
      this.slowFrames++;
    } else if (bytes.length === PONG.length && bytes.toString('latin1') === PONG) {
      return { kind: 'pong' };
    }
    return this.#readSlowly(bytes, columns, receivedAt);
  }

  /** Appends a list of trades as /info gives it; returns how many could not be read. */
  readList(items: readonly unknown[], columns: TradeColumns, receivedAt: number): number {
    let unreadable = 0;
    for (const item of items) if (this.#readTrade(item, columns, receivedAt) !== undefined) unreadable++;
    return unreadable;
  }

  #readSlowly(bytes: Buffer, columns: TradeColumns, receivedAt: number): Frame {
    const prefix = bytes.toString('latin1', 0, PREFIX_BYTES);
    const trades = /"channel"\s*:\s*"trades"/.test(prefix);
    if (bytes.length > MAX_CONTROL_BYTES && !trades) {
      return {
        kind: 'malformed',
        reason: `a frame of ${bytes.length} bytes that is not trades`,
        lossy: false,
      };
    }
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8'));
    } catch {
      return { kind: 'malformed', reason: 'not JSON', lossy: trades };
    }
    const envelope = anyFrameSchema.safeParse(value);
    if (!envelope.success) return { kind: 'malformed', reason: 'no channel', lossy: trades };
    const { channel } = envelope.data;
    if (channel === 'trades')
      return this.#readTrades((value as { data?: unknown }).data, columns, receivedAt);
    return readControl(channel, value);
  }

  #readTrades(data: unknown, columns: TradeColumns, receivedAt: number): Frame {
    if (!Array.isArray(data)) return { kind: 'malformed', reason: 'trades without a list', lossy: true };
    const from = columns.length;
    const unreadable = new Set<string>();
    for (const item of data) {
      const symbol = this.#readTrade(item, columns, receivedAt);
      if (symbol === undefined) continue;
      if (symbol === '') {
        columns.length = from;
        return { kind: 'malformed', reason: 'a trade without a known coin', lossy: true };
      }
      unreadable.add(symbol);
    }
    return { kind: 'trades', from, unreadable: [...unreadable] };
  }

  /** Appends one trade; else the symbol whose trade is lost, or '' if not even that can be told. */
  #readTrade(item: unknown, columns: TradeColumns, receivedAt: number): string | undefined {
    const coin = this.#coins.bySymbol(String((item as { coin?: unknown } | null)?.coin));
    if (coin === undefined) return '';
    const parsed = tradeSchema.safeParse(item);
    if (!parsed.success) return coin.symbol;
    const trade = parsed.data;
    try {
      const price = parseTicks(trade.px, coin.sizeDecimals);
      const size = parseLots(trade.sz, coin.sizeDecimals);
      if (price <= 0 || size <= 0 || price * size > Number.MAX_SAFE_INTEGER) return coin.symbol;
      const [buyer, seller] = trade.users.map((user) => this.#addresses.intern(parseAddress(user)));
      const takerIsBuyer = trade.side === 'B';
      columns.push(
        coin.id,
        trade.time,
        trade.tid,
        price,
        size,
        buyer as number,
        seller as number,
        takerIsBuyer,
        receivedAt,
      );
      return undefined;
    } catch {
      return coin.symbol;
    }
  }
}

function readControl(channel: string, value: unknown): Frame {
  if (channel === 'pong') return { kind: 'pong' };
  if (channel === 'subscriptionResponse') {
    const ack = subscriptionResponseSchema.safeParse(value);
    if (!ack.success)
      return { kind: 'malformed', reason: 'subscriptionResponse of another shape', lossy: false };
    const { method, subscription } = ack.data.data;
    const { type, coin } = subscription;
    return { kind: 'ack', method, type, ...(coin === undefined ? {} : { coin }) };
  }
  if (channel === 'error') {
    const error = errorFrameSchema.safeParse(value);
    if (error.success) return { kind: 'error', text: error.data.data };
    return { kind: 'malformed', reason: 'error of another shape', lossy: false };
  }
  return { kind: 'other', channel };
}
