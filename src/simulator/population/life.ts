/**
 * One trader's past being written: strategies act in order of time, each act becomes fills, and money from outside
 * comes and goes. Everything that counts goes through the fold.
 */
import { gridPxAt } from '../agents/market_makers.ts';
import type { Member } from './cast.ts';
import type { Draw } from './draw.ts';
import { FIRST, type FillColumns, LIQUIDATION, MAKER } from './fill_columns.ts';
import { answer, Fold } from './fold.ts';
import { type CoinHistory, capacityOf, MARGIN_USE, type MarketHistory } from './market_history.ts';

/** What a strategy is between its acts. */
export interface Actor {
  /** ms of the next act; Infinity when it has none. */
  readonly at: number;
  act(life: Life): void;
}

/** Money over the account's edge, micro-USD. */
export type Flow =
  | { readonly kind: 'deposit' | 'withdraw'; readonly time: number; readonly usd: number }
  /** Between the first dex and the builder dex. */
  | { readonly kind: 'toDex' | 'fromDex'; readonly time: number; readonly usd: number }
  | {
      readonly kind: 'subIn' | 'vaultIn';
      readonly time: number;
      readonly usd: number;
      /** Place of the other account in the cast. */
      readonly other: number;
    }
  | {
      readonly kind: 'subOut' | 'vaultOut' | 'vaultCreate';
      readonly time: number;
      readonly usd: number;
      /** On top, kept by the venue. */
      readonly fee: number;
      readonly other: number;
    };

/** What a flow does to the account, micro-USD. */
export function signedFlow(flow: Flow): number {
  switch (flow.kind) {
    case 'deposit':
    case 'subIn':
    case 'vaultIn':
      return flow.usd;
    case 'withdraw':
      return -flow.usd;
    case 'toDex':
    case 'fromDex':
      return 0;
    default:
      return -flow.usd - flow.fee;
  }
}

/** What a flow moves to the builder dex, micro-USD. */
export const dexFlow = ({ kind, usd }: Flow): number =>
  kind === 'toDex' ? usd : kind === 'fromDex' ? -usd : 0;

/** Below this an account cannot place an order any more, micro-USD. */
const DEAD_BELOW = 11_000_000;
const LEAST_ORDER = 10_000_000;

export interface TradeHow {
  readonly maker: boolean;
  /** True for the first fill of an order. */
  readonly first: boolean;
  readonly extra?: number;
  /** Price over the path, a fraction; replaces the spread. */
  readonly over?: number;
  /** Place of the other side in the cast; a house where absent. */
  readonly counter?: number;
}

export class Life {
  readonly member: Member;
  readonly market: MarketHistory;
  readonly draw: Draw;
  readonly fold: Fold;
  readonly flows: Flow[] = [];
  /** Every row that is a fill of this account, where somebody else writes some of them; null otherwise. */
  readonly ownRows: number[] | null;
  readonly #rows: FillColumns;
  readonly #counterOf: (coin: CoinHistory, draw: Draw) => number;

  constructor(
    member: Member,
    market: MarketHistory,
    draw: Draw,
    rows: FillColumns,
    samples: readonly number[],
    counterOf: (coin: CoinHistory, draw: Draw) => number,
    keepsRows = false,
  ) {
    this.ownRows = keepsRows ? [] : null;
    this.member = member;
    this.market = market;
    this.draw = draw;
    this.fold = new Fold(market, member.terms, member.start, samples);
    this.#rows = rows;
    this.#counterOf = counterOf;
  }

  /** Left with too little for an order. */
  get dead(): boolean {
    return this.fold.holdings.length === 0 && this.fold.usd + this.fold.dexUsd < DEAD_BELOW;
  }

  flow(flow: Flow): void {
    this.fold.flow(signedFlow(flow));
    this.fold.moveToDex(dexFlow(flow));
    this.flows.push(flow);
  }

  /** Pays in, to where the account trades. */
  deposit(time: number, usd: number): void {
    this.flow({ kind: 'deposit', time, usd });
    if (this.member.reach === 'builder') this.flow({ kind: 'toDex', time, usd });
  }

  withdraw(time: number, usd: number): void {
    if (this.member.reach === 'builder') this.flow({ kind: 'fromDex', time, usd });
    this.flow({ kind: 'withdraw', time, usd });
  }

