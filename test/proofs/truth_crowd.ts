/**
 * Many small trades at little cost: on each turn a few members of a crowd quote just inside the spread of a coin, one of
 * them twice, and another takes all of it in the same block. Members open, add, reduce, close and flip, on both sides of
 * a block; they hold little, so the ordinary takers of the world move the market as they do without them.
 */
import type { Address } from '../../src/domain/address.ts';
import type { Lots } from '../../src/domain/money.ts';
import { type Random, seededRandom } from '../../src/runtime/random.ts';
import { fundDex, gridPx, limitOrder } from '../../src/simulator/agents/market_makers.ts';
import type { Population, Stage } from '../../src/simulator/agents/population.ts';
import { derivedAddressText } from '../../src/simulator/venue/arithmetic.ts';
import { updateLeverage } from '../../src/simulator/venue/leverage_actions.ts';
import { cancelOrder } from '../../src/simulator/venue/order_book_keeping.ts';
import { placeOrder } from '../../src/simulator/venue/placement.ts';
import type { Account, Market, Order, State } from '../../src/simulator/venue/state.ts';
import { deposit } from '../../src/simulator/venue/transfers.ts';
import { CLASS_PASSIVE, CLASS_TAKING } from '../../src/simulator/venue/venue.ts';

const USD = 1_000_000;
const CAPITAL = 50_000 * USD;
const REFILL_MS = 3_600_000;
const COINS_EACH = 3;

export interface CrowdOptions {
  readonly members: number;
  /** Turns a day, about; each makes some eight trades. */
  readonly turnsPerDay: number;
}

export class Crowd implements Population {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #members: readonly Address[];
  readonly #markets: readonly Market[];
  /** Who trades a coin, by the market's index: each member keeps to a few. */
  readonly #regulars: readonly (readonly Address[])[];
  readonly #meanMs: number;
  #next: number;
  #nextRefill: number;

  constructor(stage: Stage, options: CrowdOptions) {
    const { state } = stage.venue;
    this.#stage = stage;
    this.#random = seededRandom(`${stage.seed}/crowd`);
    this.#members = Array.from(
      { length: options.members },
      (_, i) => derivedAddressText(state.salt ^ 0x51c3, i) as Address,
    );
    this.#markets = state.markets.filter((market) => !market.delisted);
    const regulars: Address[][] = state.markets.map(() => []);
    for (const [i, address] of this.#members.entries()) {
      for (let k = 0; k < COINS_EACH; k++) {
        const market = this.#markets[(i * COINS_EACH + k) % this.#markets.length];
        if (market !== undefined) regulars[market.index]?.push(address);
      }
    }
    this.#regulars = regulars;
    this.#meanMs = 86_400_000 / options.turnsPerDay;
    this.#next = stage.startTime + 2_000;
    this.#nextRefill = stage.startTime;
  }

  /** Nobody of the crowd trades from now on. */
  rest(): void {
    this.#next = Number.POSITIVE_INFINITY;
  }

  nextAt(): number {
    return Math.min(this.#next, this.#nextRefill);
  }

  act(time: number): void {
    if (this.#nextRefill <= time) {
      this.#nextRefill = time + REFILL_MS;
      this.#stage.venue.enqueue(CLASS_PASSIVE, (s) => this.#refill(s));
    }
    while (this.#next <= time) {
      this.#next += 1 + Math.floor(this.#random.next() * 2 * this.#meanMs);
      this.#stage.venue.enqueue(CLASS_TAKING, (s) => this.#turn(s));
    }
  }

  #refill(s: State): void {
    const dexs = new Set(this.#markets.map((market) => market.dexIndex));
    for (const address of this.#members) {
      for (const dex of dexs) {
        const usd = s.accounts.get(address)?.pots[dex]?.usd ?? 0;
        if (usd > CAPITAL / 4) continue;
        if (dex === 0) deposit(s, address, CAPITAL);
        else fundDex(s, address, dex, CAPITAL);
      }
    }
  }

  #turn(s: State): void {
    const random = this.#random;
    const market = this.#markets[random.int(this.#markets.length)] as Market;
    const { bidPx, askPx } = market.book.touch();
    if (market.halted || market.delisted || bidPx === 0 || askPx === 0) return;
    const taker = this.#member(s, market);
    // Who holds something rather lets go of it, so that positions end as often as they begin.
    const held = taker.positions.get(market.index)?.szi ?? 0;
    const isBuy = held === 0 || random.next() < 0.3 ? random.next() < 0.5 : held < 0;
    const quotes: Order[] = [];
    // As far inside the spread as can be, so that what rested before does not come first.
    const px = gridPx(market, isBuy ? bidPx + 1 : askPx - 1, !isBuy);
    let total = 0;
    for (let left = 1 + random.int(14); left > 0; left--) {
      const size = this.#size(market);
      const placed = placeOrder(s, this.#member(s, market), limitOrder(market, !isBuy, px, size, 'Alo'));
      if (placed.kind !== 'resting') continue;
      quotes.push(placed.order);
      total += size;
    }
    if (total === 0) return;
    const wanted = (random.next() < 0.3 && held !== 0 ? Math.min(total, Math.abs(held)) : total) as Lots;
    placeOrder(s, taker, limitOrder(market, isBuy, px, wanted, 'Ioc'));
    for (const order of quotes) if (order.place === 'resting') cancelOrder(s, order, 'canceled');
  }

  #size(market: Market): Lots {
    return Math.max(1, Math.ceil(((11 + 60 * this.#random.next()) * USD) / market.mark)) as Lots;
  }

  #member(s: State, market: Market): Account {
    const regulars = this.#regulars[market.index] as readonly Address[];
    const address = regulars[this.#random.int(regulars.length)] as Address;
    const account = s.accounts.get(address);
    if (account === undefined) throw new Error(`${address} has no account`);
    if (!account.leverage.has(market.index))
      updateLeverage(s, account, market, market.marginMode === null, Math.min(5, market.maxLeverage));
    return account;
  }
}
