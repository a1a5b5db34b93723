import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogHistogram } from './histogram.ts';
import {
  adjustFalseDiscovery,
  conservativeVariance,
  deflatedSharpe,
  expectedMaximum,
  minimumTrackRecord,
  probabilisticSharpe,
  probabilityPositive,
  wilsonInterval,
  winRatePosterior,
} from './inference.ts';
import { addMoment, emptyMoments, mergeMoments, momentsOf, variance, weightedMoments } from './moments.ts';
import { normalCdf, normalQuantile, studentTail } from './normal.ts';
import {
  annualGrowth,
  calmar,
  downsideDeviation,
  expectedShortfall,
  maxDrawdown,
  omega,
  quantile,
  regression,
  sharpe,
  sortino,
  stability,
  tailRatio,
  totalReturn,
  twoFactorR2,
  ulcer,
  volatility,
} from './series.ts';
import vectors from './vectors.json' with { type: 'json' };

const missing = (values: readonly (number | null)[]): number[] => values.map((x) => x ?? Number.NaN);
const s = vectors.series;
const mixed = missing(s.mixed);
const monthly = s.weekly;
const near = (actual: number | null, expected: number, digits = 11): void => {
  expect(actual).not.toBeNull();
  expect(Math.abs((actual ?? Number.NaN) - expected)).toBeLessThanOrEqual(
    10 ** -digits * Math.max(1, Math.abs(expected)),
  );
};

