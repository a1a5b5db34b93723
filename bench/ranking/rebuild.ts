/**
 * Incremental = rebuilt: random events go into a history that is stored and loaded again now and then, and the
 * same log is reckoned a second time by plain loops over each day with whole-number fractions. Whole numbers must
 * agree exactly, floats to 1e-9.
 */
import type { Fill } from '../../src/domain/episodes/fill.ts';
import {
  DAY_MS,
  type DayRow,
  dayOf,
  loadDayRow,
  type StoredDayRow,
  storeDayRow,
} from '../../src/domain/metrics/day.ts';
import { type HistorySnapshot, TraderHistory } from '../../src/domain/metrics/history.ts';
import type { Lots, MicroUsd, Ticks } from '../../src/domain/money.ts';
import { Draw } from './draw.ts';
import { FIRST_DAY } from './market.ts';

type Event =
  | { readonly kind: 'fill'; readonly fill: Fill }
  | { readonly kind: 'funding'; readonly time: number; readonly coin: number; readonly amount: number }
  | { readonly kind: 'flow'; readonly time: number; readonly amount: number }
  | { readonly kind: 'equity'; readonly time: number; readonly equity: number };

const OPTIONS = { slippageBp: (coin: number) => 1 + coin, impactBp: (coin: number) => 0.5 + coin / 4 };

/** A log of `count` random events of one trader in five coins, flips, crowds in one millisecond and all. */
export function randomLog(seed: string, count: number): Event[] {
  const draw = new Draw(`rebuild ${seed}`);
  const position = new Map<number, number>();
  const price = new Map<number, number>();
  const log: Event[] = [];
  let time = FIRST_DAY * DAY_MS;
  let equity = 1e10;
  for (let i = 0; i < count; i++) {
    if (draw.uniform() < 0.7) time += draw.int(60_000);
    const coin = draw.int(5);
    const x = draw.uniform();
    if (x < 0.9) log.push({ kind: 'fill', fill: randomFill(draw, i, time, coin, position, price) });
    else if (x < 0.93) log.push({ kind: 'funding', time, coin, amount: draw.int(2_000_001) - 1_000_000 });
    else if (x < 0.94) {
      const amount = draw.int(2e9) - 1e9;
      equity += amount;
      log.push({ kind: 'flow', time, amount });
    } else {
      equity = Math.max(1e8, Math.round(equity * (1 + 0.01 * draw.normal())));
      log.push({ kind: 'equity', time, equity });
    }
  }
  return log;
}

function randomFill(
  draw: Draw,
  id: number,
  time: number,
  coin: number,
  position: Map<number, number>,
  price: Map<number, number>,
): Fill {
  const start = position.get(coin) ?? 0;
  const flat = start !== 0 && draw.uniform() < 0.2 ? -start : 0;
  const size = flat !== 0 ? flat : (draw.int(1_000) + 1) * (draw.uniform() < 0.5 ? 1 : -1);
  const next = Math.max(1, Math.round((price.get(coin) ?? 100_000) * (1 + 0.002 * draw.normal())));
  position.set(coin, start + size);
  price.set(coin, next);
  return {
    time,
    coin,
    tradeId: id,
    orderId: Math.floor(id / 3),
    size: size as Lots,
    price: next as Ticks,
    startPosition: start as Lots,
    fee: (draw.int(100_000) - 20_000) as MicroUsd,
    closedPnl: null,
    maker: draw.uniform() < 0.4,
    twapId: draw.uniform() < 0.05 ? 7 : null,
    cause: draw.uniform() < 0.001 ? 'liquidation' : 'order',
  };
}

export const timeOf = (event: Event): number => (event.kind === 'fill' ? event.fill.time : event.time);

function feed(history: TraderHistory, event: Event): void {
  if (event.kind === 'fill') history.fill(event.fill);
  else if (event.kind === 'funding') history.funding(event.time, event.coin, event.amount as MicroUsd);
  else if (event.kind === 'flow') history.flow(event.time, event.amount as MicroUsd);
  else history.equity({ time: event.time, equity: event.equity, unrealised: null });
}

