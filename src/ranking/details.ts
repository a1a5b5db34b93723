/**
 * What is kept of a trader's fills beside its record: the newest episodes, how its positions changed by the minute
 * (to find wallets that do the opposite), and how large it trades against its equity and its markets. Pure.
 */
import { type Episode, episodeNet } from '../domain/episodes/episode.ts';
import type { Fill } from '../domain/episodes/fill.ts';
import type { TraderHistory } from '../domain/metrics/history.ts';
import { MOST_OF_MINUTE } from './capacity.ts';
import { type CapitalCurve, capitalCurve, type HeldPosition, reproducedShare } from './minimum_capital.ts';

const EPISODES = 100;
/** Minutes that are kept of a trader: of one with as many, older ones may be forgotten. */
export const MINUTES = 128;
const SIZES = 60;
const MINUTE_MS = 60_000;
const MICRO = 1e6;

/** A closed position. Money in USD, times in ms UTC. */
export interface EpisodeRow {
  readonly coin: number;
  readonly long: boolean;
  readonly openTime: number;
  readonly closeTime: number;
  /** Everything that was entered, price times size. */
  readonly entry: number;
  readonly net: number;
  readonly fees: number;
  readonly funding: number;
  readonly adds: number;
  /** carried, gap or mismatch: not in the statistics. */
  readonly fault: string | null;
  readonly liquidated: boolean;
  /** Everything that was closed, and the worst and best open PnL that was seen. */
  readonly exit: number;
  readonly worst: number;
  readonly best: number;
  readonly orders: number;
  readonly fills: number;
  /** Ended by liquidation, auto-deleveraging or settlement. */
  readonly forced: boolean;
}

export interface Details {
  /** Oldest first. */
  readonly episodes: readonly EpisodeRow[];
  /** [coin, ms UTC / 60,000, signed notional in USD], oldest first. */
  readonly minutes: readonly (readonly [number, number, number])[];
  /** Notional of fills over equity and over the market's volume in that minute, 1/USD. */
  readonly loads: readonly number[];
  /** [notional over equity, USD of one lot] of positions as they grew. */
  readonly held: readonly (readonly [number, number])[];
}

/** USD that a coin's market trades in a minute of that time; NaN when not known. */
export type MinuteVolume = (coin: number, time: number) => number;

export class DetailCollector {
  readonly #minuteVolume: MinuteVolume;
  readonly #episodes: EpisodeRow[] = [];
  readonly #minutes = new Map<string, [number, number, number]>();
  readonly #loads: number[] = [];
  readonly #held: [number, number][] = [];

  constructor(minuteVolume: MinuteVolume) {
    this.#minuteVolume = minuteVolume;
  }

  readonly episode = (episode: Episode): void => {
    this.#episodes.push({
      coin: episode.coin,
      long: episode.direction === 1,
      openTime: episode.openTime,
      closeTime: episode.closeTime ?? episode.openTime,
      entry: cents(episode.entryNotional),
      net: cents(episodeNet(episode)),
      fees: cents(episode.fees),
      funding: cents(episode.funding),
      adds: episode.adds,
      fault: episode.fault,
      liquidated: episode.liquidated,
      exit: cents(episode.exitNotional),
      worst: cents(episode.worst),
      best: cents(episode.best),
      orders: episode.orders,
      fills: episode.fills,
      forced: episode.liquidated || episode.adl || episode.settled,
    });
    if (this.#episodes.length > 2 * EPISODES) this.#episodes.splice(0, EPISODES);
  };

  /** After the history took the fill in. */
  fill(fill: Fill, history: TraderHistory): void {
    const minute = Math.floor(fill.time / MINUTE_MS);
    const notional = (fill.size * fill.price) / MICRO;
    const key = `${fill.coin}:${minute}`;
    const change = this.#minutes.get(key);
    if (change === undefined) {
      this.#minutes.set(key, [fill.coin, minute, notional]);
      if (this.#minutes.size > MINUTES) this.#minutes.delete(this.#minutes.keys().next().value ?? key);
    } else change[2] += notional;
    const equity = (history.chain.lastEquity ?? 0) / MICRO;
    if (equity <= 0) return;
    keepNewest(this.#loads, Math.abs(notional) / equity / this.#minuteVolume(fill.coin, fill.time));
    const size = history.book.size(fill.coin);
    if (size !== 0 && size > 0 === fill.size > 0) {
      keepNewest(this.#held, [Math.abs((size * fill.price) / MICRO) / equity, fill.price / MICRO]);
    }
  }

  details(): Details {
    return {
      episodes: this.#episodes.slice(-EPISODES),
      minutes: [...this.#minutes.values()].map(([coin, minute, usd]) => [coin, minute, Math.round(usd)]),
      loads: thinned(this.#loads.filter((load) => Number.isFinite(load))).map(rounded),
      held: thinned(this.#held).map(([ratio, lot]) => [rounded(ratio), rounded(lot)] as const),
    };
  }
}

/** Micro-USD as USD with two digits. */
const cents = (microUsd: number): number => Math.round(microUsd / 1e4) / 100;
const rounded = (x: number): number => Number(x.toPrecision(5));
const KEPT = 600;

function keepNewest<T>(list: T[], value: T): void {
  list.push(value);
  if (list.length > KEPT) list.splice(0, KEPT / 2);
}

/** Evenly spread ones of a long list. */
const thinned = <T>(list: readonly T[]): T[] =>
  list.length <= SIZES
    ? [...list]
    : Array.from({ length: SIZES }, (_, i) => list[Math.floor((i * list.length) / SIZES)] as T);

const NOTHING: Details = { episodes: [], minutes: [], loads: [], held: [] };

/** The newest of both; `later` goes on from `earlier`. */
export function joinDetails(earlier: Details | null, later: Details | null): Details {
  const [a, b] = [earlier ?? NOTHING, later ?? NOTHING];
  return {
    episodes: [...a.episodes, ...b.episodes].slice(-EPISODES),
    minutes: [...a.minutes, ...b.minutes].slice(-MINUTES),
    loads: thinned([...a.loads, ...b.loads]),
    held: thinned([...a.held, ...b.held]),
  };
}

/** Share of the fills that may be too large for their market. */
const TOO_LARGE_SHARE = 0.3;

/** Follower's equity from which 30 % of the copied fills are more than 5 % of their minute's volume; null: not known. */
export function maximumCapital({ loads }: Details): number | null {
  if (loads.length === 0) return null;
  const sorted = [...loads].sort((a, b) => b - a);
  const load = sorted[Math.ceil(TOO_LARGE_SHARE * sorted.length) - 1] ?? 0;
  return load > 0 ? MOST_OF_MINUTE / load : null;
}

const positionsOf = ({ held }: Details): HeldPosition[] => held.map(([ratio, lotUsd]) => ({ ratio, lotUsd }));

/** See capitalCurve. */
export const capitalOf = (details: Details): CapitalCurve | null => capitalCurve(positionsOf(details));

/** Share of the trader's notional that a follower of this equity reproduces; null: nothing is known to be held. */
export const reproducedOf = (details: Details, equityUsd: number): number | null =>
  details.held.length === 0 ? null : reproducedShare(positionsOf(details), equityUsd);
