/** One walk-forward run: live a population through the pipeline, rank it at the boundary, see what follows. */
import type { Fill } from '../../src/domain/episodes/fill.ts';
import { DAY_MS, type DayRow, dayOf } from '../../src/domain/metrics/day.ts';
import { TraderHistory } from '../../src/domain/metrics/history.ts';
import { calmar, sharpe, totalReturn } from '../../src/domain/metrics/series.ts';
import { windowOf } from '../../src/domain/metrics/window.ts';
import { Board } from '../../src/ranking/board.ts';
import {
  copySeries,
  DEFAULT_COPY_TERMS,
  decayFactor,
  type MarketSeries,
} from '../../src/ranking/copy_returns.ts';
import { DetailCollector, type Details } from '../../src/ranking/details.ts';
import { type FeatureContext, featuresOf } from '../../src/ranking/features.ts';
import type { Seen } from './baselines.ts';
import { deviationOf, follow } from './followed.ts';
import { type Market, makeMarket, START_MS } from './market.ts';
import { live, TEST_DAYS, type Truth, type Variant } from './population.ts';

const COINS_IN_MARKET = 40;

/** One trader as the proof sees it: what was known at the boundary, and what came after. */
export interface Subject extends Seen {
  readonly truth: Truth;
  /** Annual net copy Sharpe that a follower can expect in the test window. */
  readonly expected: number;
  /** Realised net copy return of the test window, sized to 1 % a day, with a 20 % stop. */
  readonly outcome: number;
}

export interface Experiment {
  readonly board: Board;
  readonly subjects: readonly Subject[];
  readonly fills: number;
}

export interface ExperimentOptions {
  readonly seed: string;
  readonly variant: Variant;
  readonly traders: number;
  readonly trainDays: number;
  readonly halfLife?: number;
  /** Copies cost nothing: then luck alone decides what follows. */
  readonly costless?: boolean;
  /** Neither record nor market tell anything after the boundary, and all is ranked when it is over. */
  readonly blind?: boolean;
  /** Told of each trader's record when its life is over, and of what is kept beside it. */
  readonly keep?: (index: number, history: TraderHistory, details: Details) => void;
}

export function runExperiment(options: ExperimentOptions): Experiment {
  const days = options.trainDays + TEST_DAYS;
  const market = makeMarket(options.seed, days, COINS_IN_MARKET);
  const context: FeatureContext = {
    now: START_MS + options.trainDays * DAY_MS,
    terms: options.costless ? { ...DEFAULT_COPY_TERMS, takerBp: 0 } : DEFAULT_COPY_TERMS,
    bitcoin: until(market.bitcoin, options),
    ether: until(market.ether, options),
    ...(options.halfLife === undefined ? {} : { halfLife: options.halfLife }),
  };
  const board = new Board(options.traders);
  const subjects: Subject[] = [];
  let fills = 0;
  for (let index = 0; index < options.traders; index++) {
    const subject = runLife(options, index, market, context);
    board.set(index, subject.features);
    subjects.push(subject.subject);
    fills += subject.fills;
  }
  board.rank();
  return { board, subjects, fills };
}

/** What is known of a market; of a blind experiment only the days before the boundary. */
const until = (series: MarketSeries, { blind, trainDays }: ExperimentOptions): MarketSeries =>
  blind ? { ...series, returns: Array.from(series.returns).slice(0, trainDays) } : series;

type AtBoundary = Seen & { readonly deviation: number };

function runLife(options: ExperimentOptions, index: number, market: Market, context: FeatureContext) {
  const history = new TraderHistory({
    slippageBp: (coin) => (options.costless ? 0 : (market.coins[coin]?.slippageBp ?? 5)),
  });
  let known: AtBoundary | null = null;
  // Other people's volume is not part of a life.
  const details = new DetailCollector(() => Number.NaN);
  const truth = live({
    ...options,
    index,
    market,
    history,
    ...(options.keep ? { onFill: (fill: Fill) => details.fill(fill, history) } : {}),
    deafFrom: options.blind ? context.now : Number.POSITIVE_INFINITY,
    onMidnight: (time) => {
      if (time === context.now && !options.blind) known = atBoundary(history, context);
    },
  });
  const seen: AtBoundary = known ?? atBoundary(history, context);
  options.keep?.(index, history, details.details());
  let fills = 0;
  for (const row of history.days.values()) fills += row.fills;
  const drag = truth.drag ?? (Number.isFinite(seen.features.costDrag) ? seen.features.costDrag : 2);
  const keep = decayFactor(truth.holdMs, DEFAULT_COPY_TERMS.latencyMs);
  const expected = (truth.laterSharpe > 0 ? truth.laterSharpe * keep : truth.laterSharpe) - drag;
  const { deviation, ...atBoundaryOnly } = seen;
  const subject: Subject = {
    ...atBoundaryOnly,
    truth,
    expected,
    outcome: outcomeOf(history, truth, deviation, context),
  };
  return { subject, fills, features: seen.features };
}

/** What is known at the boundary, from the record up to it and nothing after. */
export function atBoundary(history: TraderHistory, context: FeatureContext): AtBoundary {
  const to = dayOf(context.now) - 1;
  const window = windowOf(history, Number.NEGATIVE_INFINITY, to);
  const r = window.series.net;
  const copy = copySeries(window, context.terms).net;
  const flows = [...history.days.values()].reduce((sum, row) => sum + row.flows, 0);
  return {
    features: featuresOf(history, null, context),
    ownSharpe: sharpe(r) ?? Number.NaN,
    calmar: calmar(r) ?? Number.NaN,
    roi: totalReturn(r) ?? Number.NaN,
    pnl: window.totals.pnl / 1e6,
    growth: (window.totals.pnl + flows) / 1e6,
    monthPnl: sumOver(history, to - 29, to, ({ pnl }) => pnl) / 1e6,
    recentEpisodes: sumOver(history, to - 89, to, ({ episodes }) => episodes),
    deviation: deviationOf(copy.length > 5 ? copy : r),
  };
}

function sumOver(history: TraderHistory, from: number, to: number, of: (row: DayRow) => number): number {
  let total = 0;
  for (const row of history.days.values()) if (row.day >= from && row.day <= to) total += of(row);
  return total;
}

function outcomeOf(
  history: TraderHistory,
  truth: Truth,
  deviation: number,
  { now, terms }: FeatureContext,
): number {
  const from = dayOf(now);
  const window = windowOf(history, from, from + TEST_DAYS - 1);
  const copied = { ...window, knownFrom: from };
  const series = copySeries(copied, terms).net;
  const keep = decayFactor(truth.holdMs, DEFAULT_COPY_TERMS.latencyMs);
  const returns =
    truth.costPerDay === null ? series : series.map((r) => (r > 0 ? r * keep : r) - (truth.costPerDay ?? 0));
  return follow(returns, deviation).outcome;
}
