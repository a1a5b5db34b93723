/**
 * Ordinary traders of mixed habits: how much, how levered, how long, in which coins, with or without stops. None
 * has skill; together they make flow, liquidations, flips, dust and every kind of order.
 */
import type { Address } from '../../domain/address.ts';
import type { Lots } from '../../domain/money.ts';
import { type Random, seededRandom } from '../../runtime/random.ts';
import { derivedAddressText } from '../venue/arithmetic.ts';
import type { CoinSeed } from '../venue/coin_table.ts';
import { updateLeverage } from '../venue/leverage_actions.ts';
import { perpEquity } from '../venue/margin.ts';
import { cancelOrder } from '../venue/order_book_keeping.ts';
import { type OrderSpec, placeOrder } from '../venue/placement.ts';
import type { Account, Market, Position, State } from '../venue/state.ts';
import { deposit, withdraw } from '../venue/transfers.ts';
import { startTwap } from '../venue/twap.ts';
import { CLASS_PASSIVE, CLASS_TAKING } from '../venue/venue.ts';
import { Agenda } from './agenda.ts';
import { bell, rhythmAt } from './fair_prices.ts';
import { fundDex, gridPx, limitOrder } from './market_makers.ts';
import type { Population, Stage } from './population.ts';

const USD = 1_000_000;

export interface TakerOptions {
  readonly traders: number;
  /** Mean acts of one trader per day; each act places none to a few orders. */
  readonly actsPerDay: number;
}

/** What a trader is like; shares are of the population. */
interface Habit {
  readonly name: 'swing' | 'day' | 'gambler' | 'scalper' | 'patient' | 'dust' | 'whale';
  readonly share: number;
  readonly leverage: readonly [number, number];
  /** Median starting equity in USD. */
  readonly equityUsd: number;
  /** Part of equity used as margin for one position. */
  readonly stake: readonly [number, number];
  /** Relative activity. */
  readonly pace: number;
  /** Chance to set a stop and a take profit, to use limit orders, to trade isolated. */
  readonly protects: number;
  readonly makes: number;
  readonly isolates: number;
}

const HABITS: readonly Habit[] = [
  {
    name: 'swing',
    share: 0.3,
    leverage: [2, 8],
    equityUsd: 5000,
    stake: [0.1, 0.4],
    pace: 0.5,
    protects: 0.5,
    makes: 0.3,
    isolates: 0.1,
  },
  {
    name: 'day',
    share: 0.25,
    leverage: [3, 15],
    equityUsd: 4000,
    stake: [0.1, 0.5],
    pace: 1,
    protects: 0.35,
    makes: 0.25,
    isolates: 0.15,
  },
  {
    name: 'gambler',
    share: 0.15,
    leverage: [15, 40],
    equityUsd: 900,
    stake: [0.5, 0.9],
    pace: 1.2,
    protects: 0.05,
    makes: 0.05,
    isolates: 0.4,
  },
  {
    name: 'scalper',
    share: 0.08,
    leverage: [5, 20],
    equityUsd: 12_000,
    stake: [0.1, 0.3],
    pace: 4,
    protects: 0.05,
    makes: 0.5,
    isolates: 0,
  },
  {
    name: 'patient',
    share: 0.1,
    leverage: [1, 3],
    equityUsd: 15_000,
    stake: [0.2, 0.5],
    pace: 0.25,
    protects: 0.2,
    makes: 0.7,
    isolates: 0.05,
  },
  {
    name: 'dust',
    share: 0.08,
    leverage: [1, 5],
    equityUsd: 60,
    stake: [0.2, 0.6],
    pace: 0.8,
    protects: 0.1,
    makes: 0.2,
    isolates: 0.1,
  },
  {
    name: 'whale',
    share: 0.04,
    leverage: [2, 10],
    equityUsd: 600_000,
    stake: [0.1, 0.4],
    pace: 0.7,
    protects: 0.2,
    makes: 0.5,
    isolates: 0,
  },
];

interface Trader {
  readonly address: Address;
  readonly habit: Habit;
  readonly random: Random;
  readonly favourites: readonly Market[];
  readonly leverage: number;
  readonly isolates: boolean;
  /** Micro-USD paid in at the start and again when broke. */
  readonly ticket: number;
  /** Positive follows moves, negative fades them. */
  readonly bias: number;
}

const pick = (random: Random, range: readonly [number, number]): number =>
  range[0] + (range[1] - range[0]) * random.next();

