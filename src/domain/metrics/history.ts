/**
 * A trader's whole record, fed event by event in time order, O(1) each: fills become episodes, equity samples
 * become returns, and both fall into day rows. Two histories fed the same events are equal, however they were
 * batched, so a rebuild from the log is the proof of the incremental state.
 */
import { type BookSnapshot, EpisodeBook } from '../episodes/book.ts';
import { type Episode, episodeNet } from '../episodes/episode.ts';
import type { Fill } from '../episodes/fill.ts';
import type { MicroUsd, Ticks } from '../money.ts';
import { DAY_MS, type DayRow, dayOf, histogramOf, newDayRow } from './day.ts';
import {
  type ChainSnapshot,
  type EquitySample,
  nothingSince,
  ReturnChain,
  type SinceSample,
} from './returns.ts';
import { legsAt, noLegs, type RecentLegs, washedBy } from './wash.ts';

/** Copies arrive about 1.5 s late; an episode shorter than ten such delays cannot be followed. */
export const COPY_LATENCY_MS = 1_500;
const FAST_EPISODE_MS = 10 * COPY_LATENCY_MS;
/**
 * Fills that follow a forced one so soon belong to the same liquidation: one order may meet many makers, of a cross
 * account every position is closed, and of a large one the venue sells a fifth and the rest after 30 seconds. Twice
 * that, since the rest may take a while to be sold.
 */
const SAME_LIQUIDATION_MS = 60_000;
/** |net| at or below this share of entry notional is neither a win nor a loss. */
const EVEN = 1e-9;

/** What a standard follower pays as a taker, by coin: basis points of notional. */
export interface CoinCosts {
  /** Spread and impact. */
  readonly slippageBp: (coin: number) => number;
  /** The impact in it; absent: none. */
  readonly impactBp?: (coin: number) => number;
}

interface CoinExposure {
  notional: number;
  readonly legs: RecentLegs;
}

/** Everything but the day rows, as plain data that survives JSON. Unknown times are null. */
export interface HistorySnapshot {
  readonly book: BookSnapshot;
  readonly chain: ChainSnapshot;
  readonly coins: readonly (readonly [number, CoinExposure])[];
  readonly since: SinceSample;
  readonly clock: number | null;
  readonly completeSince: number | null;
  readonly firstFill: number | null;
  readonly lastFill: number | null;
  readonly lastLiquidation: number | null;
  readonly liquidations: number;
}

interface HistoryOptions extends CoinCosts {
  /** Called with each episode that ends, for those who store episodes. */
  readonly onEpisode?: (episode: Episode) => void;
}

export class TraderHistory {
  #book = new EpisodeBook();
  readonly chain: ReturnChain;
  /** By day number, in order of first use (ascending). */
  readonly days = new Map<number, DayRow>();
  readonly #costs: CoinCosts;
  readonly #onEpisode: ((episode: Episode) => void) | undefined;
  readonly #coins = new Map<number, CoinExposure>();
  #since: SinceSample = nothingSince();
  #clock = Number.NaN;
  #grossNotional = 0;
  #netNotional = 0;
  #row: DayRow | null = null;
  /** Fills are known from here on: ms UTC; -Infinity when the record reaches back to the account's first fill. */
  completeSince = Number.NEGATIVE_INFINITY;
  firstFill: number | null = null;
  lastFill: number | null = null;
  /** Latest fill that the venue forced. */
  lastLiquidation: number | null = null;
  /** Occasions, however many fills each took. */
  liquidations = 0;

  constructor(options: HistoryOptions) {
    this.#costs = options;
    this.#onEpisode = options.onEpisode;
    this.chain = new ReturnChain((day) => this.row(day));
  }

  get book(): EpisodeBook {
    return this.#book;
  }

