/** What the venue answers about a past, against its rows: pages of fills, portfolios, candles. */
import type { AccountPast, Past } from '../../src/simulator/population/past.ts';
import { rowsByCoin } from '../../src/simulator/population/past_candles.ts';
import { rowList } from '../../src/simulator/population/past_records.ts';
import type { PopulatedWorld } from '../../src/simulator/population/populated_world.ts';
import { wireUsd } from '../../src/simulator/venue/arithmetic.ts';
import { CANDLE_INTERVALS } from '../../src/simulator/venue/candles.ts';
import { insist } from './population_replay.ts';

type Query = PopulatedWorld['world']['venue']['query'];
type Fill = ReturnType<Query['userFillsByTime']>[number];
const PAGE = 2_000;
const SERVED = 10_000;

/** Every page from the start of time; each begins at the last time of the one before. */
function pagesOf(page: (startTime: number) => readonly Fill[]): Fill[] {
  const out: Fill[] = [];
  const seen = new Set<string>();
  for (let startTime = 0; ; ) {
    const rows = page(startTime);
    const fresh = rows.filter((fill) => !seen.has(`${fill.coin}/${fill.tid}`));
    for (const fill of fresh) seen.add(`${fill.coin}/${fill.tid}`);
    out.push(...fresh);
    if (rows.length < PAGE) return out;
    insist(fresh.length > 0, () => `a page of ${PAGE} fills in one millisecond`);
    startTime = rows.at(-1)?.time ?? startTime;
  }
}

const signedOf = (fill: Fill): number => (fill.side === 'B' ? 1 : -1) * Number(fill.sz);

/** @returns how many fills were served and chained, from the first of each coin to the position that is held now */
export function proveFills(query: Query, each: AccountPast): number {
  const { address } = each.member;
  const plain = { aggregateByTime: false, reversed: false };
  const pages = pagesOf((startTime) => query.userFillsByTime(address, { startTime }, plain));
  const slices = pagesOf((startTime) =>
    query.userTwapSliceFills(address, { startTime }).map(({ fill }) => fill),
  );
  const expected = Math.min(SERVED, rowList(each).length);
  insist(
    pages.length + slices.length === expected,
    () => `${address}: ${pages.length} fills and ${slices.length} slices of ${expected}`,
  );
  // Stable: equal times keep the order of each list.
  const fills = [...pages, ...slices].sort((a, b) => a.time - b.time);
  const held = new Map<string, number>();
  for (const fill of fills) {
    const before = held.get(fill.coin);
    insist(
      before === undefined ||
        Math.abs(Number(fill.startPosition) - before) < 1e-8 * Math.max(1, Math.abs(before)),
      () => `${address}: ${fill.coin} ${fill.tid} starts at ${fill.startPosition}, not ${before}`,
    );
    held.set(fill.coin, Number(fill.startPosition) + signedOf(fill));
  }
  for (const dex of ['', 'xyz'])
    for (const { position } of query.clearinghouseState(address, dex).assetPositions) {
      const last = held.get(position.coin);
      insist(
        last === undefined || Math.abs(last - Number(position.szi)) < 1e-6 * Math.max(1, Math.abs(last)),
        () => `${address}: the fills of ${position.coin} end at ${last}, the position is ${position.szi}`,
      );
    }
  return fills.length;
}

/** Every served fill has its order, filled by as much as its fills, and every slice its TWAP, started and finished. */
export function proveOrders(query: Query, each: AccountPast): void {
  const { address } = each.member;
  const fills = query.userFills(address, false).filter((fill) => fill.twapId === null);
  const orders = new Map(query.historicalOrders(address).map((row) => [row.order.oid, row]));
  // The oldest of the page may have fills beyond it.
  for (const fill of fills.slice(0, 50)) {
    const row = orders.get(fill.oid);
    insist(row?.status === 'filled', () => `${address}: fill ${fill.tid} has no order ${fill.oid}`);
    const status = JSON.stringify(query.orderStatus(address, fill.oid));
    insist(
      status === JSON.stringify({ status: 'order', order: row }),
      () => `order ${fill.oid} is also ${status}`,
    );
  }
  const twaps = query.twapHistory(address);
  for (const { twapId } of query.userTwapSliceFills(address, null).slice(0, 50)) {
    const states = twaps.filter((row) => row.twapId === twapId).map((row) => row.status.status);
    insist(states.join() === 'activated,finished', () => `${address}: TWAP ${twapId} is ${states.join()}`);
  }
}

