/**
 * The best any ranking could do with the same daily series: the posterior of each trader's true net copy Sharpe
 * under the very mixture that the population was drawn from. Nobody can know that mixture; it is the yardstick.
 */
import {
  DIRECTIONAL,
  type Distribution,
  SHARES,
  SKILL_LOST,
} from '../../src/simulator/population/archetypes.ts';
import type { Subject } from './experiment.ts';
import { shareOf, type Variant } from './population.ts';

const LOW = -5;
const HIGH = 14;
const CELLS = 760;
const WIDTH = (HIGH - LOW) / CELLS;
const YEAR_ROOT = Math.sqrt(365);
/** Annual net copy Sharpe from which a trader is worth copying. */
export const RELEVANT = 1;

function density(d: Distribution, x: number): number {
  switch (d.kind) {
    case 'normal':
      return Math.exp(-0.5 * ((x - d.mean) / d.deviation) ** 2) / (d.deviation * Math.sqrt(2 * Math.PI));
    case 'logNormal':
      return x <= 0
        ? 0
        : Math.exp(-0.5 * (Math.log(x / d.median) / d.sigma) ** 2) / (x * d.sigma * Math.sqrt(2 * Math.PI));
    case 'uniform':
      return x >= d.low && x <= d.high ? 1 / (d.high - d.low) : 0;
    default:
      return 0;
  }
}

/** Prior mass of annual gross Sharpe by cell: all directional kinds, and the part that is skilled. */
function priorMass(variant: Variant): { all: Float64Array; skilled: Float64Array } {
  const all = new Float64Array(CELLS);
  const skilled = new Float64Array(CELLS);
  const kinds = ['skilled', 'mild', 'lucky', 'negative'] as const;
  for (let c = 0; c < CELLS; c++) {
    const x = LOW + (c + 0.5) * WIDTH;
    for (const kind of kinds) {
      const share = variant.luckOnly ? SHARES[kind] : shareOf(kind, variant);
      const mass = share * density(DIRECTIONAL[kind].sharpe, x) * WIDTH;
      all[c] = (all[c] ?? 0) + mass;
      if (kind === 'skilled') skilled[c] = mass;
    }
  }
  return { all, skilled };
}

export interface BayesBound {
  /** Posterior mean of the expected net copy Sharpe; NaN where nothing was observed. */
  readonly mean: Float64Array;
  /** Posterior probability that it is above RELEVANT. */
  readonly relevant: Float64Array;
}

export function bayesBound(subjects: readonly Subject[], variant: Variant): BayesBound {
  const { all, skilled } = priorMass(variant);
  const mean = new Float64Array(subjects.length).fill(Number.NaN);
  const relevant = new Float64Array(subjects.length).fill(Number.NaN);
  subjects.forEach((subject, i) => {
    const f = subject.features;
    if (!(f.sharpeVariance > 0) || !Number.isFinite(f.costDrag)) return;
    const observed = f.sharpe * YEAR_ROOT + f.costDrag;
    const precision = 1 / (f.sharpeVariance * 365);
    let total = 0;
    let sum = 0;
    let above = 0;
    for (let c = 0; c < CELLS; c++) {
      const x = LOW + (c + 0.5) * WIDTH;
      const likelihood = Math.exp(-0.5 * (observed - x) ** 2 * precision);
      const mass = (all[c] ?? 0) * likelihood;
      const lost = SKILL_LOST * (skilled[c] ?? 0) * likelihood;
      total += mass;
      sum += (mass - lost) * x;
      if (x - f.costDrag > RELEVANT) above += mass - lost;
    }
    if (total <= 0) return;
    mean[i] = sum / total - f.costDrag;
    relevant[i] = above / total;
  });
  return { mean, relevant };
}
