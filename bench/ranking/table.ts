/** The table of section 4.3: every ranking on the same populations, seed by seed. */

import { gateBit } from '../../src/ranking/gates.ts';
import { ARCHETYPES, type Archetype, TOXIC } from '../../src/simulator/population/archetypes.ts';
import { baselines, type Scores, UNIVERSE_EPISODES } from './baselines.ts';
import { bayesBound, RELEVANT } from './bayes.ts';
import { Draw } from './draw.ts';
import { ndcg, ranking, spearman } from './evaluation.ts';
import type { Experiment, Subject } from './experiment.ts';
import type { Variant } from './population.ts';

const TOP = 50;
/** Ends the name of a ranking under the gates that the reference was measured with. */
export const REFERENCE_GATES = ', reference gates';
const RANDOM_ORDERS = 20;

/** Measures of one ranking on one population. */
export interface Row {
  readonly icAll: number;
  readonly icEligible: number;
  readonly precision: number;
  readonly ndcg: number;
  readonly topDecile: number;
  readonly topReturn: number;
  readonly hit: number;
  /** Share of the top 50 whose copy fell 15 % or more in the month. */
  readonly blown: number;
  readonly kinds: Readonly<Record<Archetype, number>>;
  readonly toxic: number;
}

export interface SeedTable {
  readonly rows: Readonly<Record<string, Row>>;
  readonly relevant: number;
  readonly eligible: number;
  readonly recall: Recall;
  readonly fills: number;
}

/** Share of the relevant traders that are eligible. */
export interface Recall {
  readonly all: number;
  /** Of those in the universe of a walk-forward: 20 closed episodes in the last 90 days. */
  readonly universe: number;
  /** Of those whose account is as old, as active and as large as HISTORY and CAPITAL ask for. */
  readonly qualified: number;
  /** Of all, under the eight gates of the reference. */
  readonly reference: number;
}

/** The gates that section 4 was measured with; the others were untested there. */
function referenceEligible(s: Subject): boolean {
  const f = s.features;
  return (
    f.activeDays >= 20 &&
    f.episodes >= 10 &&
    f.complete === 1 &&
    !(f.holdMs < 120_000) &&
    !(f.leverageInMarket > 10) &&
    !(f.winRate > 0.85 && (f.payoff < 0.8 || f.losses === 0)) &&
    !(f.openLoss > 0.25) &&
    !(f.drawdown90 > 0.6) &&
    !(f.costDrag > 4) &&
    f.sharpeVariance > 0
  );
}

export function tableOf(experiment: Experiment, variant: Variant, seed: string): SeedTable {
  const { subjects, board } = experiment;
  const eligible = subjects.map((_, i) => board.scored[i] === 1);
  const reference = subjects.map((s, i) => board.estimated[i] === 1 && referenceEligible(s));
  const scores = scoresOf(experiment, variant, eligible, reference);
  const rows: Record<string, Row> = {};
  for (const [name, values] of Object.entries(scores))
    rows[name] = measure(subjects, name.endsWith(REFERENCE_GATES) ? reference : eligible, values);
  // The list is of eligible traders; the order of all others below it counts for the measures of all.
  const everybody = subjects.map((_, i) =>
    board.estimated[i] === 1 ? board.believed(i) - (board.gates[i] === 0 ? 0 : 1_000) : Number.NaN,
  );
  const all = measure(subjects, eligible, everybody);
  const listed = rows['copyScore'];
  if (listed) rows['copyScore'] = { ...listed, icAll: all.icAll, topDecile: all.topDecile };
  rows['random'] = randomRow(subjects, eligible, seed);
  const relevant = subjects.map((s) => s.expected > RELEVANT);
  const basics = gateBit('HISTORY') | gateBit('CAPITAL');
  const good = subjects.map((_, i) => i).filter((i) => relevant[i] === true);
  const share = (of: (i: number) => boolean, found: (i: number) => boolean): number => {
    const asked = good.filter(of);
    return asked.length > 0 ? asked.filter(found).length / asked.length : Number.NaN;
  };
  const listed13 = (i: number): boolean => eligible[i] === true;
  return {
    rows,
    relevant: good.length,
    eligible: board.copyRanked,
    recall: {
      all: share(() => true, listed13),
      universe: share((i) => (subjects[i]?.recentEpisodes ?? 0) >= UNIVERSE_EPISODES, listed13),
      qualified: share((i) => ((board.gates[i] ?? 0) & basics) === 0, listed13),
      reference: share(
        () => true,
        (i) => reference[i] === true,
      ),
    },
    fills: experiment.fills,
  };
}

function scoresOf(
  { subjects, board }: Experiment,
  variant: Variant,
  eligible: readonly boolean[],
  reference: readonly boolean[],
): Record<string, Scores> {
  const within = (values: Scores): number[] =>
    subjects.map((_, i) => (eligible[i] ? (values[i] ?? Number.NaN) : Number.NaN));
  const bound = bayesBound(subjects, variant);
  const withReference = (of: (i: number) => number): number[] =>
    reference.map((passes, i) => (passes ? of(i) : Number.NaN));
  return {
    ...baselines(subjects, board, eligible),
    [`copyScore${REFERENCE_GATES}`]: withReference((i) => board.believed(i)),
    [`bound mean${REFERENCE_GATES}`]: withReference((i) => bound.mean[i] ?? Number.NaN),
    copyScore: within(board.copyScore),
    'Bayes bound, mean': within(bound.mean),
    'Bayes bound, relevance': within(bound.relevant),
    oracle: subjects.map((s) => s.expected),
  };
}