describe('series metrics against the published numbers, 252 periods', () => {
  const v = vectors.empyrical_252;
  it('Sharpe, also against a benchmark', () => {
    near(sharpe(mixed, 252), v.sharpe.mixed);
    near(
      sharpe(
        mixed.map((x, i) => x - (s.bench[i] ?? 0)),
        252,
      ),
      v.sharpe.mixed_vs_bench,
    );
    near(sharpe(s.positive, 252), v.sharpe.positive);
    near(sharpe(s.negative, 252), v.sharpe.negative);
  });
  it('Sortino and downside deviation', () => {
    near(sortino(mixed, 0, 252), v.sortino.mixed);
    near(sortino(mixed, 0.01, 252), v.sortino['mixed_mar_0.01']);
    near(sortino(s.negative, 0, 252), v.sortino.negative);
    near(sortino(s.one, 0, 252), v.sortino.one);
    near(sortino(s.two, 0, 252), v.sortino.two);
    near(downsideDeviation(mixed, 0, 252), v.downside.mixed);
    near(downsideDeviation(mixed, 0.1, 252), v.downside['mixed_mar_0.1']);
    near(downsideDeviation(s.one, 0, 252), v.downside.one);
    near(downsideDeviation(s.two, 0, 252), v.downside.two);
  });
  it('drawdown counts from the starting 1', () => {
    near(maxDrawdown(mixed), -v.mdd.mixed);
    near(maxDrawdown(s.negative), -v.mdd.negative, 8);
    near(maxDrawdown(s.allNegative), -v.mdd.allNegative, 8);
    near(maxDrawdown(s.udu), -v.mdd.udu);
    expect(maxDrawdown(s.positive)).toBe(0);
    expect(maxDrawdown(s.bench)).toBe(0);
    expect(maxDrawdown([])).toBeNull();
  });
  it('growth, volatility, Calmar, omega, stability, totals', () => {
    near(annualGrowth(mixed, 252, 9), v.cagr_n9.mixed);
    near(annualGrowth([0.01], 252), 11.274002099240244);
    near(volatility(mixed, 252), v.vol.mixed);
    near(calmar(mixed, 252, 9), v.calmar.mixed);
    near(omega(mixed, 11 ** (1 / 252) - 1), v.omega.mixed_req10);
    near(omega(mixed, 0.01), v.omega['mixed_rf0.01']);
    near(omega(s.positive, 0.011), v.omega['positive_rf0.011']);
    near(stability(mixed), v.stability.mixed);
    near(100 * (1 + (totalReturn(mixed) ?? 0)), v.cumFinal100.mixed, 7);
    near(totalReturn(s.negative), v.cumFinal100.negative0, 4);
    const path = [0.01, 0.111, 0.066559, 0.08789, 0.12052, 0.14293, 0.15436, 0.03893];
    path.forEach((want, i) => {
      near(totalReturn(mixed.slice(0, i + 2)), want, 4);
    });
  });
  it('beta, value at risk, rolling Sharpe and drawdown', () => {
    near(regression(mixed.slice(1), s.negative.slice(1))?.slope ?? null, -0.71296296296296313);
    expect(quantile([1, 2], 0)).toBe(1);
    near(quantile([1, 2], 0.3), 1.3);
    expect(quantile([1, 2], 1)).toBe(2);
    expect(quantile([1, 81, 82, 83, 84, 85], 0.1)).toBe(41);
    expect(quantile([1, 81, 82, 83, 84, 85], 0.2)).toBe(81);
    expect(quantile([1, 81, 82, 83, 84, 85], 0.3)).toBe(81.5);
    const rolling = (values: readonly number[], of: (w: readonly number[]) => number | null) =>
      values.slice(5).map((_, i) => of(values.slice(i, i + 6)));
    [-18.09162052, -26.79897486, -26.69138263, -25.72298838].forEach((want, i) => {
      near(rolling(s.negative, (w) => sharpe(w, 252))[i] ?? null, want, 8);
    });
    [7.57445259, 8.22784105, 8.22784105, -3.1374751].forEach((want, i) => {
      near(rolling(mixed, (w) => sharpe(w, 252))[i] ?? null, want, 7);
    });
    [0.2282, 0.2745, 0.2899, 0.2747].forEach((want, i) => {
      near(rolling(s.negative, maxDrawdown)[i] ?? null, want, 4);
    });
  });
  it('weekly and monthly factors', () => {
    const w = vectors.weekly_52;
    near(sortino(s.weekly, 0, 52), w.sortino);
    near(annualGrowth(s.weekly, 52), w.cagr);
    near(volatility(s.weekly, 52), w.vol);
    near(calmar(s.weekly, 52), w.calmar);
    near(downsideDeviation(s.weekly, 0, 52), w.downside);
    near(sortino(monthly, 0, 12), 0.53605626741889756);
    near(annualGrowth(monthly, 12), 0.052242061386048144);
    near(volatility(monthly, 12), 0.18663690238892558);
    near(calmar(monthly, 12), 0.52242061386048144);
    near(downsideDeviation(monthly, 0, 12), 0.1243650540411842);
  });
});

