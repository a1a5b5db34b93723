/** What the statistics tests measure: distances from a stated distribution, and round trips read back from fills. */
import type { Distribution } from './archetypes.ts';
import { FIRST, LIQUIDATION, MAKER, TWAP } from './fill_columns.ts';
import { answer, Fold } from './fold.ts';
import { signedFlow } from './life.ts';
import { type CoinHistory, DAY_MS } from './market_history.ts';
import type { AccountPast, Past } from './past.ts';
import { rowList } from './past_records.ts';

/** Largest distance of an empirical distribution from its own, over the root of the sample: 1 in 1,000. */
export const KOLMOGOROV = 1.95;

/** Density up to a factor; the distribution function is its sum over a fine grid. */
function density(d: Distribution, x: number): number {
  switch (d.kind) {
    case 'uniform':
      return x >= d.low && x <= d.high ? 1 : 0;
    case 'logUniform':
      return x >= d.low && x <= d.high ? 1 / x : 0;
    case 'normal':
      return Math.exp(-0.5 * ((x - d.mean) / d.deviation) ** 2);
    case 'logNormal':
      return x <= 0 ? 0 : Math.exp(-0.5 * (Math.log(x / d.median) / d.sigma) ** 2) / x;
    case 'beta':
      return x <= 0 || x >= 1 ? 0 : x ** (d.a - 1) * (1 - x) ** (d.b - 1);
    case 'constant':
      throw new Error('a constant has no density');
  }
}

/** Grid of a distribution, fine where it is dense. */
function gridOf(d: Distribution): number[] {
  const steps = Array.from({ length: 4_001 }, (_, i) => i / 4_000);
  if (d.kind === 'logNormal') return steps.map((u) => d.median * Math.exp(d.sigma * 14 * (u - 0.5)));
  if (d.kind === 'normal') return steps.map((u) => d.mean + d.deviation * 14 * (u - 0.5));
  if (d.kind === 'beta') return steps;
  if (d.kind === 'constant') return [d.value];
  return steps.map((u) => d.low + (d.high - d.low) * u);
}

/** Largest distance between the sample's distribution function and the stated one, in units of its error. */
export function distance(sample: readonly number[], d: Distribution): number {
  const grid = gridOf(d);
  const sums = [0];
  for (let i = 1; i < grid.length; i++) {
    const [a, b] = [grid[i - 1] as number, grid[i] as number];
    sums.push((sums[i - 1] as number) + density(d, (a + b) / 2) * (b - a));
  }
  const total = sums.at(-1) as number;
  const sorted = [...sample].sort((a, b) => a - b);
  const least = d.kind === 'logNormal' ? (d.least ?? 0) : 0;
  let worst = 0;
  let at = 0;
  grid.forEach((x, i) => {
    while (at < sorted.length && (sorted[at] as number) <= x) at++;
    // Below its floor a distribution has nothing, and everything at it.
    if (x >= least) worst = Math.max(worst, Math.abs(at / sorted.length - (sums[i] as number) / total));
  });
  return worst * Math.sqrt(sample.length);
}

/** How far a share is from what was stated, in its standard errors. */
export const errorsOf = (hits: number, count: number, share: number): number =>
  Math.abs(hits - count * share) / Math.sqrt(count * share * (1 - share));

export interface Trip {
  readonly holdMs: number;
  /** Gain at mids over what was held, before any cost. */
  readonly gain: number;
  readonly days: number;
  readonly daily: number;
  /** Entry over the account's equity before it. */
  readonly leverage: number;
  readonly notional: number;
  readonly liquidated: boolean;
  readonly fills: number;
}

/** Round trips of one account, at mids. */
export function tripsOf(past: Past, each: AccountPast): Trip[] {
  const { market, rows } = past;
  const fold = new Fold(market, each.member.terms, each.opening.time);
  const flows = each.flows.filter((flow) => flow.time >= each.opening.time);
  const paidIn = each.opening.time === each.member.start && each.member.start > market.start;
  if (!paidIn) fold.usd = each.opening.usd;
  let nextFlow = 0;
  const open = new Map<
    number,
    { held: number; value: number; entry: number; since: number; equity: number; fills: number }
  >();
  const out: Trip[] = [];
  const list = rowList(each);
  for (let i = 0; i < list.length; i++) {
    const row = list.at(i);
    const coin = market.byIndex[rows.coin[row] as number] as CoinHistory;
    const time = rows.time[row] as number;
    const signed = (rows.owner[row] === each.member.index ? 1 : -1) * (rows.size[row] as number);
    for (; (flows[nextFlow]?.time ?? Number.POSITIVE_INFINITY) <= time; nextFlow++)
      fold.flow(signedFlow(flows[nextFlow] as (typeof flows)[number]));
    fold.advance(time);
    const state = open.get(coin.index) ?? {
      held: 0,
      value: 0,
      entry: 0,
      since: time,
      equity: fold.equityAt(time),
      fills: 0,
    };
    answer(fold, each.member.index, rows, row);
    const mid = market.midAt(coin, time);
    if (state.held === 0 || state.held > 0 === signed > 0) state.entry += Math.abs(signed) * mid;
    state.value -= signed * mid;
    state.held += signed;
    state.fills += 1;
    if (state.held !== 0) {
      open.set(coin.index, state);
      continue;
    }
    open.delete(coin.index);
    out.push({
      holdMs: time - state.since,
      gain: state.value / state.entry,
      days: Math.max(1, time - state.since) / DAY_MS,
      daily: coin.daily,
      leverage: state.entry / state.equity,
      notional: state.entry,
      fills: state.fills,
      liquidated: ((rows.flags[row] as number) & LIQUIDATION) !== 0,
    });
  }
  return out;
}

/** A deposit that is not brought in for somebody else two minutes later. */
export const isOwn = (flows: AccountPast['flows'], { time, usd }: AccountPast['flows'][number]): boolean =>
  !flows.some(
    (flow) => 'fee' in flow && flow.usd + flow.fee === usd && Math.abs(flow.time - time) <= 120_000,
  );

/** One decision to rest or to take for each time at which orders were placed; TWAPs and liquidations decide nothing. */
export function* decisionsOf(past: Past, each: AccountPast): Generator<boolean> {
  const { rows } = past;
  const list = rowList(each);
  let last = Number.NaN;
  for (let i = 0; i < list.length; i++) {
    const row = list.at(i);
    const flags = rows.flags[row] as number;
    const time = rows.time[row] as number;
    const first = (flags & FIRST) !== 0 && time !== last;
    if (first && (flags & (TWAP | LIQUIDATION)) === 0) yield (flags & MAKER) !== 0;
    last = time;
  }
}
