/**
 * Where scripted wallets trade: with one another or with strangers, at prices of the simulated market. What they do
 * reaches the pipeline as it would of real ones: fills into their records and what is kept beside them, trades onto a
 * tape that names both sides, and volumes into the candles that the venue gives of a market.
 */
import type { Fill } from '../../src/domain/episodes/fill.ts';
import type { ListedCoin } from '../../src/domain/listed_coin.ts';
import { DAY_MS } from '../../src/domain/metrics/day.ts';
import { TraderHistory } from '../../src/domain/metrics/history.ts';
import type { InfoClient } from '../../src/hyperliquid/transport.ts';
import type { WireCandle } from '../../src/hyperliquid/wire/history.ts';
import { DetailCollector } from '../../src/ranking/details.ts';
import { HourlyPrices } from '../../src/ranking/hourly_prices.ts';
import { Account } from './account.ts';
import { Draw } from './draw.ts';
import { type Coin, type Market, START_MS, STEP_MS } from './market.ts';

const HOUR_MS = 3_600_000;
/** Ids from here on are of the crowd, who is met once and never again. */
const STRANGERS = 1_000_000;

/** A trade as everybody sees it. Size in lots, price in ticks. */
export interface TapeTrade {
  readonly coin: number;
  readonly time: number;
  readonly size: number;
  readonly price: number;
  readonly buyer: number;
  readonly seller: number;
}

export interface Wallet {
  readonly id: number;
  /** What it is part of, and whether it is what a follower is meant to see. */
  readonly trick: string;
  readonly shown: boolean;
  readonly account: Account;
  readonly history: TraderHistory;
  readonly details: DetailCollector;
}

/** USD that the crowd trades in a coin in a minute. */
export type CrowdVolume = (coin: number) => number;

export class Stage {
  readonly market: Market;
  readonly wallets: Wallet[] = [];
  readonly tape: TapeTrade[] = [];
  readonly #prices: HourlyPrices | null;
  #meeting = false;

  /** @param prices Null in a rehearsal: volumes and costs are not known yet. */
  constructor(market: Market, prices: HourlyPrices | null) {
    this.market = market;
    this.#prices = prices;
  }

  /** A wallet with so many USD. Its chances are its own: `name` seeds them. */
  wallet(trick: string, name: string, equityUsd: number, shown = true): Wallet {
    const prices = this.#prices;
    const details = new DetailCollector((coin, time) => prices?.minuteVolume(coin, time) ?? Number.NaN);
    const history = new TraderHistory({
      ...(prices?.costs ?? { slippageBp: () => 0 }),
      onEpisode: details.episode,
    });
    const id = this.wallets.length + 1;
    const account = new Account({
      history,
      market: this.market,
      draw: new Draw(`wallet ${name}`),
      equityUsd,
      startMs: START_MS,
      onFill: (fill) => this.#filled(id, fill, details, history),
      onMidnight: () => undefined,
    });
    const wallet = { id, trick, shown, account, history, details };
    this.wallets.push(wallet);
    return wallet;
  }

  #filled(id: number, fill: Fill, details: DetailCollector, history: TraderHistory): void {
    details.fill(fill, history);
    if (this.#meeting) return;
    const stranger = STRANGERS + this.tape.length;
    const [buyer, seller] = fill.size > 0 ? [id, stranger] : [stranger, id];
    this.#print(fill, buyer, seller);
  }

  #print({ coin, time, size, price }: Fill, buyer: number, seller: number): void {
    this.tape.push({ coin, time, size: Math.abs(size), price, buyer, seller });
  }

  /** One order of a wallet that a stranger takes the other side of; size in signed lots. */
  trade(wallet: Wallet, time: number, coin: Coin, size: number, price: number): void {
    wallet.account.advance(time);
    wallet.account.newOrder();
    wallet.account.trade(time, coin, size, price, false);
  }

  /** One wallet buys from another. */
  meet(buyer: Wallet, seller: Wallet, time: number, coin: Coin, size: number, price: number): void {
    this.#meeting = true;
    this.trade(buyer, time, coin, size, price);
    this.trade(seller, time, coin, -size, price);
    this.#meeting = false;
    this.tape.push({ coin: coin.id, time, size, price, buyer: buyer.id, seller: seller.id });
  }

  /** Price of the market, ticks. */
  price(coin: Coin, time: number): number {
    return coin.ticks[Math.floor((time - START_MS) / STEP_MS)] ?? 1;
  }
}

/** Coins of the simulated market as they are listed. */
export const listedCoins = (market: Market): ListedCoin[] =>
  market.coins.map(({ id, lotsPerCoin }) => {
    const coin = id === 0 ? 'BTC' : id === 1 ? 'ETH' : `C${id}`;
    return { id, dex: '', name: coin, symbol: coin, sizeDecimals: Math.round(Math.log10(lotsPerCoin)) };
  });

/** Prices and volumes as the platform has them, of a venue whose candles hold the crowd's trades and the tape's. */
export async function pricesOf(
  market: Market,
  tape: readonly TapeTrade[],
  crowd: CrowdVolume,
): Promise<HourlyPrices> {
  const coins = listedCoins(market);
  const ask = ({ body }: { readonly body: object }): Promise<unknown> => {
    const { coin } = (body as { req: { coin: string } }).req;
    const { id } = coins.find(({ symbol }) => symbol === coin) as ListedCoin;
    return Promise.resolve(candlesOf(market, id, tape, crowd(id)));
  };
  const prices = new HourlyPrices({ ask } as unknown as InfoClient);
  for (const coin of coins) await prices.ensure(coin, START_MS, START_MS + market.days * DAY_MS);
  return prices;
}

function candlesOf(market: Market, id: number, tape: readonly TapeTrade[], minuteUsd: number): WireCandle[] {
  const coin = market.coins[id] as Coin;
  const ticksPerUsd = 1e6 / coin.lotsPerCoin;
  const usd = new Float64Array(market.days * 24).fill(60 * minuteUsd);
  for (const { coin: traded, time, size, price } of tape) {
    const hour = Math.floor((time - START_MS) / HOUR_MS);
    if (traded === id && hour < usd.length) usd[hour] = (usd[hour] ?? 0) + (size * price) / 1e6;
  }
  return Array.from(usd, (traded, hour): WireCandle => {
    const close = (coin.ticks[((hour + 1) * HOUR_MS) / STEP_MS] ?? 1) / ticksPerUsd;
    return { t: START_MS + hour * HOUR_MS, c: String(close), v: String(traded / close) };
  });
}