function measure(subjects: readonly Subject[], eligible: readonly boolean[], scores: Scores): Row {
  const outcome = subjects.map((s) => s.outcome);
  const ranked = ranking(scores);
  const top = ranked
    .slice(0, TOP)
    .map((i) => subjects[i])
    .filter((s) => s !== undefined);
  const decile = ranked.slice(0, Math.ceil(ranked.length / 10));
  const inside = subjects.map((_, i) => i).filter((i) => eligible[i]);
  const gain = (s: Subject): number => Math.min(4, Math.max(0, s.expected));
  const kinds = Object.fromEntries(
    ARCHETYPES.map((kind) => [kind, top.filter((s) => s.truth.archetype === kind).length]),
  ) as Record<Archetype, number>;
  return {
    icAll: spearman(scores, outcome),
    icEligible: spearman(
      inside.map((i) => scores[i] ?? Number.NaN),
      inside.map((i) => outcome[i] ?? 0),
    ),
    precision: top.filter((s) => s.expected > RELEVANT).length / TOP,
    ndcg: ndcg(top.map(gain), subjects.map(gain), TOP),
    topDecile: mean(decile.map((i) => outcome[i] ?? 0)),
    topReturn: mean(top.map((s) => s.outcome)),
    hit: mean(top.map((s) => (s.outcome > 0 ? 1 : 0))),
    blown: mean(top.map((s) => (s.outcome <= -0.15 ? 1 : 0))),
    kinds,
    toxic: TOXIC.reduce((sum, kind) => sum + kinds[kind], 0),
  };
}

function randomRow(subjects: readonly Subject[], eligible: readonly boolean[], seed: string): Row {
  const rows = Array.from({ length: RANDOM_ORDERS }, (_, k) => {
    const draw = new Draw(`random ${seed} ${k}`);
    return measure(
      subjects,
      eligible,
      subjects.map(() => draw.uniform()),
    );
  });
  return averageRow(rows);
}

const mean = (values: readonly number[]): number =>
  values.length > 0 ? values.reduce((sum, x) => sum + x, 0) / values.length : 0;

/** Mean of each measure over seeds; values that do not exist are left out. */
export function averageRow(rows: readonly Row[]): Row {
  const of = (value: (row: Row) => number): number => mean(rows.map(value).filter(Number.isFinite));
  return {
    icAll: of((r) => r.icAll),
    icEligible: of((r) => r.icEligible),
    precision: of((r) => r.precision),
    ndcg: of((r) => r.ndcg),
    topDecile: of((r) => r.topDecile),
    topReturn: of((r) => r.topReturn),
    hit: of((r) => r.hit),
    blown: of((r) => r.blown),
    kinds: Object.fromEntries(ARCHETYPES.map((k) => [k, of((r) => r.kinds[k])])) as Record<Archetype, number>,
    toxic: of((r) => r.toxic),
  };
}

/** The table as text. */
export function printTable(title: string, tables: readonly SeedTable[]): string {
  const names = Object.keys(tables[0]?.rows ?? {});
  const averaged = names.map((name) => ({
    name,
    row: averageRow(tables.map((t) => t.rows[name]).filter((r) => r !== undefined)),
  }));
  const number = (x: number, digits = 3): string => x.toFixed(digits).padStart(8);
  const lines = averaged.map(({ name, row: r }) =>
    [
      name.padEnd(31),
      number(r.icAll),
      number(r.icEligible),
      number(r.precision),
      number(r.ndcg),
      number(100 * r.topDecile, 1),
      number(100 * r.topReturn, 1),
      number(r.hit, 2),
      number(r.blown, 2),
      `  ${kindsText(r)}`,
    ].join(''),
  );
  const avg = (of: (t: SeedTable) => number): number => mean(tables.map(of).filter(Number.isFinite));
  return [
    `${title}: ${tables.length} seeds, ${avg((t) => t.relevant).toFixed(0)} worth copying, ${avg((t) => t.eligible).toFixed(0)} eligible, ${recallText(tables)}, ${(avg((t) => t.fills) / 1e6).toFixed(1)} M fills a seed`,
    `${'ranking'.padEnd(31)}  IC all IC elig.    P@50 NDCG@50 top10% % top50 %   hit50  blown  who is in the top 50`,
    ...lines,
  ].join('\n');
}

const recallText = (tables: readonly SeedTable[]): string => {
  const of = (which: keyof Recall): string =>
    mean(tables.map((t) => t.recall[which]).filter(Number.isFinite)).toFixed(2);
  return `recall ${of('all')} (${of('universe')} of the universe, ${of('qualified')} of those with history and capital, ${of('reference')} under the gates of the reference)`;
};

const kindsText = (row: Row): string =>
  ARCHETYPES.filter((kind) => row.kinds[kind] >= 0.05)
    .sort((a, b) => row.kinds[b] - row.kinds[a])
    .map((kind) => `${row.kinds[kind].toFixed(1)} ${kind}`)
    .join(', ');