  snapshot(): HistorySnapshot {
    return {
      book: this.#book.snapshot(),
      chain: this.chain.snapshot(),
      coins: [...this.#coins].map(([coin, { notional, legs }]) => [
        coin,
        { notional, legs: legsAt(legs, this.#clock) },
      ]),
      since: { ...this.#since },
      clock: finiteOrNull(this.#clock),
      completeSince: finiteOrNull(this.completeSince),
      firstFill: this.firstFill,
      lastFill: this.lastFill,
      lastLiquidation: this.lastLiquidation,
      liquidations: this.liquidations,
    };
  }

  /** Continues from a snapshot and the day rows that belong to it (which it takes over and goes on changing). */
  static restore(options: HistoryOptions, snapshot: HistorySnapshot, rows: Iterable<DayRow>): TraderHistory {
    const history = new TraderHistory(options);
    history.#book = EpisodeBook.restore(snapshot.book);
    history.chain.restore(snapshot.chain);
    for (const [coin, exposure] of snapshot.coins) {
      history.#coins.set(coin, structuredClone(exposure));
      history.#grossNotional += Math.abs(exposure.notional);
      history.#netNotional += exposure.notional;
    }
    history.#since = { ...nothingSince(), ...snapshot.since };
    history.#clock = snapshot.clock ?? Number.NaN;
    history.completeSince = snapshot.completeSince ?? Number.NEGATIVE_INFINITY;
    history.firstFill = snapshot.firstFill;
    history.lastFill = snapshot.lastFill;
    history.lastLiquidation = snapshot.lastLiquidation;
    history.liquidations = snapshot.liquidations;
    for (const row of rows) history.days.set(row.day, row);
    return history;
  }

  /** The row of a day, made on first use. */
  row(day: number): DayRow {
    if (this.#row?.day === day) return this.#row;
    let row = this.days.get(day);
    if (row === undefined) {
      row = newDayRow(day);
      this.days.set(day, row);
    }
    this.#row = row;
    return row;
  }

  /** The next fill in execution order (see orderFills). */
  fill(fill: Fill): void {
    this.#advance(fill.time);
    const row = this.row(dayOf(fill.time));
    const effect = this.#book.apply(fill);
    const value = Math.abs(fill.size) * fill.price;
    const opened = effect.openedSize * fill.price;
    const slippage = Math.round(value * this.#costs.slippageBp(fill.coin) * 1e-4);
    row.fills++;
    row.volume += value;
    row.openVolume += opened;
    if (fill.maker) {
      row.makerVolume += value;
      row.makerOpenVolume += opened;
    }
    if (fill.twapId !== null) row.twapVolume += value;
    row.slippage += slippage;
    row.fees += fill.fee;
    row.gross += effect.gross ?? 0;
    const since = this.#since;
    since.gross += effect.gross ?? 0;
    since.fees += fill.fee;
    since.volume += value;
    since.slippage += slippage;
    since.impact += value * (this.#costs.impactBp?.(fill.coin) ?? 0) * 1e-4;
    this.#noteCause(fill, row, effect.closedSize > 0);
    this.#expose(fill, row, value);
    for (const episode of effect.ended) this.#episodeEnded(episode, row);
    this.firstFill ??= fill.time;
    this.lastFill = fill.time;
  }

  /** A funding payment, received positive. */
  funding(time: number, coin: number, amount: MicroUsd): void {
    this.#advance(time);
    this.#book.funding(coin, amount);
    this.row(dayOf(time)).funding += amount;
    this.#since.funding += amount;
  }

  /** What the venue took beside the trades when it liquidated (margin; negative: debt that it forgave): gross PnL. */
  forfeit(time: number, coin: number, amount: MicroUsd): void {
    this.#advance(time);
    this.#book.forfeit(coin, amount);
    this.row(dayOf(time)).gross -= amount;
    this.#since.gross -= amount;
  }

  /** A deposit (positive) or withdrawal (negative) of this account's perpetual equity. */
  flow(time: number, amount: MicroUsd): void {
    this.#advance(time);
    this.chain.flow(amount);
  }

  /** A mark price, for unrealised extremes and exposure. */
  mark(time: number, coin: number, price: Ticks): void {
    this.#advance(time);
    this.#book.mark(coin, price);
    const exposure = this.#coins.get(coin);
    if (exposure) this.#reprice(exposure, this.#book.size(coin) * price);
  }

  /** An account value. */
  equity(sample: EquitySample): void {
    this.#advance(sample.time);
    this.chain.sample(sample, this.#since);
    this.#since = nothingSince();
  }

  #noteCause(fill: Fill, row: DayRow, closes: boolean): void {
    if (!closes) return;
    if (fill.cause === 'liquidation') {
      const last = this.lastLiquidation;
      if (last === null || fill.time - last > SAME_LIQUIDATION_MS) {
        row.liquidations++;
        this.liquidations++;
      }
      this.lastLiquidation = fill.time;
    } else if (fill.cause === 'adl') row.autoDeleveragings++;
  }

  #expose(fill: Fill, row: DayRow, value: number): void {
    let exposure = this.#coins.get(fill.coin);
    if (exposure === undefined) {
      exposure = { notional: 0, legs: noLegs() };
      this.#coins.set(fill.coin, exposure);
    }
    row.washVolume += 2 * washedBy(exposure.legs, fill, value);
    this.#reprice(exposure, this.#book.size(fill.coin) * fill.price);
  }

  #reprice(exposure: CoinExposure, notional: number): void {
    this.#grossNotional += Math.abs(notional) - Math.abs(exposure.notional);
    this.#netNotional += notional - exposure.notional;
    exposure.notional = notional;
  }

  #episodeEnded(episode: Episode, row: DayRow): void {
    this.#onEpisode?.(episode);
    if (episode.fault !== null) {
      row.broken++;
      return;
    }
    const net = episodeNet(episode);
    const duration = (episode.closeTime ?? episode.openTime) - episode.openTime;
    row.episodes++;
    if (Math.abs(net) <= EVEN * episode.entryNotional) row.evens++;
    else if (net > 0) {
      row.wins++;
      row.winNet += net;
      if (duration < FAST_EPISODE_MS) row.fastWinNet += net;
    } else {
      row.losses++;
      row.lossNet -= net;
    }
    if (net > row.bestNet) row.bestNet = net;
    if (net < row.worstNet) row.worstNet = net;
    row.entryNotional += episode.entryNotional;
    row.costTime += episode.costTime;
    row.addNotional += episode.addNotional;
    row.loserAddNotional += episode.loserAddNotional;
    if (episode.loserAdds > row.maxLoserAdds) row.maxLoserAdds = episode.loserAdds;
    histogramOf(row, 'holds').add(duration);
  }

  /** Moves time forward, spreading exposure over the days it was held. */
  #advance(time: number): void {
    let from = this.#clock;
    this.#clock = time;
    const equity = this.chain.lastEquity;
    if (!(time > from) || equity === null || equity <= 0) return;
    const gross = this.#grossNotional;
    const leverage = gross / equity;
    const net = this.#netNotional / equity;
    while (from < time) {
      const day = dayOf(from);
      const until = Math.min(time, (day + 1) * DAY_MS);
      const span = until - from;
      const row = this.row(day);
      row.observed += span;
      if (gross > 0) {
        row.inMarket += span;
        row.leverageTime += leverage * span;
        row.netTime += net * span;
        if (leverage > row.maxLeverage) row.maxLeverage = leverage;
        histogramOf(row, 'leverages').add(leverage, span);
      }
      from = until;
    }
  }
}

const finiteOrNull = (x: number): number | null => (Number.isFinite(x) ? x : null);
