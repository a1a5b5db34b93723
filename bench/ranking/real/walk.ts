/** Walks forward over real fills: ranks at each boundary, and what followers of every ranking got after it. */
import { DAY_MS } from '../../../src/domain/metrics/day.ts';
import { Board } from '../../../src/ranking/board.ts';
import { DEFAULT_COPY_TERMS } from '../../../src/ranking/copy_returns.ts';
import { evidenceOf } from '../../../src/ranking/evidence.ts';
import type { FeatureContext } from '../../../src/ranking/features.ts';
import type { BenchResult } from '../../result.ts';
import { baselines, type Scores, UNIVERSE_EPISODES } from '../baselines.ts';
import { Draw } from '../draw.ts';
import { ndcg, ranking, spearman } from '../evaluation.ts';
import { inOrder, type Lived, live } from './life.ts';
import type { RealWorld } from './source.ts';
import { mean, meanInterval, slope } from './statistics.ts';

/** Days of record before the first boundary, where there are as many; never less than HISTORY asks for. */
const TRAIN_DAYS = 90;
const LEAST_TRAIN_DAYS = 30;
const TOP = 50;
const RANDOM_ORDERS = 20;
/** A copy that fell as far is blown up. */
const BLOWN = 0.3;
/** Fewer folds say nothing. */
const LEAST_FOLDS = 12;

export interface RealRow {
  readonly icAll: number;
  readonly icEligible: number;
  readonly ndcg: number;
  readonly topDecile: number;
  /** Top tenth less bottom tenth. */
  readonly spread: number;
  readonly topReturn: number;
  readonly hit: number;
  /** Mean of the worst twentieth of the list. */
  readonly shortfall: number;
  readonly blown: number;
  /** Share of the list that was not in it one fold before; NaN in the first. */
  readonly turnover: number;
}

export interface Fold {
  /** ms UTC. */
  readonly boundary: number;
  readonly universe: number;
  readonly eligible: number;
  readonly rows: Readonly<Record<string, RealRow>>;
  /** What was believed of each eligible trader's chance to end above zero, and whether it did. */
  readonly chances: readonly (readonly [number, number])[];
}

/** Folds one after another, oldest first; none when the source is too short for one. */
export function walk(world: RealWorld, horizon: number): Fold[] {
  const { tape } = world;
  const traders = [...world.traders].map(([user, fills]) => ({ user, fills: inOrder(fills) }));
  const train = Math.max(LEAST_TRAIN_DAYS, Math.min(TRAIN_DAYS, Math.floor(tape.days / 2)));
  const markets = { bitcoin: tape.market('BTC'), ether: tape.market('ETH') };
  const folds: Fold[] = [];
  let before: Readonly<Record<string, ReadonlySet<string>>> = {};
  for (let day = tape.firstDay + train; day + horizon <= tape.endDay; day += horizon) {
    const context: FeatureContext = { now: day * DAY_MS, terms: DEFAULT_COPY_TERMS, ...markets };
    const lives: { user: string; lived: Lived }[] = [];
    for (const { user, fills } of traders) {
      const lived = live(fills, tape, horizon, context, world.completeSince);
      if (lived !== null && lived.seen.recentEpisodes >= UNIVERSE_EPISODES) lives.push({ user, lived });
    }
    const { fold, lists } = judge(context.now, lives, before);
    folds.push(fold);
    before = lists;
  }
  return folds;
}

type Lists = Readonly<Record<string, ReadonlySet<string>>>;