describe('series metrics at 365 periods, the factor in use', () => {
  const v = vectors.production_365;
  it('equals the recomputed numbers', () => {
    near(sharpe(mixed), v.sharpe.mixed);
    near(sharpe(s.negative), v.sharpe.negative);
    near(sharpe(s.positive), v.sharpe.positive);
    near(sortino(mixed), v.sortino.mixed);
    near(sortino(s.negative), v.sortino.negative);
    near(downsideDeviation(mixed), v.downside.mixed);
    near(annualGrowth(mixed, 365, 9), v.cagr_n9.mixed);
    near(tailRatio(mixed), v.tail.mixed8);
    near(quantile(mixed, 0.05), v.var5.mixed8);
    near(ulcer(mixed), v.ulcer_n.mixed8);
    near((ulcer(mixed) ?? 0) * Math.sqrt(8 / 7), 0.04146020467181235);
    near(100 * (ulcer([0, -0.1, 1 / 9]) ?? 0), vectors.ffn_ulcer_pct.ulcer);
  });
  it('equals the vectorbt numbers on its three price paths', () => {
    const v365 = vectors.vectorbt_365;
    const paths = [v365.prices.a, v365.prices.b, v365.prices.c].map((p) =>
      p.slice(1).map((x, i) => x / (p[i] ?? 1) - 1),
    );
    paths.forEach((r, i) => {
      near(sharpe(r.map((x) => x - 0.01)), v365['sharpe_rf0.01'][i] ?? 0, 10);
      near(tailRatio(r), v365.tail[i] ?? 0, 10);
      near(expectedShortfall(r), v365.cvar5[i] ?? 0, 10);
    });
    expect(sortino(paths[0] ?? [], 0.1)).toBeNull();
    near(sortino(paths[1] ?? [], 0.1), -18.441677017667562, 10);
    near(sortino(paths[2] ?? [], 0.1), 3.4417788692752858, 10);
    const required = 1.1 ** (1 / 365) - 1;
    expect(omega(paths[0] ?? [], 0.01 + required)).toBeNull();
    expect(omega(paths[1] ?? [], 0.01 + required)).toBe(0);
    near(omega(paths[2] ?? [], 0.01 + required), 1.7327023435781848, 10);
    near(quantile(paths[0] ?? [], 0.05), 0.2625, 10);
    near(volatility(paths[0] ?? []), 6.417884083645567, 10);
    near(calmar(paths[1] ?? []), -1.25, 10);
  });
  it('drawdown of the round-trip price path is 50 %', () => {
    const px = [
      100, 110, 120, 150, 180, 200, 100, 120, 160, 180, 200, 300, 400, 500, 600, 800, 900, 1000, 650, 600,
    ];
    const r = px.slice(1).map((x, i) => x / (px[i] ?? 1) - 1);
    near(maxDrawdown(r), 0.5);
    near(maxDrawdown(r.slice(10)), 0.4);
  });
});

describe('moments', () => {
  it('one pass, merged parts and the shifted series', () => {
    const want = vectors.production_365.moments.mixed8;
    const values = mixed.slice(1);
    const whole = momentsOf(values);
    const merged = mergeMoments(momentsOf(values.slice(0, 3)), momentsOf(values.slice(3)));
    for (const got of [whole, merged]) {
      near(got.mean, want.mean);
      near(got.m2, want.M2, 15);
      near(got.m3, want.M3, 15);
      near(got.m4, want.M4, 15);
      near(got.m3 / got.n / (got.m2 / got.n) ** 1.5, want.g1);
      near(((got.m4 / got.n) * got.n ** 2) / got.m2 ** 2, want.g2_pearson);
    }
    expect(variance(momentsOf(vectors.welford_shift.x))).toBe(vectors.welford_shift.var);
    const weighted = weightedMoments(values, new Float64Array(8).fill(0.5));
    near(weighted?.skew ?? null, want.g1);
    near(weighted?.kurtosis ?? null, want.g2_pearson);
    near(weighted?.effective ?? null, 8);
    near(weighted?.deviation ?? null, Math.sqrt(0.0231875 / 7));
    near(weightedMoments([...values, 9], new Float64Array(9).fill(1), 8)?.mean ?? null, want.mean);
  });
  it('merge equals one pass', () => {
    const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 50 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const merged = mergeMoments(momentsOf(a), momentsOf(b));
        const whole = emptyMoments();
        for (const x of [...a, ...b]) addMoment(whole, x);
        near(merged.m4, whole.m4, 9);
        near(merged.m3, whole.m3, 9);
      }),
    );
  });
});

