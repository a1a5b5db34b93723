import { describe, expect, it } from 'vitest';
import vectors from '../../src/domain/metrics/vectors.json' with { type: 'json' };
import { judgeAdversaries } from './adversaries.ts';
import { discountedGain, ndcg, pairedT, ranking, spearman } from './evaluation.ts';
import { runExperiment } from './experiment.ts';
import { PLAIN, SCARCE } from './population.ts';
import { tableOf } from './table.ts';

describe('measures of a ranking', () => {
  it('equal the reference', () => {
    const { rel, dcg, linear, exp } = vectors.ndcg;
    expect(discountedGain(rel)).toBeCloseTo(dcg, 12);
    expect(ndcg(rel, rel, rel.length)).toBeCloseTo(linear, 12);
    expect(ndcg(rel, rel, rel.length, (x) => 2 ** x - 1)).toBeCloseTo(exp, 12);
    expect(spearman(vectors.spearman.a, vectors.spearman.b)).toBeCloseTo(vectors.spearman.rho, 12);
  });
  it('rank unknown scores last and leave them out of a list', () => {
    expect(ranking([1, Number.NaN, 3])).toEqual([2, 0]);
    expect(spearman([Number.NaN, Number.NaN, 1, 2], [1, 2, 3, 4])).toBeGreaterThan(0.9);
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN();
    expect(pairedT([2, 3, 4], [1, 1, 1]).mean).toBe(2);
  });
});

describe('a small population through the pipeline', { timeout: 60_000 }, () => {
  const options = { seed: 'test', variant: PLAIN, traders: 160, trainDays: 60 };
  it('keeps toxic kinds off the board, and ranks the same without having seen the future', () => {
    const seen = runExperiment(options);
    const blind = runExperiment({ ...options, blind: true });
    expect(seen.board.copyRanked).toBeGreaterThan(5);
    const order = (e: typeof seen) => [...e.board.copyOrder.subarray(0, e.board.copyRanked)];
    expect(order(blind)).toEqual(order(seen));
    const rows = tableOf(seen, PLAIN, 'test').rows;
    expect(rows['copyScore']?.toxic).toBe(0);
    expect(rows['own Sharpe']?.toxic).toBeGreaterThan(3);
  });
  it('reconciles every account whose trades are all known', () => {
    const { subjects } = runExperiment({ ...options, variant: SCARCE, traders: 80 });
    for (const { truth, features } of subjects)
      if (truth.costPerDay === null && features.days > 0)
        expect({ kind: truth.archetype, reconciled: features.reconciled }).toEqual({
          kind: truth.archetype,
          reconciled: 1,
        });
  });
  it('has no adversary in the top tenth, and a reason for each', () => {
    for (const { name, place, reasons } of judgeAdversaries('test', 150)) {
      expect({ name, top: place !== null && place < 0.1 }).toEqual({ name, top: false });
      expect(reasons.length).toBeGreaterThan(0);
    }
  });
});