function judge(
  boundary: number,
  lives: readonly { readonly user: string; readonly lived: Lived }[],
  before: Lists,
): { readonly fold: Fold; readonly lists: Lists } {
  const board = new Board(Math.max(1, lives.length));
  lives.forEach(({ lived }, i) => {
    board.set(i, lived.seen.features);
  });
  board.rank();
  // What an account is worth is not in its fills, so how leveraged it was is not known and DRAWDOWN means little.
  const eligible = lives.map((_, i) => board.scored[i] === 1);
  const scores: Record<string, Scores> = {
    ...baselines(
      lives.map(({ lived }) => lived.seen),
      board,
      eligible,
    ),
    copyScore: lives.map((_, i) => (eligible[i] ? (board.copyScore[i] ?? Number.NaN) : Number.NaN)),
  };
  const rows: Record<string, RealRow> = {};
  const lists: Record<string, ReadonlySet<string>> = {};
  for (const [name, values] of Object.entries(scores)) {
    const list = ranking(values).slice(0, TOP);
    lists[name] = new Set(list.map((i) => lives[i]?.user ?? ''));
    rows[name] = measure(lives, eligible, values, turnoverOf(lists[name], before[name]));
  }
  rows['random'] = randomRow(boundary, lives, eligible);
  const places = new Map(
    [...board.copyOrder.subarray(0, board.copyRanked)].map((row, place) => [row, place]),
  );
  const chances = lives.flatMap(({ lived }, i): [number, number][] => {
    const { positiveMonth } = evidenceOf(board, i, places.get(i) ?? -1);
    return positiveMonth === null ? [] : [[positiveMonth, lived.followed.outcome > 0 ? 1 : 0]];
  });
  return { fold: { boundary, universe: lives.length, eligible: board.copyRanked, rows, chances }, lists };
}

const turnoverOf = (now: ReadonlySet<string>, before: ReadonlySet<string> | undefined): number =>
  before === undefined || now.size === 0
    ? Number.NaN
    : [...now].filter((user) => !before.has(user)).length / now.size;

function measure(
  lives: readonly { readonly lived: Lived }[],
  eligible: readonly boolean[],
  scores: Scores,
  turnover: number,
): RealRow {
  const outcome = lives.map(({ lived }) => lived.followed.outcome);
  const gains = lives.map(({ lived }) => Math.min(4, Math.max(0, lived.sharpe || 0)));
  const ranked = ranking(scores);
  const of = (rows: readonly number[]): number[] => rows.map((i) => outcome[i] ?? 0);
  const list = ranked.slice(0, TOP);
  const tenth = Math.ceil(ranked.length / 10);
  const inside = lives.map((_, i) => i).filter((i) => eligible[i]);
  const worst = of(list)
    .sort((a, b) => a - b)
    .slice(0, Math.max(1, Math.floor(list.length / 20)));
  return {
    icAll: spearman(scores, outcome),
    icEligible: spearman(
      inside.map((i) => scores[i] ?? Number.NaN),
      of(inside),
    ),
    ndcg: ndcg(
      list.map((i) => gains[i] ?? 0),
      gains,
      TOP,
    ),
    topDecile: mean(of(ranked.slice(0, tenth))),
    spread: mean(of(ranked.slice(0, tenth))) - mean(of(ranked.slice(-tenth))),
    topReturn: mean(of(list)),
    hit: mean(of(list).map((x) => (x > 0 ? 1 : 0))),
    shortfall: mean(worst),
    blown: mean(list.map((i) => ((lives[i]?.lived.followed.fall ?? 0) >= BLOWN ? 1 : 0))),
    turnover,
  };
}

function randomRow(
  boundary: number,
  lives: readonly { readonly lived: Lived }[],
  eligible: readonly boolean[],
): RealRow {
  const rows = Array.from({ length: RANDOM_ORDERS }, (_, k) => {
    const draw = new Draw(`random ${boundary} ${k}`);
    return measure(
      lives,
      eligible,
      lives.map(() => draw.uniform()),
      Number.NaN,
    );
  });
  return averaged(rows);
}

function averaged(rows: readonly RealRow[]): RealRow {
  const of = (value: (row: RealRow) => number): number => mean(rows.map(value).filter(Number.isFinite));
  return {
    icAll: of((r) => r.icAll),
    icEligible: of((r) => r.icEligible),
    ndcg: of((r) => r.ndcg),
    topDecile: of((r) => r.topDecile),
    spread: of((r) => r.spread),
    topReturn: of((r) => r.topReturn),
    hit: of((r) => r.hit),
    shortfall: of((r) => r.shortfall),
    blown: of((r) => r.blown),
    turnover: of((r) => r.turnover),
  };
}