describe('series without an answer give null', () => {
  it.each([
    ['empty', []],
    ['one day', [0.01]],
    ['constant', vectors.series.flat1],
    ['constant up to rounding', [0.1, 0.1 + 1e-17, 0.30000000000000004 - 0.2]],
    ['all missing', [Number.NaN, Number.NaN]],
  ])('%s', (_, values) => {
    expect(sharpe(values)).toBeNull();
    expect(weightedMoments(values, new Float64Array(values.length).fill(1))).toBeNull();
    for (const x of [
      sortino(values),
      calmar(values),
      tailRatio(values),
      regression(values, values)?.t ?? null,
    ])
      expect(x === null || Number.isFinite(x)).toBe(true);
  });
  it('the loss of everything is a growth of -1', () => {
    expect(annualGrowth([-1, 0.5])).toBe(-1);
    expect(calmar([-1])).toBe(-1);
  });
  it('two collinear factors explain what one does', () => {
    expect(twoFactorR2([1, 2, 3, 4.1], [1, 2, 3, 4], [2, 4, 6, 8])).toBeGreaterThan(0.99);
    expect(twoFactorR2([1, 1, 1, 1], [1, 2, 3, 4], [2, 4, 6, 8])).toBeNull();
    near(twoFactorR2([3, 1, 4, 1, 5], [2, 0, 3, 0, 4], [1, 5, 2, 6, 3]), 1, 9);
  });
});

describe('inference', () => {
  it('normal distribution and its inverse', () => {
    near(normalCdf(1.959963984540054), 0.975, 14);
    near(normalCdf(-3), 0.0013498980316300957, 14);
    for (const p of [1e-12, 1e-4, 0.02, 0.3, 0.5, 0.9, 1 - 1e-6]) near(normalCdf(normalQuantile(p)), p, 13);
    near(normalQuantile(0.975), 1.959963984540054, 13);
    near(studentTail(2.228138851964939, 10), 0.025, 9);
    near(studentTail(-2.228138851964939, 10), 0.975, 9);
    near(studentTail(3, 1e7), normalCdf(-3), 6);
  });
  it('probabilistic Sharpe and minimum track record', () => {
    for (const { sr, bench, T, g3, g4, psr } of vectors.psr)
      near(probabilisticSharpe({ sharpe: sr, skew: g3, kurtosis: g4 }, bench, T), psr, 12);
    near(minimumTrackRecord({ sharpe: 1.14, skew: 0, kurtosis: 3 }, 1), vectors.minTRL[0]?.n ?? 0, 10);
    for (const { srAnnual, benchAnnual, perYear, years } of vectors.minTRL.slice(1)) {
      const k = Math.sqrt(perYear ?? 1);
      const n = minimumTrackRecord(
        { sharpe: (srAnnual ?? 0) / k, skew: 0, kurtosis: 3 },
        (benchAnnual ?? 0) / k,
      );
      near((n ?? 0) / (perYear ?? 1), years ?? 0, 10);
    }
    const days = (annual: number, skew = 0, kurtosis = 3) =>
      Math.round(minimumTrackRecord({ sharpe: annual / Math.sqrt(365), skew, kurtosis }, 0) ?? 0);
    expect([1, 1.5, 2, 3, 4, 5].map((x) => days(x))).toEqual([990, 441, 249, 112, 64, 42]);
    expect([2, 3, 5].map((x) => days(x, -1, 10))).toEqual([280, 134, 57]);
    expect([2, 3, 5].map((x) => days(x, -3, 30))).toEqual([345, 182, 91]);
    expect(minimumTrackRecord({ sharpe: 0, skew: 0, kurtosis: 3 }, 0)).toBeNull();
  });
  it('deflated Sharpe and the expected best of many', () => {
    for (const [n, z] of Object.entries(vectors.emaxZ)) near(expectedMaximum(Number(n)), z, 11);
    for (const one of vectors.dsr) {
      const k = one.perYear ? Math.sqrt(one.perYear) : 1;
      const list = one.list ?? [];
      const spread = one.list
        ? Math.sqrt(momentsOf(list).m2 / list.length)
        : (one.sd ?? Math.sqrt((one.varAnnual ?? 0) / (one.perYear ?? 1)));
      const sample = { sharpe: one.sr ?? (one.srAnnual ?? 0) / k, skew: one.g3, kurtosis: one.g4 };
      near(deflatedSharpe(sample, one.T, one.N ?? list.length, spread), one.dsr, 9);
      near(spread * expectedMaximum(one.N ?? list.length), one.sr0, 9);
    }
    near(
      deflatedSharpe({ sharpe: 2.5 / Math.sqrt(250), skew: 0, kurtosis: 3 }, 1250, 100, Math.sqrt(0.5 / 250)),
      0.9427706,
      7,
    );
  });
  it('conservative variance is never below normal and ignores lucky skewness', () => {
    expect(conservativeVariance({ sharpe: 0.2, skew: 5, kurtosis: 3 })).toBeCloseTo(1.02, 12);
    expect(conservativeVariance({ sharpe: 0.2, skew: -2, kurtosis: 10 })).toBeCloseTo(1 + 0.4 + 0.09, 12);
  });
  it('Wilson and Beta-Binomial', () => {
    for (const [k, n, low, high] of vectors.wilson95) {
      near(wilsonInterval(k ?? 0, n ?? 0)?.low ?? null, low ?? 0, 10);
      near(wilsonInterval(k ?? 0, n ?? 0)?.high ?? null, high ?? 0, 10);
    }
    for (const [k, n, mean, above, low] of vectors.betaBinomial_a22_b18) {
      const got = winRatePosterior(k ?? 0, n ?? 0, 22, 18);
      near(got.mean, mean ?? 0, 12);
      near(got.aboveHalf, above ?? 0, 10);
      near(got.low, low ?? 0, 9);
    }
  });
  it('false discovery adjustment keeps the order of its input', () => {
    const { p, adj, rejectAt05 } = vectors.bh;
    const got = adjustFalseDiscovery([...p].reverse()).reverse();
    adj.forEach((want, i) => {
      near(got[i] ?? null, want, 8);
    });
    expect([...got].filter((x) => x <= 0.05)).toHaveLength(rejectAt05);
  });
  it('probability of a positive month', () => {
    const { post, psd, h, p } = vectors.pWinHorizon;
    near(probabilityPositive(post, psd, h), p, 12);
  });
});

