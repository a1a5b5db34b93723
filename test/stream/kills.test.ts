import { expect, test } from 'vitest';
import { createTestDatabase } from '../database.ts';
import { proveKills } from '../proofs/kill_proof.ts';
import { buildProgram } from '../proofs/restarted_process.ts';

test('streams and workers are killed while the market trades, and nothing is lost without a record', async () => {
  buildProgram();
  const db = await createTestDatabase();
  try {
    const report = await proveKills({ database: db.database, seed: 'share', kills: 5 });
    expect(Object.values(report.kills).reduce((sum, kills) => sum + kills, 0)).toBeGreaterThanOrEqual(5);
    expect(report.stored).toBeGreaterThan(100);
    expect(report.changes).toBeGreaterThan(100);
  } finally {
    await db.close();
  }
}, 600_000);
