import { expect, it } from 'vitest';
import type { VenuePast } from './history_reader.ts';
import { reconciledBy } from './past_record.ts';

const past: VenuePast = {
  fills: { rows: [], unread: 0 },
  fundings: { rows: [], unread: 0 },
  flows: { rows: [], unread: 0 },
  takeovers: { rows: [], unread: 0 },
  links: [],
  holes: [],
  state: { time: 0, equity: 0, cash: 0, unrealised: 0, positions: new Map() },
  checks: [],
  otherCollateral: false,
};
const result = { equityBefore: 0, cashBefore: 0, emptyBefore: false, checked: 100, failed: 2 };

it('calls a record explained that began with nothing, or that agrees with the venue in 98 of 100 samples', () => {
  expect(reconciledBy(past, { ...result, emptyBefore: true, failed: 100 })).toBe(true);
  expect(reconciledBy(past, result)).toBe(true);
  expect(reconciledBy(past, { ...result, failed: 3 })).toBe(false);
  expect(reconciledBy(past, { ...result, checked: 2, failed: 0 })).toBeNull();
  expect(reconciledBy({ ...past, flows: { rows: [], unread: 1 } }, { ...result, emptyBefore: true })).toBe(
    false,
  );
});

it('does not say that it can judge an account whose positions other coins carry', () => {
  const carried = { ...past, otherCollateral: true };
  expect(reconciledBy(carried, { ...result, emptyBefore: true })).toBeNull();
  expect(reconciledBy(carried, result)).toBeNull();
});
