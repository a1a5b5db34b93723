import { describe, expect, it } from 'vitest';
import vectors from '../../src/domain/metrics/vectors.json' with { type: 'json' };
import { provenRows } from '../../src/ranking/evidence.ts';
import { judgeAdversaries } from './adversaries.ts';
import { discountedGain, ndcg, pairedT, ranking, spearman } from './evaluation.ts';
import { runExperiment } from './experiment.ts';
import { NULL, PLAIN, SCARCE } from './population.ts';
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

const PUMPED_BY_DEPOSITS = 'deposit pumping';

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
  it('has no adversary in the top tenth, and its own reason for each', async () => {
    const why: Record<string, string> = {
      'wash ring': 'WASH',
      'two-wallet hedge': 'HEDGE',
      'one lucky day': 'ONEHIT',
      'pump and dump': 'CAPACITY',
      'martingale with 95 % wins': 'MARTINGALE',
      // What was paid in counts for nothing, so that no gate need trip: the copy just loses.
      [PUMPED_BY_DEPOSITS]: 'copyReturn',
    };
    const { verdicts, wronged } = await judgeAdversaries('test', 150);
    expect(wronged).toBe(0);
    expect(new Set(verdicts.map(({ name }) => name))).toEqual(new Set(Object.keys(why)));
    for (const { name, shown, place, gates, reasons } of verdicts) {
      expect({ name, top: place !== null && place < 0.1 }).toEqual({ name, top: false });
      expect({ name, codes: reasons.map((text) => text.split(':')[0]) }).toEqual({
        name,
        codes: expect.arrayContaining([why[name]]),
      });
      // Nothing else would have kept it off the board.
      if (shown)
        expect({ name, gates }).toEqual({ name, gates: name === PUMPED_BY_DEPOSITS ? [] : [why[name]] });
    }
  });
  it('calls hardly anybody real where all is luck', () => {
    // One population in ten may show a false badge: two of four are one case in twenty.
    const alarms = ['luck-1', 'luck-2', 'luck-3', 'luck-4'].filter((seed) => {
      const { board } = runExperiment({ seed, variant: NULL, traders: 60, trainDays: 60, costless: true });
      expect(board.copyRanked).toBeGreaterThan(5);
      return provenRows(board).some((x) => x === 1);
    });
    expect(alarms.length).toBeLessThanOrEqual(1);
  });
});