describe('quantiles in buckets', () => {
  it('stays within 1 % on the numbers on which P-squared is 80 % off, and merges exactly', () => {
    const { x } = vectors.p2;
    // As published, P-squared has 4.75 in the middle of nine, where 3.39 is, and 4.44 in that of twenty, where 2.43 is.
    for (const n of [6, 9, x.length]) {
      const histogram = new LogHistogram();
      for (const value of x.slice(0, n)) histogram.add(value);
      const inOrder = x.slice(0, n).sort((a, b) => a - b);
      inOrder.forEach((value, i) => {
        const got = histogram.quantile((i + 0.5) / n) ?? Number.NaN;
        expect(Math.abs(got - value)).toBeLessThanOrEqual(0.01 * value + 1e-12);
      });
    }
    const whole = new LogHistogram();
    const part = new LogHistogram();
    const rest = new LogHistogram();
    x.forEach((value, i) => {
      whole.add(value);
      (i < 7 ? part : rest).add(value);
    });
    part.merge(rest);
    expect(part.quantile(0.5)).toBe(whole.quantile(0.5));
    // The tenth of twenty values in order is 1.47.
    expect(Math.abs((whole.quantile(0.5) ?? 0) - 1.47)).toBeLessThanOrEqual(0.0147);
    expect(new LogHistogram().quantile(0.5)).toBeNull();
    // Of the five published markers the outer ones are the least and the greatest value, at places 1 and 20.
    const { q, n } = vectors.p2;
    expect([quantile(x, 0), quantile(x, 1)]).toEqual([q[0], q[4]]);
    expect([n[0], n[4]]).toEqual([1, x.length]);
    // The middle one, at place 10, should be what is in the middle: 2.43.
    near(quantile(x, 0.5), 2.43, 12);
    expect((q[2] ?? 0) / 2.43 - 1).toBeGreaterThan(0.8);
  });
});
