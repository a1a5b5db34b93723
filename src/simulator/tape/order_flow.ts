/** One block of the generated tape: who trades which coin, which way and how much. Deterministic for a seed. */
import type { Random } from '../../runtime/random.ts';
import { priceDecimals, priceStep, roundPrice, wireDecimal } from '../market/decimals.ts';
import type { WireBook, WireLevel, WireTrade } from '../market/types.ts';
import type { TapeCoin } from './coins.ts';

const DAY_MS = 86_400_000;
/** Mean number of trades of one aggressive order. */
export const TRADES_PER_ORDER = 1.75;
/** Share of orders that the chain itself sends (TWAP slices and the like): all-zero hash. */
const ZERO_HASH_SHARE = 0.158;
const ZERO_HASH = `0x${'0'.repeat(64)}`;
/** Largest number of trades of one order. */
const MAX_SWEEP = 49;
/** Share of addresses that quote; they are the makers of every trade. */
const MAKER_SHARE = 0.04;
const BOOK_LEVELS = 20;
const MEDIAN_ORDER_USD = 350;

const hex = (random: Random, digits: number): string => {
  let text = '';
  while (text.length < digits) text += random.int(65_536).toString(16).padStart(4, '0');
  return text.slice(0, digits);
};

/** Standard normal, from two uniforms. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

interface CoinFlow {
  readonly coin: TapeCoin;
  readonly decimals: number;
  /** Fair price in 10^-decimals USD, not rounded. */
  fair: number;
  lastBlock: number;
}

export interface OrderFlowOptions {
  readonly coins: readonly TapeCoin[];
  readonly addresses: number;
  readonly random: Random;
  /** Signed position in lots of a user, so that holders also close. */
  readonly positionOf: (user: string, symbol: string) => number;
}

export class OrderFlow {
  readonly #random: Random;
  readonly #options: OrderFlowOptions;
  readonly #flows: CoinFlow[];
  readonly #bySymbol: ReadonlyMap<string, CoinFlow>;
  readonly #cumulative: number[] = [];
  readonly #addresses: string[] = [];