  /** Lots for a share of the equity, as far as the coin's leverage and volume allow; 0 below the smallest order. */
  lotsFor(coin: CoinHistory, time: number, leverage: number): number {
    const mark = this.market.markAt(coin, time);
    const most = Math.min(coin.seed.maxLeverage, this.fold.terms.leverage) * MARGIN_USE;
    const wanted = Math.max(0, this.fold.equityAt(time)) * Math.min(leverage, most);
    const notional = Math.min(wanted, capacityOf(coin));
    const lots = Math.floor(notional / mark);
    return lots * mark < LEAST_ORDER ? 0 : lots;
  }

  /** Fills `signed` lots at the market's price; the fold must have been advanced to `time`. */
  trade(time: number, coin: CoinHistory, signed: number, how: TradeHow): void {
    if (signed === 0) return;
    this.ownRows?.push(this.#rows.length);
    const { draw } = this;
    const isBid = how.maker === signed > 0;
    const spread = how.over ?? (isBid ? -coin.halfSpread : coin.halfSpread);
    const raw = this.market.midAt(coin, time) * (1 + spread);
    let px: number = gridPxAt(coin.pxDecimals, raw, isBid);
    // A price that was meant is rounded to the nearest legal one, else ticks would add up to a cost of their own.
    if (how.over !== undefined) {
      const other = gridPxAt(coin.pxDecimals, raw, !isBid);
      if (Math.abs(other - raw) < Math.abs(px - raw)) px = other;
    }
    if (((how.extra ?? 0) & LIQUIDATION) !== 0) px = this.#solventPx(coin, px, signed);
    this.fold.fill(coin, px, signed, how.maker);
    this.#rows.push(
      this.member.index,
      how.counter ?? this.#counterOf(coin, draw),
      time,
      coin.index,
      px,
      signed,
      (how.maker ? MAKER : 0) | (how.first ? FIRST : 0) | (how.extra ?? 0),
    );
  }

  /** Takes the other side of the row that was written last. */
  join(): void {
    const row = this.#rows.length - 1;
    this.ownRows?.push(row);
    answer(this.fold, this.member.index, this.#rows, row);
  }

  /** A liquidation never takes more than there is: the other side gets the rest of the price. */
  #solventPx(coin: CoinHistory, px: number, signed: number): number {
    const { fold } = this;
    const holding = fold.held(coin);
    if (holding === undefined) return px;
    const cash = holding.isolated ? holding.isolatedUsd : fold.usd;
    // A thousandth more than the worst fee.
    const least = (-cash / holding.szi) * (signed < 0 ? 1.0017 : 1 / 1.0017);
    return signed < 0 ? Math.max(px, Math.ceil(least)) : Math.max(1, Math.min(px, Math.floor(least)));
  }

  /** The exchange closes the position. */
  liquidate(time: number, coin: CoinHistory): void {
    const holding = this.fold.held(coin);
    if (holding === undefined) return;
    this.trade(time, coin, -holding.szi, { maker: false, first: true, extra: LIQUIDATION });
  }

  /** True when the position in the coin is under maintenance at the mark of `time`. */
  underwater(coin: CoinHistory, time: number): boolean {
    const holding = this.fold.held(coin);
    if (holding === undefined) return false;
    const mark = this.market.markAt(coin, time);
    const value = Math.abs(holding.szi) * mark;
    const equity = holding.isolated ? holding.isolatedUsd + holding.szi * mark : this.fold.equityAt(time);
    return equity <= value / (2 * coin.seed.maxLeverage);
  }
}

/** A life and what acts in it. */
export interface Part {
  readonly life: Life;
  readonly actors: readonly Actor[];
}

/** Lets the actors of all parts act in order of time until `end`; more than one part where one trades with another. */
export function liveTogether(parts: readonly Part[], end: number): void {
  for (;;) {
    let at = end;
    let due: Actor | undefined;
    let of: Life | undefined;
    for (const { life, actors } of parts)
      for (const actor of actors)
        if (actor.at < at) {
          at = actor.at;
          due = actor;
          of = life;
        }
    if (due === undefined || of === undefined) break;
    of.fold.advance(at);
    due.act(of);
  }
  for (const { life } of parts) life.fold.advance(end);
}
