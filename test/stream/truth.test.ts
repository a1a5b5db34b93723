import { afterEach, expect, test } from 'vitest';
import { createTestDatabase } from '../database.ts';
import { proveTruth } from '../proofs/truth_proof.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

test.each([0, -3_600_000, 3_600_000])(
  'no exact mark stands on a wrong position through cuts, kills and lost frames, clock off by %d ms',
  async (clockSkewMs) => {
    const db = await createTestDatabase();
    closers.push(() => db.close());
    const report = await proveTruth({
      database: db.database,
      seed: `share ${clockSkewMs}`,
      hours: 0.3,
      faults: { dropped: 0.01, duplicated: 0.01, late: 0.01, malformed: 0.0005 },
      actsPerDay: 800,
      clockSkewMs,
      flushEveryMs: 10_000,
    });
    expect(report.quietPoints).toBeGreaterThan(0);
    expect(report.compared).toBeGreaterThan(500);
  },
  120_000,
);