/** Feeds a log, storing and loading the whole state after every `every` events. */
export function incremental(log: readonly Event[], every: number): TraderHistory {
  let history = new TraderHistory(OPTIONS);
  log.forEach((event, i) => {
    feed(history, event);
    if ((i + 1) % every !== 0) return;
    const state = JSON.parse(JSON.stringify(history.snapshot())) as HistorySnapshot;
    const rows = JSON.parse(JSON.stringify([...history.days.values()].map(storeDayRow))) as StoredDayRow[];
    history = TraderHistory.restore(OPTIONS, state, rows.map(loadDayRow));
  });
  return history;
}

interface Plain {
  fills: number;
  volume: bigint;
  fees: bigint;
  funding: bigint;
  slippage: bigint;
  gross: bigint;
  episodes: number;
  net: bigint;
  liquidations: number;
  pnl: bigint;
  flows: bigint;
  growth: number;
}

const plain = (): Plain => ({
  fills: 0,
  volume: 0n,
  fees: 0n,
  funding: 0n,
  slippage: 0n,
  gross: 0n,
  episodes: 0,
  net: 0n,
  liquidations: 0,
  pnl: 0n,
  flows: 0n,
  growth: 1,
});

/** Round half away from zero of a / b, b > 0. */
const divide = (a: bigint, b: bigint): bigint => {
  const magnitude = ((a < 0n ? -a : a) * 2n + b) / (2n * b);
  return a < 0n ? -magnitude : magnitude;
};

/** The same days by plain loops: positions coin by coin with fractions, money day by day, returns by products. */
export function rebuilt(log: readonly Event[]): Map<number, Plain> {
  const days = new Map<number, Plain>();
  const forced: number[] = [];
  const day = (time: number): Plain => {
    const found = days.get(dayOf(time));
    if (found) return found;
    const fresh = plain();
    days.set(dayOf(time), fresh);
    return fresh;
  };
  for (let coin = 0; coin < 5; coin++) rebuildCoin(log, coin, day, forced);
  countLiquidations(forced, day);
  let last: { readonly equity: number } | null = null;
  let flows = 0;
  for (const event of log) {
    if (event.kind === 'flow') flows += event.amount;
    if (event.kind !== 'equity') continue;
    if (last) {
      const row = day(event.time - 1);
      const pnl: number = event.equity - last.equity - flows;
      row.pnl += BigInt(pnl);
      row.flows += BigInt(flows);
      row.growth *= 1 + Math.max(-1, pnl / (last.equity + Math.max(0, flows)));
    }
    last = event;
    flows = 0;
  }
  return days;
}

/** A liquidation is one however many fills it took, in however many coins: a minute without one ends it. */
function countLiquidations(forced: number[], day: (time: number) => Plain): void {
  forced.sort((a, b) => a - b);
  forced.forEach((time, i) => {
    if (time - (forced[i - 1] ?? Number.NEGATIVE_INFINITY) > 60_000) day(time).liquidations++;
  });
}