/** A coin by popularity, so that volume concentrates as it does on the venue. */
function pickCoin(
  random: Random,
  markets: readonly Market[],
  weights: readonly number[],
  total: number,
): Market {
  let at = random.next() * total;
  for (const [i, weight] of weights.entries()) {
    at -= weight;
    if (at <= 0) return markets[i] as Market;
  }
  return markets[0] as Market;
}

export class Takers implements Population {
  readonly #stage: Stage;
  readonly #options: TakerOptions;
  readonly #agenda = new Agenda<Trader>();

  constructor(stage: Stage, options: TakerOptions, coins: readonly CoinSeed[]) {
    this.#stage = stage;
    this.#options = options;
    const s = stage.venue.state;
    const markets = s.markets.filter((m) => !m.delisted);
    const volumes = new Map(
      coins.map((c) => [c.dex === '' ? c.name : `${c.dex}:${c.name}`, c.dailyVolumeMusd]),
    );
    const weights = markets.map((m) => Math.sqrt(Math.max(0.5, volumes.get(m.symbol) ?? 1)));
    const total = weights.reduce((a, b) => a + b, 0);
    const traders = Array.from({ length: options.traders }, (_, i) =>
      this.#make(s, i, markets, weights, total),
    );
    stage.venue.enqueue(CLASS_PASSIVE, () => {
      for (const trader of traders) fund(s, trader);
    });
    for (const trader of traders)
      this.#agenda.add(stage.startTime + 1000 + this.#pause(trader, stage.startTime), trader);
  }

