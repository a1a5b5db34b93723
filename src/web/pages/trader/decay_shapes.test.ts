import { expect, it } from 'vitest';
import { delayRows, measuredDelays } from './decay_shapes.ts';

const decay = [
  { delayMs: 250, netBp: 4 },
  { delayMs: 60_000, netBp: 1 },
];
const measuredDecay = [
  { offsetMs: 1_000, driftBp: 2, n: 29 },
  { offsetMs: 3_000, driftBp: null, n: 0 },
  { offsetMs: 60_000, driftBp: -1, n: 30 },
];

it('takes half of what the price ran off what is kept at once, and says where few changes were measured', () => {
  expect(measuredDelays({ decay, measuredDecay })).toEqual([
    { delayMs: 1_000, value: 3, driftBp: 2, n: 29, few: true },
    { delayMs: 60_000, value: 4.5, driftBp: -1, n: 30, few: false },
  ]);
  expect(measuredDelays({ decay: [], measuredDecay })).toEqual([]);
});

it('lists the delays of both', () => {
  const rows = delayRows({ decay, measuredDecay });
  expect(
    rows.map(({ delayMs, modelledBp, measured }) => [delayMs, modelledBp, measured?.value ?? null]),
  ).toEqual([
    [250, 4, null],
    [1_000, null, 3],
    [60_000, 1, 4.5],
  ]);
});
