/** Makers that quote around the fair price, lean against their inventory and requote as it moves. */

import type { Address } from '../../domain/address.ts';
import type { Lots, MicroUsd, Ticks } from '../../domain/money.ts';
import { type Random, seededRandom } from '../../runtime/random.ts';
import { derivedAddressText } from '../venue/arithmetic.ts';
import type { CoinSeed } from '../venue/coin_table.ts';
import { updateLeverage } from '../venue/leverage_actions.ts';
import { cancelOrder } from '../venue/order_book_keeping.ts';
import { type OrderSpec, placeOrder } from '../venue/placement.ts';
import { type Account, type Market, type Order, potOf, type State } from '../venue/state.ts';
import { deposit } from '../venue/transfers.ts';
import { CLASS_PASSIVE, CLASS_TAKING } from '../venue/venue.ts';
import { Agenda } from './agenda.ts';
import { rhythmAt } from './fair_prices.ts';
import type { Population, Stage } from './population.ts';

const USD = 1_000_000;

export interface MakerOptions {
  /** Accounts that make markets; each coin is quoted by `perCoin` of them. */
  readonly makers: number;
  readonly perCoin: number;
  readonly levels: number;
  /** ms between looks at one coin. */
  readonly periodMs: number;
  /** Micro-USD each. */
  readonly capital: number;
}

interface Desk {
  readonly address: Address;
  readonly market: Market;
  readonly random: Random;
  readonly bids: Order[];
  readonly asks: Order[];
  /** Fair price at the last quote. */
  quotedAt: number;
  /** Fraction of the price. */
  readonly halfSpread: number;
  /** Micro-USD on the first level. */
  readonly levelUsd: number;
}

/** Liquid coins quote tight and deep. */
export function quality(volumeMusd: number): { readonly halfSpread: number; readonly levelUsd: number } {
  const liquid = Math.sqrt(Math.max(0.3, volumeMusd));
  return {
    halfSpread: Math.min(0.0012, 0.0012 / liquid + 0.000_04),
    levelUsd: Math.round(Math.min(400_000, 2500 * liquid) * USD),
  };
}

export class MarketMakers implements Population {
  readonly #stage: Stage;
  readonly #agenda = new Agenda<Desk>();
  readonly #options: MakerOptions;
  readonly #addresses: readonly Address[];
  readonly #volumes: ReadonlyMap<string, number>;
  #known = 0;

  constructor(stage: Stage, options: MakerOptions, coins: readonly CoinSeed[]) {
    this.#stage = stage;
    this.#options = options;
    const s = stage.venue.state;
    const volumes = new Map(
      coins.map((c) => [c.dex === '' ? c.name : `${c.dex}:${c.name}`, c.dailyVolumeMusd]),
    );
    const addresses = makerAddresses(s, options.makers);
    stage.venue.enqueue(CLASS_PASSIVE, () => {
      for (const address of addresses) deposit(s, address, options.capital);
      const deployed = s.dexes.slice(1);
      for (const address of addresses)
        for (const dex of deployed) fundDex(s, address, dex.index, options.capital);
    });
    this.#addresses = addresses;
    this.#volumes = volumes;
    this.#openNew(stage.startTime);
  }

  /** Opens the desks of coins that were listed since the last look. */
  #openNew(time: number): void {
    const { markets } = this.#stage.venue.state;
    for (; this.#known < markets.length; this.#known++) {
      const market = markets[this.#known] as Market;
      if (market.delisted) continue;
      for (let k = 0; k < this.#options.perCoin; k++) {
        const address = this.#addresses[(market.index + k) % this.#addresses.length] as Address;
        this.#open(address, market, time, k);
      }
    }
  }

  /** Starts quoting a coin, one desk per maker of the coin. */
  #open(address: Address, market: Market, time: number, k: number): void {
    const random = seededRandom(`${this.#stage.seed}/maker/${market.symbol}/${k}`);
    const { halfSpread, levelUsd } = quality(this.#volumes.get(market.symbol) ?? 1);
    const desk: Desk = {
      address,
      market,
      random,
      bids: [],
      asks: [],
      quotedAt: 0,
      halfSpread: halfSpread * (0.8 + 0.5 * random.next()) * (1 + k * 0.6),
      levelUsd: Math.round(levelUsd * (0.6 + 0.8 * random.next())),
    };
    this.#agenda.add(time + Math.floor(random.next() * Math.min(this.#options.periodMs, 3000)), desk);
  }

  nextAt(): number {
    return this.#agenda.nextAt;
  }

  act(time: number): void {
    this.#openNew(time);
    for (let desk = this.#agenda.take(time); desk !== undefined; desk = this.#agenda.take(time)) {
      if (desk.market.delisted) continue;
      const pause = this.#options.periodMs * (0.7 + 0.6 * desk.random.next());
      this.#agenda.add(time + Math.floor(pause / Math.max(0.5, rhythmAt(time))), desk);
      const due = desk;
      this.#stage.venue.enqueue(CLASS_PASSIVE, (s) => this.#quote(s, due));
    }
  }

