import { expect, it } from 'vitest';
import { copySample, HALF_LIFE_DAYS } from './sharpe_sample.ts';

/** The last `length` days up to `today`. */
const daysTo = (today: number, length: number) => Array.from({ length }, (_, i) => today - length + 1 + i);
/** As many gains as losses of the same size, and a day without either where the number is odd: no skill at all. */
const even = (length: number) =>
  Array.from({ length }, (_, i) => (i === length - 1 && length % 2 === 1 ? 0 : i % 2 === 0 ? 0.01 : -0.01));

it('is worth as many equally weighted days as published for half-lives of 30, 60 and 120 days', () => {
  const worth = (halfLife: number, days: number) =>
    Math.round(copySample(even(days), daysTo(20_000, days), 20_000, halfLife)?.effective ?? Number.NaN);
  expect([worth(30, 90), worth(60, 180), worth(120, 365)]).toEqual([67, 135, 271]);
  expect(HALF_LIFE_DAYS).toBe(120);
  expect(copySample(even(365), daysTo(20_000, 365), 20_000)?.effective).toBeCloseTo(271, 0);
  // What the weights are worth does not depend on the day at which one is 1.
  expect(copySample(even(90), daysTo(20_000, 90), 20_050, 30)?.effective).toBeCloseTo(67, 0);
});

it('errs by as much a year as published for 30, 90, 180 and 365 days without skill', () => {
  // All days count the same; one of them goes for the mean.
  const error = (days: number) => {
    const sample = copySample(even(days + 1), daysTo(0, days + 1), 0, Number.POSITIVE_INFINITY);
    return Math.sqrt(365 * (sample?.full.variance ?? Number.NaN)).toFixed(2);
  };
  expect([30, 90, 180, 365].map(error)).toEqual(['3.49', '2.01', '1.42', '1.00']);
});

it('errs by more where weights make days count less', () => {
  const variance = (halfLife: number) =>
    copySample(even(90), daysTo(0, 90), 0, halfLife)?.full.variance ?? Number.NaN;
  // 67 days of equal weight, of which one goes for the mean.
  expect(1 / variance(30) + 1).toBeCloseTo(67, 0);
});