/** @returns how many points of the portfolio answer are values of the past */
export function provePortfolio(query: Query, past: Past, each: AccountPast): number {
  const { grid } = past;
  const values = new Map<number, string>();
  const gains = new Map<number, number>();
  grid.times.forEach((time, k) => {
    const value = each.values[k] as number;
    if (Number.isNaN(value)) return;
    values.set(time, wireUsd(value));
    gains.set(time, value - (each.netFlows[k] as number));
  });
  let points = 0;
  for (const [name, window] of query.portfolio(each.member.address)) {
    const perp = name.startsWith('perp');
    const first = gains.get(window.accountValueHistory[0]?.[0] ?? 0) ?? 0;
    window.accountValueHistory.slice(0, -1).forEach(([time, value], k) => {
      const expected = perp && each.member.terms.unified ? '0.0' : values.get(time);
      insist(value === expected, () => `${each.member.address} ${name} ${time}: ${value}, not ${expected}`);
      const gain = wireUsd((gains.get(time) ?? Number.NaN) - first);
      const shown = window.pnlHistory[k]?.[1];
      insist(shown === gain, () => `${each.member.address} ${name} ${time}: pnl ${shown}, not ${gain}`);
      points += 1;
    });
  }
  return points;
}

/** @returns how many candles, of every coin and interval, are exactly their trades */
export function proveCandles(query: Query, past: Past): number {
  const lists = rowsByCoin(past);
  let proved = 0;
  for (const coin of past.market.coins) {
    const { seed, index } = coin;
    const symbol = seed.dex === '' ? seed.name : `${seed.dex}:${seed.name}`;
    for (const interval of CANDLE_INTERVALS)
      proved += proveSeries(query, past, {
        symbol,
        list: lists[index] as Uint32Array,
        interval,
        ...scales(coin),
      });
  }
  return proved;
}

interface Series {
  readonly symbol: string;
  readonly list: Uint32Array;
  readonly interval: (typeof CANDLE_INTERVALS)[number];
  readonly pxScale: number;
  readonly szScale: number;
}

const scales = ({ pxDecimals, seed }: Past['market']['coins'][number]) => ({
  pxScale: 10 ** pxDecimals,
  szScale: 10 ** seed.szDecimals,
});

function proveSeries(query: Query, past: Past, { symbol, list, interval, pxScale, szScale }: Series): number {
  const { rows, market } = past;
  const range = { startTime: market.start, endTime: market.end - 1 };
  const candles = query.candles(symbol, interval, range);
  let at = 0;
  const from = candles[0]?.t ?? 0;
  while (at < list.length && (rows.time[list[at] as number] as number) < from) at++;
  let close = at > 0 ? (rows.px[list[at - 1] as number] as number) : null;
  for (const candle of candles) {
    const open = Math.round(Number(candle.o) * pxScale);
    let high = open;
    let low = open;
    let volume = 0;
    let trades = 0;
    const before = close ?? open;
    let last = before;
    for (; at < list.length; at++) {
      const row = list[at] as number;
      if ((rows.time[row] as number) > candle.T) break;
      last = rows.px[row] as number;
      high = Math.max(high, last);
      low = Math.min(low, last);
      volume += Math.abs(rows.size[row] as number);
      trades += 1;
    }
    close = last;
    const told = [candle.h, candle.l, candle.c].map((px) => Math.round(Number(px) * pxScale));
    insist(
      open === before &&
        told[0] === high &&
        told[1] === low &&
        told[2] === close &&
        candle.n === trades &&
        Math.round(Number(candle.v) * szScale) === volume,
      () => `${symbol} ${interval} ${candle.t}: ${JSON.stringify(candle)} is not its ${trades} trades`,
    );
  }
  return candles.length;
}