/** @param forced Takes the times of fills that a liquidation closed. */
function rebuildCoin(
  log: readonly Event[],
  coin: number,
  day: (time: number) => Plain,
  forced: number[],
): void {
  let size = 0n;
  let cost = 0n;
  let basis = 1n;
  let episode = 0n;
  const released = (held: bigint): bigint => divide(cost * held, basis);
  for (const event of log) {
    if (event.kind === 'funding' && event.coin === coin) {
      day(event.time).funding += BigInt(event.amount);
      if (size !== 0n) episode += BigInt(event.amount);
    }
    if (event.kind !== 'fill' || event.fill.coin !== coin) continue;
    const { fill } = event;
    const row = day(fill.time);
    const s = BigInt(fill.size);
    const price = BigInt(fill.price);
    const magnitude = s < 0n ? -s : s;
    const held = size < 0n ? -size : size;
    const closing = size !== 0n && size > 0n !== s > 0n ? (held < magnitude ? held : magnitude) : 0n;
    const fee = BigInt(fill.fee);
    const closeFee = closing === 0n ? 0n : divide(fee * closing, magnitude);
    row.fills++;
    row.volume += magnitude * price;
    row.fees += fee;
    row.slippage += divide(magnitude * price * BigInt(1 + coin), 10_000n);
    if (closing > 0n) {
      const freed = released(held) - released(held - closing);
      const gross = (size > 0n ? 1n : -1n) * (price * closing - freed);
      row.gross += gross;
      if (fill.cause === 'liquidation') forced.push(fill.time);
      episode += gross - closeFee;
      size += s > 0n ? closing : -closing;
      if (size === 0n) {
        row.episodes++;
        row.net += episode;
        episode = 0n;
      }
    }
    const opening = magnitude - closing;
    if (opening === 0n) continue;
    const rest = size < 0n ? -size : size;
    cost = (rest === 0n ? 0n : released(rest)) + opening * price;
    basis = rest + opening;
    size += s > 0n ? opening : -opening;
    episode -= fee - closeFee;
  }
}

/** Differences between the two, as sentences; empty when they agree. */
export function compare(days: ReadonlyMap<number, DayRow>, want: ReadonlyMap<number, Plain>): string[] {
  const wrong: string[] = [];
  for (const [number, plainDay] of want) {
    const row = days.get(number);
    if (!row) {
      wrong.push(`day ${number} is missing`);
      continue;
    }
    const exact = {
      fills: plainDay.fills,
      volume: Number(plainDay.volume),
      fees: Number(plainDay.fees),
      funding: Number(plainDay.funding),
      slippage: Number(plainDay.slippage),
      gross: Number(plainDay.gross),
      episodes: plainDay.episodes,
      liquidations: plainDay.liquidations,
      pnl: Number(plainDay.pnl),
      flows: Number(plainDay.flows),
    };
    for (const [name, value] of Object.entries(exact))
      if (row[name as keyof typeof exact] !== value)
        wrong.push(`day ${number} ${name}: ${row[name as keyof typeof exact]} instead of ${value}`);
    if (row.winNet - row.lossNet !== Number(plainDay.net) && row.evens === 0)
      wrong.push(`day ${number} net: ${row.winNet - row.lossNet} instead of ${plainDay.net}`);
    const growth = Number.isNaN(row.return) ? 1 : 1 + row.return;
    if (Math.abs(growth - plainDay.growth) > 1e-9 * plainDay.growth)
      wrong.push(`day ${number} return: ${growth} instead of ${plainDay.growth}`);
  }
  return wrong;
}

/** Differences in any column between a history that was stored and loaded now and then and one that never was. */
export function compareColumns(
  stopped: ReadonlyMap<number, DayRow>,
  straight: ReadonlyMap<number, DayRow>,
): string[] {
  const wrong: string[] = [];
  for (const [day, row] of straight) {
    const [had, want] = [stopped.get(day), storeDayRow(row)];
    const stored = had === undefined ? {} : storeDayRow(had);
    for (const [name, value] of Object.entries(want))
      if (!isSame((stored as Record<string, unknown>)[name], value)) wrong.push(`day ${day} ${name}`);
  }
  return wrong;
}

/** Whole numbers exactly, others to 1e-9; histograms bin by bin. */
function isSame(had: unknown, want: unknown): boolean {
  if (Array.isArray(want))
    return Array.isArray(had) && had.length === want.length && want.every((one, i) => isSame(had[i], one));
  if (typeof want !== 'number' || typeof had !== 'number') return had === want;
  return had === want || (!Number.isInteger(want) && Math.abs(had - want) <= 1e-9 * Math.abs(want));
}