  constructor(options: OrderFlowOptions) {
    this.#options = options;
    this.#random = options.random;
    this.#flows = options.coins.map((coin) => {
      const decimals = priceDecimals(coin.szDecimals);
      return { coin, decimals, fair: coin.price * 10 ** decimals, lastBlock: 0 };
    });
    this.#bySymbol = new Map(this.#flows.map((flow) => [flow.coin.symbol, flow]));
    let sum = 0;
    for (const coin of options.coins) {
      sum += coin.weight;
      this.#cumulative.push(sum);
    }
    for (let index = 0; index < options.addresses; index++)
      this.#addresses.push(`0x${hex(this.#random, 40)}`);
  }

  /** Trades of one block by coin, in execution order. @param orders aggressive orders of the block */
  block(time: number, orders: number): Map<string, WireTrade[]> {
    const trades = new Map<string, WireTrade[]>();
    for (let order = 0; order < orders; order++) {
      const flow = this.#pickCoin();
      const list = trades.get(flow.coin.symbol) ?? [];
      trades.set(flow.coin.symbol, list);
      this.#order(flow, time, list);
    }
    return trades;
  }

  /** Fair price moved to `time` and rounded to a valid price, in 10^-decimals USD. */
  #price(flow: CoinFlow, time: number): number {
    const elapsed = flow.lastBlock === 0 ? 0 : time - flow.lastBlock;
    flow.lastBlock = time;
    if (elapsed > 0) {
      const { dailyVolatility, price } = flow.coin;
      const pull = Math.log((price * 10 ** flow.decimals) / flow.fair) * (elapsed / DAY_MS);
      flow.fair *= Math.exp(pull + dailyVolatility * Math.sqrt(elapsed / DAY_MS) * normal(this.#random));
    }
    return roundPrice(flow.fair, flow.decimals);
  }

  #pickCoin(): CoinFlow {
    const target = this.#random.next() * (this.#cumulative.at(-1) ?? 0);
    let low = 0;
    for (let high = this.#cumulative.length - 1; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#cumulative[middle] ?? 0) > target) high = middle;
      else low = middle + 1;
    }
    return this.#flows[low] as CoinFlow;
  }

  /** Few addresses trade much: the square of a uniform favours the front of the list. */
  #taker(): string {
    const makers = this.#makers();
    const rank = makers + Math.floor((this.#addresses.length - makers) * this.#random.next() ** 2.5);
    return this.#addresses[Math.min(rank, this.#addresses.length - 1)] as string;
  }

  #makers(): number {
    return Math.max(1, Math.floor(this.#addresses.length * MAKER_SHARE));
  }

  #maker(taker: string): string {
    const maker = this.#addresses[this.#random.int(this.#makers())] as string;
    return maker === taker ? (this.#addresses.at(-1) as string) : maker;
  }

  #sweep(): number {
    const draw = this.#random.next();
    if (draw < 0.68) return 1;
    if (draw < 0.85) return 2;
    return Math.min(MAX_SWEEP, 3 + Math.floor(-Math.log(1 - this.#random.next()) * 1.6));
  }

  /** Size of a whole order in lots: log-normal in USD; a holder often trades exactly what is held. */
  #orderLots(flow: CoinFlow, price: number, held: number): number {
    if (held !== 0 && this.#random.next() < 0.4) return Math.abs(held);
    const usd = Math.min(2_000_000, MEDIAN_ORDER_USD * Math.exp(1.5 * normal(this.#random)));
    const lotUsd = price / 10 ** (flow.decimals + flow.coin.szDecimals);
    return Math.max(1, Math.ceil(Math.max(10, usd) / lotUsd));
  }

  #order(flow: CoinFlow, time: number, into: WireTrade[]): void {
    const { symbol, szDecimals } = flow.coin;
    const price = this.#price(flow, time);
    const taker = this.#taker();
    const held = this.#options.positionOf(taker, symbol);
    const buys = held !== 0 && this.#random.next() < 0.65 ? held < 0 : this.#random.next() < 0.5;
    const lots = this.#orderLots(flow, price, held);
    const count = Math.min(this.#sweep(), lots);
    const hash = this.#random.next() < ZERO_HASH_SHARE ? ZERO_HASH : `0x${hex(this.#random, 64)}`;
    const step = priceStep(price, flow.decimals);
    let remaining = lots;
    for (let index = 0; index < count; index++) {
      const size = index === count - 1 ? remaining : Math.max(1, Math.floor(remaining / (count - index)));
      remaining -= size;
      const away = (1 + Math.floor(index / 3)) * step;
      const maker = this.#maker(taker);
      into.push({
        coin: symbol,
        side: buys ? 'B' : 'A',
        px: wireDecimal(Math.max(step, buys ? price + away : price - away), flow.decimals),
        sz: wireDecimal(size, szDecimals),
        time,
        hash,
        tid: this.#random.int(2 ** 50),
        users: buys ? [taker, maker] : [maker, taker],
      });
    }
  }

  /** The quoted book around the fair price of the last block; sizes follow from the price of each level. */
  book(symbol: string, time: number): WireBook | undefined {
    const flow = this.#bySymbol.get(symbol);
    if (flow === undefined) return undefined;
    const price = roundPrice(flow.fair, flow.decimals);
    const step = priceStep(price, flow.decimals);
    const side = (direction: 1 | -1): WireLevel[] => {
      const levels: WireLevel[] = [];
      for (let index = 1; index <= BOOK_LEVELS; index++) {
        const at = price + direction * index * step;
        if (at > 0) levels.push(this.#level(flow, at, index));
      }
      return levels;
    };
    return { time, levels: [side(-1), side(1)] };
  }

  #level(flow: CoinFlow, price: number, index: number): WireLevel {
    const mixed = Math.imul(price | 0, 2_654_435_761) >>> 0;
    const usd = 400 * index * (1 + (mixed % 1000) / 100);
    const lotUsd = price / 10 ** (flow.decimals + flow.coin.szDecimals);
    return {
      px: wireDecimal(price, flow.decimals),
      sz: wireDecimal(Math.max(1, Math.round(usd / lotUsd)), flow.coin.szDecimals),
      n: 1 + (mixed % 9),
    };
  }
}