const rowsOf = (folds: readonly Fold[], name: string): RealRow[] =>
  folds.map(({ rows }) => rows[name]).filter((row) => row !== undefined);

export function printWalk(folds: readonly Fold[], horizon: number): string {
  if (folds.length === 0)
    return `too short: a fold needs ${LEAST_TRAIN_DAYS} whole days of everybody before it and ${horizon} after it`;
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const number = (x: number, digits = 3): string =>
    (Number.isFinite(x) ? x.toFixed(digits) : '-').padStart(8);
  const average = (of: (fold: Fold) => number): string => mean(folds.map(of)).toFixed(0);
  const lines = Object.keys(folds[0]?.rows ?? {}).map((name) => {
    const r = averaged(rowsOf(folds, name));
    const percent = [r.topDecile, r.spread, r.topReturn, r.shortfall].map((x) => number(100 * x, 1));
    return [name.padEnd(31), number(r.icAll), number(r.icEligible), number(r.ndcg), ...percent].concat(
      [r.hit, r.blown, r.turnover].map((x) => number(x, 2)),
    );
  });
  return [
    `${folds.length} folds of ${horizon} days from ${day(folds[0]?.boundary ?? 0)}: ${average((f) => f.universe)} traders in the universe, ${average((f) => f.eligible)} eligible`,
    'Not in fills and not judged: account value (capital, leverage, drawdown as a share of it, reconciliation), funding, wallets that belong together.',
    `${'ranking'.padEnd(31)}  IC all IC elig. NDCG@50 top10% % spread %  top50 % ES 5% %   hit50   blown turnover`,
    ...lines.map((cells) => cells.join('')),
  ].join('\n');
}

/** Figures with the bars of real data; without a verdict below twelve folds. */
export function figures(folds: readonly Fold[], world: RealWorld): BenchResult[] {
  const judged = folds.length >= LEAST_FOLDS;
  const figure = (name: string, value: number, unit: string, target?: string): BenchResult[] =>
    Number.isFinite(value) ? [{ name, value, unit, ...(judged && target ? { target } : {}) }] : [];
  const copy = rowsOf(folds, 'copyScore');
  const ics = copy.map((r) => r.icEligible).filter(Number.isFinite);
  const interval = meanInterval(ics);
  const tops = copy.map((r) => r.topReturn);
  const others = Object.keys(folds[0]?.rows ?? {}).filter((name) => name !== 'copyScore');
  const beaten = others.map((name) => {
    const theirs = rowsOf(folds, name).map((r) => r.topReturn);
    return mean(tops.map((x, k) => (x > (theirs[k] ?? Number.NaN) ? 1 : 0)));
  });
  const blown = (name: string): number => mean(rowsOf(folds, name).map((r) => r.blown));
  return [
    ...figure('traders in the source', world.people, 'traders'),
    ...figure('folds', folds.length, 'folds'),
    ...figure('rank correlation with what followed, eligible', mean(ics), 'Spearman', '>= 0.05'),
    ...figure('lower end of its 95 % interval', interval.low, 'Spearman', '> 0'),
    ...figure('upper end of its 95 % interval', interval.high, 'Spearman'),
    ...figure('top 50 copied, net', 100 * mean(tops), '%', '> 0'),
    ...figure(
      'share of folds in which the hardest other ranking is beaten',
      Math.min(...beaten),
      'share',
      '>= 0.7',
    ),
    ...figure(
      'blown up in the top 50, above half of classic',
      blown('copyScore') - 0.5 * blown('classic'),
      'share',
      '<= 0',
    ),
    ...figure('slope of what happened on the stated chance', slope(folds.flatMap((f) => f.chances)), 'slope'),
  ];
}