  #quote(s: State, desk: Desk): void {
    const account = s.accounts.get(desk.address);
    if (account === undefined || desk.market.halted || desk.market.delisted) return;
    const { market } = desk;
    if (!account.leverage.has(market.index))
      updateLeverage(s, account, market, market.marginMode === null, Math.min(10, market.maxLeverage));
    const fair = this.#stage.prices.of(market);
    const moved = Math.abs(fair - desk.quotedAt) / fair > desk.halfSpread * 0.35;
    const complete = alive(desk.bids) === this.#options.levels && alive(desk.asks) === this.#options.levels;
    if (!moved && complete) return;
    for (const order of [...desk.bids, ...desk.asks])
      if (order.place === 'resting') cancelOrder(s, order, 'canceled');
    desk.bids.length = 0;
    desk.asks.length = 0;
    desk.quotedAt = fair;
    this.#arbitrage(desk, fair);
    const center = fair * (1 - lean(account, desk) * desk.halfSpread * 0.4);
    for (let level = 0; level < this.#options.levels; level++) {
      this.#place(s, account, desk, center, level, true);
      this.#place(s, account, desk, center, level, false);
    }
  }

  /** Takes what others left on the wrong side of the fair price. */
  #arbitrage(desk: Desk, fair: number): void {
    const { book } = desk.market;
    const ask = book.asks.best;
    const bid = book.bids.best;
    const edge = desk.halfSpread * 0.5;
    if (ask && ask.px < fair * (1 - edge)) this.#take(desk, fair, true);
    else if (bid && bid.px > fair * (1 + edge)) this.#take(desk, fair, false);
  }

  #take(desk: Desk, fair: number, isBuy: boolean): void {
    const { market } = desk;
    const px = gridPx(market, fair, isBuy);
    const sz = Math.max(1, Math.floor((desk.levelUsd * 5) / px)) as Lots;
    this.#stage.venue.enqueue(CLASS_TAKING, (s) => {
      const account = s.accounts.get(desk.address);
      if (account && !market.delisted) placeOrder(s, account, limitOrder(market, isBuy, px, sz, 'Ioc'));
    });
  }

  #place(s: State, account: Account, desk: Desk, center: number, level: number, isBuy: boolean): void {
    const { market, random } = desk;
    const distance = desk.halfSpread * (1 + level * 1.7) * (0.9 + 0.2 * random.next());
    const raw = center * (isBuy ? 1 - distance : 1 + distance);
    const opposite = market.book.side(!isBuy).best?.px;
    // Post-only quotes stay one tick off the other side.
    const inside =
      opposite === undefined ? raw : isBuy ? Math.min(raw, opposite - 1) : Math.max(raw, opposite + 1);
    const px = gridPx(market, inside, isBuy);
    const size = Math.max(
      1,
      Math.floor((desk.levelUsd * (1 + level * 0.8) * (0.6 + 0.8 * random.next())) / px),
    );
    const placed = placeOrder(s, account, limitOrder(market, isBuy, px, size as Lots, 'Alo'));
    if (placed.kind === 'resting') (isBuy ? desk.bids : desk.asks).push(placed.order);
  }
}

export function limitOrder(
  market: Market,
  isBuy: boolean,
  px: Ticks,
  sz: Lots,
  tif: OrderSpec['tif'],
  reduceOnly = false,
): OrderSpec {
  return {
    market,
    isBuy,
    px,
    sz,
    reduceOnly,
    tif,
    trigger: null,
    cloid: null,
    builder: null,
    isPositionTpsl: false,
  };
}

/** Inventory in first-level sizes, bounded: positive leans the quotes down. */
function lean(account: Account, desk: Desk): number {
  const szi = account.positions.get(desk.market.index)?.szi ?? 0;
  return Math.max(-2, Math.min(2, (szi * desk.market.mark) / (desk.levelUsd * 6)));
}

function alive(orders: readonly Order[]): number {
  let count = 0;
  for (const order of orders) if (order.place === 'resting' && order.sz * 3 >= order.origSz) count += 1;
  return count;
}

/** A legal price at or beyond `raw`: five figures, away from the other side. */
export const gridPx = (market: Market, raw: number, isBuy: boolean): Ticks =>
  gridPxAt(market.priceDecimals, raw, isBuy);

/** The same for a coin with so many price decimals. */
export function gridPxAt(priceDecimals: number, raw: number, isBuy: boolean): Ticks {
  const whole = 10 ** priceDecimals;
  let step = 1;
  while (raw / step >= 100_000 && step < whole) step *= 10;
  const px = (isBuy ? Math.floor(raw / step) : Math.ceil(raw / step)) * step;
  return Math.max(1, px) as Ticks;
}

/** Addresses of a world's makers. */
export const makerAddresses = (s: State, makers: number): Address[] =>
  Array.from({ length: makers }, (_, i) => derivedAddressText(s.salt ^ 0x3a3a, i) as Address);

/** Moves fresh collateral to a builder dex. */
export function fundDex(s: State, address: Address, dexIndex: number, usd: number): void {
  deposit(s, address, usd);
  const account = s.accounts.get(address);
  if (account === undefined) return;
  const from = potOf(account, 0);
  const to = potOf(account, dexIndex);
  from.usd = (from.usd - usd) as MicroUsd;
  to.usd = (to.usd + usd) as MicroUsd;
}