  #make(s: State, i: number, markets: readonly Market[], weights: readonly number[], total: number): Trader {
    const random = seededRandom(`${this.#stage.seed}/taker/${i}`);
    let at = random.next();
    let habit = HABITS[0] as Habit;
    for (const candidate of HABITS) {
      habit = candidate;
      at -= candidate.share;
      if (at <= 0) break;
    }
    const favourites = Array.from({ length: 1 + random.int(4) }, () =>
      pickCoin(random, markets, weights, total),
    );
    const spread = 2 ** (bell(random) * 1.3);
    return {
      address: derivedAddressText(s.salt ^ 0x7a6e, i) as Address,
      habit,
      random,
      favourites,
      leverage: Math.max(1, Math.round(pick(random, habit.leverage))),
      isolates: random.next() < habit.isolates,
      ticket: Math.round(habit.equityUsd * spread * 100) * (USD / 100),
      bias: bell(random),
    };
  }

  #pause(trader: Trader, time: number): number {
    const mean = 86_400_000 / (this.#options.actsPerDay * trader.habit.pace);
    // Exponential-like without a logarithm: a product of two uniforms has the same mean, scaled, and a long tail.
    const draw = 4 * trader.random.next() * trader.random.next();
    return Math.floor((mean * draw) / Math.max(0.4, rhythmAt(time))) + 500;
  }

  nextAt(): number {
    return this.#agenda.nextAt;
  }

  act(time: number): void {
    for (let trader = this.#agenda.take(time); trader !== undefined; trader = this.#agenda.take(time)) {
      this.#agenda.add(time + this.#pause(trader, time), trader);
      const due = trader;
      this.#stage.venue.enqueue(CLASS_TAKING, (s) => this.#turn(s, due));
    }
  }

  #turn(s: State, trader: Trader): void {
    const account = s.accounts.get(trader.address);
    if (account === undefined) return;
    const equity = perpEquity(account);
    if (equity < trader.ticket / 20 && account.positions.size === 0) {
      // Broke: most come back with new money some day.
      if (trader.random.next() < 0.15) fund(s, trader);
      return;
    }
    if (equity > trader.ticket * 4 && trader.random.next() < 0.1)
      withdraw(s, account, String(Math.floor(equity / 4 / USD)), s.time);
    const market = trader.favourites[trader.random.int(trader.favourites.length)] as Market;
    if (market.delisted || market.halted) return;
    const position = account.positions.get(market.index);
    if (position) this.#manage(s, trader, account, position);
    else this.#enter(s, trader, account, market, equity);
  }

  #enter(s: State, trader: Trader, account: Account, market: Market, equity: number): void {
    const { random, habit } = trader;
    for (const order of [...account.open.values()])
      if (order.market === market && !order.reduceOnly) cancelOrder(s, order, 'canceled');
    if (!account.leverage.has(market.index)) {
      const isCross = market.marginMode === null && !trader.isolates;
      updateLeverage(s, account, market, isCross, Math.min(trader.leverage, market.maxLeverage));
    }
    const leverage = account.leverage.get(market.index)?.leverage ?? 1;
    const notional = Math.max(11 * USD, equity * pick(random, habit.stake) * leverage * 0.9);
    const isBuy = this.#mood(trader, market);
    const size = Math.floor(notional / market.mark) as Lots;
    if (size <= 0) return;
    if (habit.name === 'whale' && random.next() < 0.15) {
      const minutes = 5 + random.int(40);
      startTwap(s, account, {
        market,
        isBuy,
        sz: size,
        reduceOnly: false,
        minutes,
        randomize: random.next() < 0.5,
      });
      return;
    }
    if (random.next() < habit.makes) {
      const px = gridPx(market, market.mark * (isBuy ? 0.9985 : 1.0015), isBuy);
      placeOrder(s, account, limitOrder(market, isBuy, px, size, random.next() < 0.5 ? 'Alo' : 'Gtc'));
      return;
    }
    const placed = placeOrder(s, account, marketOrder(market, isBuy, size, false));
    if (placed.kind === 'filled' && random.next() < habit.protects) this.#protect(s, trader, account, market);
  }

  /** Follows or fades the distance of the mark from a day ago, with much noise. */
  #mood(trader: Trader, market: Market): boolean {
    const day = market.day.read(this.#stage.venue.time).openPx ?? market.mark;
    const move = (market.mark - day) / day;
    return trader.bias * move * 20 + bell(trader.random) > 0;
  }

  #manage(s: State, trader: Trader, account: Account, position: Position): void {
    const { random } = trader;
    const { market } = position;
    const isBuy = position.szi < 0;
    const held = Math.abs(position.szi);
    const draw = random.next();
    if (draw < 0.45) {
      placeOrder(s, account, marketOrder(market, isBuy, held as Lots, true));
    } else if (draw < 0.6) {
      placeOrder(
        s,
        account,
        marketOrder(market, isBuy, Math.max(1, Math.floor(held * pick(random, [0.2, 0.7]))) as Lots, true),
      );
    } else if (draw < 0.72) {
      // A flip: more than is held, in one order.
      placeOrder(
        s,
        account,
        marketOrder(market, isBuy, Math.floor(held * pick(random, [1.3, 2])) as Lots, false),
      );
    } else if (draw < 0.82) {
      placeOrder(s, account, marketOrder(market, !isBuy, Math.max(1, Math.floor(held * 0.4)) as Lots, false));
    } else if (draw < 0.9) {
      const px = gridPx(market, market.mark * (isBuy ? 0.997 : 1.003), isBuy);
      placeOrder(s, account, limitOrder(market, isBuy, px, held as Lots, 'Gtc', true));
    } else if (draw < 0.93) this.#protect(s, trader, account, market);
    else
      for (const order of [...account.open.values()])
        if (order.market === market) cancelOrder(s, order, 'canceled');
  }

  /** A stop and a take profit for the whole position. */
  #protect(s: State, trader: Trader, account: Account, market: Market): void {
    const szi = account.positions.get(market.index)?.szi ?? 0;
    if (szi === 0) return;
    const isBuy = szi < 0;
    const leverage = account.leverage.get(market.index)?.leverage ?? 1;
    for (const tpsl of ['sl', 'tp'] as const) {
      const distance = (tpsl === 'sl' ? 0.3 : 0.45) * pick(trader.random, [0.5, 1.2]) * (1 / leverage);
      const above = (tpsl === 'sl') === isBuy;
      const px = gridPx(market, market.mark * (above ? 1 + distance : 1 - distance), isBuy);
      placeOrder(s, account, {
        ...limitOrder(market, isBuy, px, Math.abs(szi) as Lots, 'Gtc', true),
        tif: null,
        trigger: { px, isMarket: true, tpsl },
        isPositionTpsl: true,
      });
    }
  }
}

/** Pays the ticket in; traders of a builder dex's coins move half of it there. */
function fund(s: State, trader: Trader): void {
  const builder = trader.favourites.find((m) => m.dexIndex > 0);
  if (builder === undefined) {
    deposit(s, trader.address, trader.ticket);
    return;
  }
  const there = Math.floor(trader.ticket / 2);
  deposit(s, trader.address, trader.ticket - there);
  fundDex(s, trader.address, builder.dexIndex, there);
}

/** An IOC five percent through the mark: never more than the book gives. */
function marketOrder(market: Market, isBuy: boolean, sz: Lots, reduceOnly: boolean): OrderSpec {
  const px = gridPx(market, market.mark * (isBuy ? 1.05 : 0.95), isBuy);
  return limitOrder(market, isBuy, px, sz, 'FrontendMarket', reduceOnly);
}
